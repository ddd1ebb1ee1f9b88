"""A run that ends long before others of its kind was stopped, or crashed.

Others of its kind have the same tags, and a name that differs in numbers only; most of them must
end at the same step, which is then what was planned. Early stopping on the validation loss, an end
that the writer recorded, and a run that may still be going are no alarm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from tbreport.model import Finding, Ints, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, number
from tbreport.rules.training import Training, Unchecked

_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def _check(trainings: Sequence[Training], limits: Limits) -> Iterable[Finding]:
    families: dict[tuple[str, frozenset[str]], list[Training]] = {}
    for training in trainings:
        if _last_step(training) > 0:
            key = _NUMBERS.sub("#", training.name), _tags(training)
            families.setdefault(key, []).append(training)
    large = [family for family in families.values() if len(family) > limits["siblings"]]
    if not large:
        raise Unchecked("no three other runs of the same kind to compare with")
    newest = max(_last_time(training) for training in trainings)
    for family in large:
        ends = [_last_step(training) for training in family]
        for place, training in enumerate(family):
            others = np.array(ends[:place] + ends[place + 1 :])
            yield from _early(training, ends[place], others, newest, limits)


def _early(
    training: Training, reached: int, others: Ints, newest: float, limits: Limits
) -> Iterable[Finding]:
    planned = float(np.median(others))
    agreed = float((np.abs(others / planned - 1) <= limits["agree"]).mean())
    if reached >= limits["reached"] * planned or agreed < limits["most"]:
        return
    if _ended_well(training) or _may_be_going(training, newest) or _lost_patience(training):
        return
    run = max(training.runs, key=lambda one: len(one.scalars))
    yield RULE.finding(
        run.name,
        f"The run ends at step {reached}; others of its kind reach {number(planned)}.",
        "Look at the log of the job, and resume from the last checkpoint.",
        step=reached,
        value=float(reached),
        threshold=limits["reached"] * planned,
    )


def _tags(training: Training) -> frozenset[str]:
    return frozenset(tag for run in training.runs for tag in run.scalars)


def _last_step(training: Training) -> int:
    every = [
        int(one.steps[-1]) for run in training.runs for one in run.scalars.values() if len(one)
    ]
    return max(every, default=0)


def _last_time(training: Training) -> float:
    times = [file.last_wall_time for run in training.runs for file in run.files]
    return max((time for time in times if time == time), default=0.0)


def _ended_well(training: Training) -> bool:
    return training.hparams is not None and training.hparams.status == "success"


def _may_be_going(training: Training, newest: float) -> bool:
    """Whether its last event is as new as anything in the logs, but for ten of its gaps."""
    gaps = [
        float(np.median(np.diff(one.wall_times)))
        for run in training.runs
        for one in run.scalars.values()
        if len(one) > 2
    ]
    return newest - _last_time(training) <= 10 * max(gaps, default=0.0)


def _lost_patience(training: Training) -> bool:
    """Whether the last two validation losses were no improvement."""
    validation = training.validation_loss
    return validation is not None and int(validation.values.argmin()) < len(validation) - 2


RULE = Rule(
    id="stopped-early",
    title="Run stopped early",
    why=__doc__ or "",
    check=_check,
    severity=Severity.WARNING,
    needs="four runs of the same kind",
    thresholds=(
        Threshold("reached", 0.5, "of the median of the others; own, not measured"),
        Threshold("siblings", 3, "others: fewer make no plan"),
        Threshold("agree", 0.02, "how near to the median the others end"),
        Threshold("most", 0.6, "of the others that must agree: else lengths vary by design"),
    ),
)
