"""When the validation loss rises while the training loss still falls, training only memorises.

The network of the best validation loss is better than the last one. A gap between the two curves is
no harm by itself: SageMaker's rule on the gap flags 89 of 120 healthy trainings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.curves import Curve, rank_correlation, smooth
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss, validation = training.pair(8)
    turn = _turn(validation, limits)
    if turn is None or loss.low < 0:
        return
    # Validation often starts after an epoch: then the first training loss tells what was gained.
    gained = max(validation.base, loss.base) - turn.least
    falls = loss.tail < limits["falls"] * loss.at(turn.step)
    if turn.rise <= limits["share"] * gained or not falls:
        return
    better = _late_gain(training, turn.step) > limits["better"]
    worse = turn.end / turn.value - 1
    yield RULE.finding(
        validation.run,
        f"The validation loss was best at step {turn.step} ({number(turn.value)}) and is now "
        f"{_worse(worse)} while the training loss still falls"
        + (", though the validation accuracy still rises: over-confident." if better else "."),
        f"Keep the checkpoint of step {turn.step}; stop early, regularise, or train on more data.",
        tag=validation.tag,
        step=turn.step,
        value=worse,
        threshold=limits["rise"],
        severity=Severity.NOTE if better else None,
    )


@dataclass(frozen=True)
class _Turn:
    """Where a smoothed curve is least and rises to ``end``; ``value`` is not smoothed."""

    step: int
    value: float
    least: float
    end: float

    @property
    def rise(self) -> float:
        return self.end - self.least


def _turn(validation: Curve, limits: Limits) -> _Turn | None:
    """The turn of a curve that rises again by more than its noise makes of a flat one."""
    width = max(3, len(validation) // 10 | 1)
    smoothed = smooth(validation.values, width)
    best = int(smoothed.argmin())
    near = slice(max(best - width // 2, 0), best + width // 2 + 1)
    lowest = near.start + int(validation.values[near].argmin())
    least, end = float(smoothed[best]), float(np.median(validation.values[-width:]))
    turn = _Turn(int(validation.steps[lowest]), float(validation.values[lowest]), least, end)
    early = best <= limits["early"] * (len(smoothed) - 1)
    after = validation.values[best:]
    steady = len(after) >= limits["after"] and rank_correlation(after) > limits["steady"]
    doubt = limits["doubt_if_steady" if steady else "doubt"] * validation.roughness
    rises = turn.rise > max(limits["rise"] * least, doubt * float(np.sqrt(2 / width)))
    return turn if least > 0 and early and rises and turn.value > 0 else None


def _worse(rise: float) -> str:
    return f"{number(100 * rise)} % worse" if rise < 1 else f"{number(1 + rise)} times that"


def _late_gain(training: Training, step: int) -> float:
    """By how much the validation accuracy has risen in the second half of what followed."""
    accuracy = training.validation_accuracy
    if accuracy is None:
        return 0.0
    values = smooth(accuracy.values)
    middle = (step + accuracy.last_step) / 2
    return float(values[-1] - np.interp(middle, accuracy.steps, values))


RULE = Rule(
    id="overfitting",
    title="Overfitting",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="a training loss, and its validation loss of 8 points",
    check=each(_check),
    thresholds=(
        Threshold("rise", 0.2, "of the least validation loss; own, on the bench and 31 real logs"),
        Threshold("doubt", 4.0, "standard errors of the difference of two smoothed points"),
        Threshold("doubt_if_steady", 2.0, "the same where the curve rises all along"),
        Threshold("steady", 0.6, "rank correlation of what rises all along"),
        Threshold("after", 10, "points, for that"),
        Threshold("share", 0.1, "of what the validation loss had gained since the start"),
        Threshold("falls", 0.8, "of the training loss at that step"),
        Threshold("early", 0.8, "of the points: a later minimum may be noise"),
        Threshold(
            "better", 0.02, "of validation accuracy still being gained: over-confident, not worse"
        ),
    ),
)
