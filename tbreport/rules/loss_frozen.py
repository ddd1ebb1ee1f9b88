"""A loss that is constant to three digits has stopped learning, not slowed down.

Dead units, zero weights, zero inputs and a schedule that has ended all look like this. A network
that answers the same for every input stays at ln(number of classes).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Floats, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, late


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(8)
    if training.solved or not _is_flat(loss.values[len(loss) // 2 :], limits):
        return
    start = next(place for place in range(len(loss)) if _is_flat(loss.values[place:], limits))
    fell = loss.base - loss.tail > limits["learnt"] * abs(loss.base)
    rate = training.learning_rate
    ended = rate is not None and rate.values[-1] < 1e-3 * rate.values.max()
    yield RULE.finding(
        loss.run,
        f"The loss is constant to three digits ({number(loss.tail)}) since step "
        f"{int(loss.steps[start])}.",
        "The schedule has ended the learning: keep the learning rate up for longer."
        if ended
        else "Look for dead units, zero weights or inputs, and a learning rate of zero.",
        tag=loss.tag,
        step=int(loss.steps[start]),
        value=_spread(loss.values[start:]),
        threshold=limits["spread"],
        severity=None if not fell or _is_guessing(training, loss.tail, limits) else Severity.NOTE,
    )


def _is_flat(values: Floats, limits: Limits) -> bool:
    return _spread(values) < limits["spread"]


def _spread(values: Floats) -> float:
    scale = abs(float(values.mean()))
    return float(np.ptp(values)) / scale if scale > 0 else 0.0


def _is_guessing(training: Training, tail: float, limits: Limits) -> bool:
    """Whether the loss is that of one answer for every input, or accuracy got nowhere."""
    count, accuracy = training.classes, training.accuracy
    if count is not None and abs(tail / float(np.log(count)) - 1) < 0.05:
        return True
    return accuracy is not None and (
        late(accuracy) - accuracy.base < limits["gained"] and late(accuracy) < limits["guess"]
    )


RULE = Rule(
    id="loss-frozen",
    title="Loss is frozen",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="a training loss of 8 points",
    check=each(_check),
    thresholds=(
        Threshold(
            "spread",
            5e-3,
            "max - min of the last half, of its mean; 219 healthy >= 0.019, dead, zero and "
            "over-regularised ones <= 0.001",
        ),
        Threshold("gained", 0.02, "of accuracy since the first point: less is nothing"),
        Threshold("guess", 0.6, "accuracy that may be guessing"),
        Threshold("learnt", 0.2, "of the first loss gone: what is constant now has converged"),
    ),
)
