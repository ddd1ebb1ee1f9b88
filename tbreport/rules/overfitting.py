"""When the validation loss rises while the training loss still falls, training only memorises.

The network of the best validation loss is better than the last one. A gap between the two curves is
no harm by itself: SageMaker's rule on the gap flags 89 of 120 healthy trainings.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.curves import smooth
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, late


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss, validation = training.pair(8)
    smoothed = smooth(validation.values)
    best, end = int(smoothed.argmin()), late(validation)
    # Validation often starts after an epoch: then the first training loss tells what was gained.
    least, first = float(smoothed[best]), max(float(smoothed[0]), loss.base)
    if least <= 0 or loss.low < 0 or best > limits["early"] * (len(smoothed) - 1):
        return
    rise, share = (end - least) / least, (end - least) / max(first - least, 1e-12)
    near = slice(max(best - 1, 0), best + 2)  # the smoothed curve's best is of three points
    lowest = near.start + int(validation.values[near].argmin())
    step, value = int(validation.steps[lowest]), float(validation.values[lowest])
    falls = loss.tail < limits["falls"] * loss.at(step)
    if not (rise > limits["rise"] and share > limits["share"] and falls):
        return
    better = _late_gain(training, step) > limits["better"]
    yield RULE.finding(
        validation.run,
        f"The validation loss was best at step {step} ({number(value)}) and is now "
        f"{_worse(end / value - 1)} "
        "while the training loss still falls"
        + (
            ", though the validation accuracy still rises: over-confident, not worse."
            if better
            else "."
        ),
        f"Keep the checkpoint of step {step}; stop early, regularise, or train on more data.",
        tag=validation.tag,
        step=step,
        value=end / value - 1,
        threshold=limits["rise"],
        severity=Severity.NOTE if better else None,
    )


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
        Threshold("share", 0.1, "of what the validation loss had gained since the start"),
        Threshold("falls", 0.8, "of the training loss at that step"),
        Threshold("early", 0.8, "of the points: a later minimum may be noise"),
        Threshold(
            "better", 0.02, "of validation accuracy still being gained: over-confident, not worse"
        ),
    ),
)
