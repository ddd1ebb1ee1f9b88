"""Readings: what the scalar series of a training mean, and which of them belong together.

Only a loss of the same base name over the same steps is paired: Keras'
``evaluation_loss_vs_iterations`` stands beside ``epoch_loss`` and has another x axis; pairing those
two hid a real overfit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tbreport import roles
from tbreport.model import Run, ScalarSeries
from tbreport.roles import Better, Role
from tbreport.rules.curves import Curve, curve, is_batchwise

_SILENT_WORDS = (
    roles.VALIDATION_WORDS
    | roles.TRAINING_WORDS
    | roles.STEP_WORDS
    | {"epoch", "avg", "average", "mean", "running", "total", "overall", "full", "all"}
)
_SUMMARY_WORDS = frozenset({"summaries", "stddev", "std", "min", "max"})
_ACCURACY = re.compile(r"acc(?:uracy|uracies)?$")
_NOT_TOP1 = re.compile(r"top[_ @-]?(?!1(?:\D|$))\d", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Reading:
    """A scalar series of a training and what its tag means."""

    run: Run
    series: ScalarSeries
    role: Role

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the tag."""
        return roles.tokens(self.series.tag)

    @property
    def is_loss(self) -> bool:
        """Whether it is a loss, to be low, and no statistic of one."""
        tag = self.series.tag
        return roles.is_loss(tag) and roles.better(tag) is Better.LOWER and not self.is_summary

    @property
    def is_summary(self) -> bool:
        """Statistics of a variable, as TensorFlow 1's tutorials log them."""
        return not _SUMMARY_WORDS.isdisjoint(self.words)

    @property
    def is_accuracy(self) -> bool:
        """Whether it is the share of right answers, the first guess counting."""
        tag = self.series.tag
        return (
            any(_ACCURACY.search(word) for word in self.words)
            and roles.better(tag) is Better.HIGHER
            and not _NOT_TOP1.search(tag)
        )

    @property
    def is_game(self) -> bool:
        """Whether it tells of networks that play: against each other, or for a reward."""
        words = self.words
        if not roles.REWARD_WORDS.isdisjoint(words):
            return True
        return self.is_loss and roles.is_exotic(self.series.tag)

    @property
    def base_name(self) -> tuple[str, ...]:
        """The words that say what is measured, without the data and the pace."""
        return tuple(word for word in self.words if word not in _SILENT_WORDS)

    @property
    def curve(self) -> Curve | None:
        """Its finite points, an accuracy as a share of one; None without any."""
        return curve(self.run.name, _as_share(self.series) if self.is_accuracy else self.series)


def _as_share(series: ScalarSeries) -> ScalarSeries:
    """An accuracy in percent as a share of one."""
    finite = series.values[np.isfinite(series.values)]
    if not len(finite) or finite.max() <= 1.5:
        return series
    return ScalarSeries(series.tag, series.steps, series.wall_times, series.values / 100)


def reading_role(tag: str, run: str, training: str) -> Role:
    """As the tag says, else what the run is called within its training: "test_3" is a name."""
    found = roles.role(tag)
    within = run.removeprefix(training).strip("/") if training != "." else run
    if found is not Role.UNKNOWN:
        return found
    parts = [part for part in within.split("/") if part]
    return next((role for part in parts if (role := part_role(part)) is not Role.UNKNOWN), found)


def part_role(part: str) -> Role:
    """The role of a directory: "val" or, as add_scalars makes them, "Accuracy_val"."""
    words = roles.tokens(part)
    telling = len(words) == 1 or roles.better(part) is not Better.UNKNOWN
    return roles.role(words[-1]) if words and telling else Role.UNKNOWN


def main(candidates: Sequence[Reading]) -> list[Reading]:
    """The series that stand for the whole: those with the plainest name, by epoch before by batch.

    Empty where several losses are equally plain but for what they are losses of.
    """
    if not candidates:
        return []
    least = min(_plainness(one) for one in candidates)
    plain = [one for one in candidates if _plainness(one) == least]
    if plain[0].is_loss and least > (0, 0) and len({one.base_name for one in plain}) > 1:
        return []
    return sorted(
        plain,
        key=lambda one: (
            len(one.series) < 2,
            is_batchwise(one.series.tag),
            -len(one.series),
        ),
    )


def _plainness(one: Reading) -> tuple[int, int]:
    """How many words the name has beyond the least, and whether "loss" itself is missing."""
    names = one.base_name
    telling = [word for word in names if not (word in roles.LOSS_WORDS or _ACCURACY.search(word))]
    return len(telling), int(one.is_loss and "loss" not in names)


def partner(one: Reading, readings: Sequence[Reading]) -> Curve | None:
    """The validation series of the same name, else the only one, over the same range of steps."""
    there = [
        other
        for other in readings
        if other.role is Role.VALIDATION and _same_domain(one.series, other.series)
    ]
    same = [other for other in there if other.base_name == one.base_name]
    found = same or (there if len(there) == 1 else [])
    if not found:
        return None
    return max(found, key=lambda other: len(other.series)).curve


def _same_domain(one: ScalarSeries, other: ScalarSeries) -> bool:
    """Whether both series count the same thing: they end within a factor of two."""
    ends = sorted([int(one.steps[-1]), int(other.steps[-1])])
    if ends[1] <= 0:
        return True
    return ends[0] > 0.5 * ends[1]


def learning_rate(readings: Sequence[Reading]) -> Curve | None:
    """The first learning rate that was logged."""
    for one in readings:
        words = one.words
        if "lr" in words or ("learning" in words and "rate" in words):
            return one.curve
    return None
