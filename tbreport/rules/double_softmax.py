"""A loss that applies softmax to what softmax has already been applied to cannot reach zero.

Probabilities lie between 0 and 1, so the second softmax is never sure: with C classes the loss
stops at ln(1 + (C - 1) / e), which is 1.46 for ten classes, however right the answers are. Training
works, but slowly and with wrong probabilities.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.curves import Curve
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.layers import classes
from tbreport.rules.training import Training, Unchecked, late


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(4)
    if training.accuracy is None:
        raise Unchecked("no training accuracy was logged")
    count = classes(training.layers)[0] or _classes_of(loss)
    if count < 2:
        raise Unchecked("the number of classes is unknown")
    accuracy = late(training.accuracy)
    floor = float(np.log1p((count - 1) / np.e))
    at_floor = limits["below"] * floor <= loss.tail <= limits["above"] * floor
    stays_up = loss.low >= limits["below"] * floor and loss.base <= 1.1 * np.log(count)
    if at_floor and stays_up and floor > limits["margin"] * _most_honest(accuracy, count):
        yield RULE.finding(
            loss.run,
            f"The loss sits on {number(loss.tail)}, about the least a softmax of a softmax can "
            f"reach for {count} classes ({number(floor)}), though the accuracy is "
            f"{number(accuracy)}.",
            "Feed the loss raw scores: cross-entropy applies softmax itself.",
            tag=loss.tag,
            step=loss.last_step,
            value=loss.tail,
            threshold=floor,
        )


def _classes_of(loss: Curve) -> int:
    """The number of classes where the very first loss is the logarithm of a whole number, else 0.

    A first softmax makes all answers nearly alike, so that logarithm is met closely.
    """
    if not (loss.before_training and 1.0 < loss.base < 7.0):
        return 0
    count = round(float(np.exp(loss.base)))
    return count if abs(np.log(count) - loss.base) < 0.02 * loss.base else 0


def _most_honest(accuracy: float, count: int) -> float:
    """The greatest cross-entropy of calibrated answers of this accuracy (Fano's inequality)."""
    wrong = min(max(1.0 - accuracy, 1e-9), 1 - 1e-9)
    entropy = -wrong * np.log(wrong) - (1 - wrong) * np.log1p(-wrong)
    return float(entropy + wrong * np.log(max(count - 1, 1)))


RULE = Rule(
    id="double-softmax",
    title="Softmax applied twice",
    severity=Severity.ERROR,
    why=__doc__ or "",
    needs="a training loss, an accuracy and the number of classes",
    check=each(_check),
    thresholds=(
        Threshold("below", 0.99, "times the floor ln(1 + (C - 1) / e)"),
        Threshold("above", 1.15, "times the floor; label smoothing of 0.1 has its own at 0.50"),
        Threshold(
            "margin",
            1.2,
            "times the most a calibrated classifier of that accuracy can lose (Fano)",
        ),
    ),
    explains=("loss-not-decreasing", "loss-frozen"),
)
