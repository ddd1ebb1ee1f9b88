"""A training: the runs that belong together, and which of their series mean what.

Rules look at trainings, not at runs: Keras writes train and validation as two runs, others log
``train_loss`` and ``val_loss`` side by side. Only a loss of the same base name over the same steps
is paired: Keras' ``evaluation_loss_vs_iterations`` stands beside ``epoch_loss`` and has another
x axis; pairing those two hid a real overfit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tbreport import roles
from tbreport.model import HParams, Logs, Run, ScalarSeries
from tbreport.roles import Better, Role
from tbreport.rules.curves import Curve, curve, is_batchwise
from tbreport.rules.layers import Layers, classes, layers

SOLVED = 0.9  # a training accuracy from which on nothing about its loss is worth an alarm
LEARNT = 0.2  # the share of the first loss that must be gone to say that something was learnt

_SILENT_WORDS = (
    roles.VALIDATION_WORDS
    | roles.TRAINING_WORDS
    | roles.STEP_WORDS
    | {"epoch", "avg", "average", "mean", "running", "total", "overall", "full", "all"}
)
_ACCURACY = re.compile(r"acc(?:uracy|uracies)?$")
_NOT_TOP1 = re.compile(r"top[_ @-]?(?!1(?:\D|$))\d", re.IGNORECASE)


class Unchecked(Exception):
    """The logs of a training lack what a rule needs; ``str(error)`` says what."""


@dataclass(frozen=True, eq=False)
class Training:
    """Everything rules ask about one training.

    ``losses`` are the training loss that sums it up, once for each pace it was logged at, by epoch
    before by batch; there is none where several losses stand for parts of the whole and none for
    the whole. ``validation_loss`` is its partner. ``game`` is True where networks play against each
    other or for a reward: there a falling loss means nothing.
    """

    name: str
    runs: tuple[Run, ...]
    losses: tuple[Curve, ...] = ()
    validation_loss: Curve | None = None
    accuracy: Curve | None = None
    validation_accuracy: Curve | None = None
    learning_rate: Curve | None = None
    game: bool = False
    layers: Layers = field(default_factory=Layers)

    @property
    def loss(self) -> Curve | None:
        """The training loss at its slowest pace."""
        return self.losses[0] if self.losses else None

    def trend(self, points: int = 2) -> Curve:
        """A training loss of so many points whose course means something. Raises Unchecked."""
        if self.game:
            raise Unchecked("losses of adversaries or of reinforcement learning need not fall")
        if not self.losses:
            raise Unchecked("no training loss that stands for the whole was logged")
        for one in self.losses:
            if len(one) >= points:
                return one
        raise Unchecked(f"a training loss of at least {points} points is needed")

    def pair(self, points: int) -> tuple[Curve, Curve]:
        """The training loss and the validation loss. Raises Unchecked."""
        loss = self.trend()
        if self.validation_loss is None:
            raise Unchecked("no validation loss that belongs to the training loss was logged")
        if len(self.validation_loss) < points:
            raise Unchecked(f"a validation loss of at least {points} points is needed")
        return loss, self.validation_loss

    def is_by_epoch(self, loss: Curve) -> bool:
        """Whether each point sums up an epoch: its name says so, or validation went with it."""
        if "epoch" in roles.tokens(loss.tag):
            return True
        validation = self.validation_loss
        return validation is not None and bool(np.isin(loss.steps, validation.steps).mean() > 0.8)

    @property
    def solved(self) -> bool:
        """Whether the last training accuracies say that the task is learnt."""
        return self.accuracy is not None and late(self.accuracy) >= SOLVED

    @property
    def learnt(self) -> bool:
        """Whether it has got anywhere: by its accuracy if there is one, else by its loss."""
        accuracy, loss = self.accuracy, self.loss
        if accuracy is not None:
            return late(accuracy) > 0.6 or late(accuracy) - accuracy.base > 0.1
        if loss is None or len(loss) < 2:
            return False
        start = max(loss.base, loss.head)
        return start > 0 and start - loss.tail > LEARNT * start

    @property
    def diverges(self) -> bool:
        """Whether the loss ends far above its start or in NaN."""
        loss = self.loss
        if loss is None or self.game:
            return False
        run = next(run for run in self.runs if run.name == loss.run)
        lost = not np.isfinite(run.scalars[loss.tag].values[-1])
        return bool(lost or (len(loss) >= 4 and loss.tail > 2 * max(loss.head, loss.base)))

    @property
    def classes(self) -> int | None:
        """The number of classes, where a layer's name or a loss of ln(classes) vouches for it."""
        count, named = classes(self.layers)
        if count < 2 or self.accuracy is None:
            return None
        ends = [] if self.loss is None else [self.loss.base, self.loss.tail]
        vouched = any(abs(end / np.log(count) - 1) < 0.1 for end in ends)
        return count if named or vouched else None

    @property
    def hparams(self) -> HParams | None:
        """The settings of the first of its runs that logged any."""
        return next((run.hparams for run in self.runs if run.hparams is not None), None)


def late(one: Curve) -> float:
    """The median of the last three values."""
    return float(np.median(one.values[-3:]))


def trainings(logs: Logs) -> tuple[Training, ...]:
    """Group the runs into trainings, in the order of their first runs."""
    groups: dict[str, list[Run]] = {}
    for run in logs.runs:
        groups.setdefault(_group(run.name), []).append(run)
    return tuple(_training(name, tuple(runs)) for name, runs in groups.items())


def _group(name: str) -> str:
    """The experiment; torch's add_scalars makes runs "Loss_train" and "Loss_val" beside it."""
    whole = roles.experiment(name)
    head, _, last = whole.rpartition("/")
    words = roles.tokens(last)
    if len(words) > 1 and _part_role(last) is not Role.UNKNOWN:
        return head or "."
    return whole


def _training(name: str, runs: tuple[Run, ...]) -> Training:
    readings = [
        _Reading(run, series, _role(tag, run.name, name))
        for run in runs
        for tag, series in run.scalars.items()
        if len(series)
    ]
    losses = [one for one in readings if one.is_loss]
    main = _main([one for one in losses if one.role is not Role.VALIDATION])
    accuracies = [one for one in readings if one.is_accuracy]
    accuracy = next(iter(_main([one for one in accuracies if one.role is not Role.VALIDATION])), None)
    return Training(
        name,
        runs,
        losses=tuple(found for one in main if (found := one.curve) is not None),
        validation_loss=_partner(main[0], losses) if main else None,
        accuracy=accuracy and accuracy.curve,
        validation_accuracy=_partner(accuracy, accuracies) if accuracy else None,
        learning_rate=_learning_rate(readings),
        game=any(one.is_game for one in readings),
        layers=layers(runs),
    )


def _role(tag: str, run: str, training: str) -> Role:
    """As the tag says, else what the run is called within its training: "test_3" is a name."""
    found = roles.role(tag)
    within = run.removeprefix(training).strip("/") if training != "." else run
    if found is not Role.UNKNOWN:
        return found
    parts = [part for part in within.split("/") if part]
    return next((role for part in parts if (role := _part_role(part)) is not Role.UNKNOWN), found)


def _part_role(part: str) -> Role:
    """The role of a directory: "val" or, as add_scalars makes them, "Accuracy_val"."""
    words = roles.tokens(part)
    telling = len(words) == 1 or roles.better(part) is not Better.UNKNOWN
    return roles.role(words[-1]) if words and telling else Role.UNKNOWN


@dataclass(frozen=True, eq=False)
class _Reading:
    """A scalar series of a training and what its tag means."""

    run: Run
    series: ScalarSeries
    role: Role

    @property
    def words(self) -> tuple[str, ...]:
        return roles.tokens(self.series.tag)

    @property
    def is_loss(self) -> bool:
        tag = self.series.tag
        return roles.is_loss(tag) and roles.better(tag) is Better.LOWER and not self.is_summary

    @property
    def is_summary(self) -> bool:
        """Statistics of a variable, as TensorFlow 1's tutorials log them."""
        return not {"summaries", "stddev", "std", "min", "max"}.isdisjoint(self.words)

    @property
    def is_accuracy(self) -> bool:
        tag = self.series.tag
        return (
            any(_ACCURACY.search(word) for word in self.words)
            and roles.better(tag) is Better.HIGHER
            and not _NOT_TOP1.search(tag)
        )

    @property
    def is_game(self) -> bool:
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
        return curve(self.run.name, _as_share(self.series) if self.is_accuracy else self.series)


def _as_share(series: ScalarSeries) -> ScalarSeries:
    """An accuracy in percent as a share of one."""
    finite = series.values[np.isfinite(series.values)]
    if not len(finite) or finite.max() <= 1.5:
        return series
    return ScalarSeries(series.tag, series.steps, series.wall_times, series.values / 100)


def _main(candidates: Sequence[_Reading]) -> list[_Reading]:
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


def _plainness(one: _Reading) -> tuple[int, int]:
    """How many words the name has beyond the least, and whether "loss" itself is missing."""
    names = one.base_name
    telling = [word for word in names if not (word in roles.LOSS_WORDS or _ACCURACY.search(word))]
    return len(telling), int(one.is_loss and "loss" not in names)


def _partner(one: _Reading, readings: Sequence[_Reading]) -> Curve | None:
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


def _learning_rate(readings: Sequence[_Reading]) -> Curve | None:
    for one in readings:
        words = one.words
        if "lr" in words or ("learning" in words and "rate" in words):
            return one.curve
    return None
