"""A learning rate that is too high throws the weights about faster than the loss can guide them.

Either the loss jumps above its start at once and never comes back, or the weights grow to many
times their first size while the task stays unsolved.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.curves import Curve, rank_correlation
from tbreport.rules.kit import (
    LAYER_SYMPTOMS,
    LOSS_SYMPTOMS,
    Limits,
    Rule,
    Threshold,
    each,
    number,
)
from tbreport.rules.layers import Weight
from tbreport.rules.training import Training, Unchecked, late

_REMEDY = (
    "Divide the learning rate by 3 to 10 or add a warm-up; check that gradients are zeroed at "
    "every step."
)


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(4)
    if not loss.from_start:
        raise Unchecked("the loss was not logged from the start")
    if rank_correlation(loss.values) > limits["rising"] or training.solved or loss.base <= 0:
        return
    least = limits["jump"] * loss.base
    if not training.is_by_epoch(loss):
        doubt = max(loss.roughness, loss.noise_of_base)
        least = max(limits["jump_of_batches"] * loss.base, loss.base + limits["doubt"] * doubt)
    yield from (
        _jump(loss, least, limits)
        or _blown_up(training, loss, limits)
        or _growth(training, loss, limits)
    )


def _jump(loss: Curve, least: float, limits: Limits) -> list[Finding]:
    """The loss rises at once, and stays high."""
    early = loss.values[1 : max(2, round(0.25 * len(loss))) + 1]
    jump = float(early.max()) / loss.base
    if early.max() < least or loss.tail < limits["stuck"] * loss.base:
        return []
    return [
        RULE.finding(
            loss.run,
            f"The loss jumped to {number(jump)} times its start in the first quarter and never "
            "came back.",
            _REMEDY,
            tag=loss.tag,
            step=int(loss.steps[1 + int(early.argmax())]),
            value=jump,
            threshold=least / loss.base,
        )
    ]


def _blown_up(training: Training, loss: Curve, limits: Limits) -> list[Finding]:
    """Where the first point is the mean of an epoch, the jump is inside it."""
    if training.accuracy is None or training.learnt or loss.before_training:
        return []
    count = training.classes
    guess = float(np.log(count)) if count else limits["unknown"] / limits["blown"]
    if loss.base < limits["blown"] * guess or (count and loss.tail < limits["guess"] * guess):
        return []
    return [
        RULE.finding(
            loss.run,
            f"The loss was {number(loss.base)} over the first epoch, far above that of guessing, "
            f"and an accuracy of {number(late(training.accuracy))} is all that was learnt.",
            _REMEDY,
            tag=loss.tag,
            step=loss.first_step,
            value=loss.base,
            threshold=limits["blown"] * guess,
        )
    ]


def _growth(training: Training, loss: Curve, limits: Limits) -> list[Finding]:
    """The weights grow while the loss stays high."""
    if loss.tail < limits["fallen"] * loss.base:
        return []
    grown = [(one, _factor(one)) for one in training.layers.weights]
    weight, factor = max(grown, key=lambda pair: pair[1], default=(None, 0.0))
    if weight is None or factor <= limits["growth"]:
        return []
    return [
        RULE.finding(
            weight.values.run,
            f"The weights of {weight.layer} grew to {number(factor)} times their first size while "
            "the loss stays high.",
            _REMEDY,
            tag=weight.values.tag,
            step=int(weight.values.series.steps[int(np.nanargmax(weight.values.rms()[0]))]),
            value=factor,
            threshold=limits["growth"],
        )
    ]


def _factor(weight: Weight) -> float:
    """How many times its first RMS a weight surely reaches."""
    least, most = weight.values.rms()
    if not (np.isfinite(most[0]) and most[0] > 0):
        return 0.0
    finite = least[np.isfinite(least)]
    return float(finite.max() / most[0]) if len(finite) else 0.0


RULE = Rule(
    id="lr-too-high",
    title="Learning rate too high",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="a training loss from the start",
    check=each(_check),
    thresholds=(
        Threshold(
            "jump", 1.2, "times the first loss; bench: healthy <= 1.00 (GAN 1.19), faulty >= 1.35"
        ),
        Threshold("stuck", 0.25, "of the first loss: what has fallen below it has learnt"),
        Threshold("jump_of_batches", 2.0, "the same where a point may be of a single batch"),
        Threshold("doubt", 8.0, "standard deviations of the first point, in that case"),
        Threshold(
            "fallen", 0.5, "of the first loss: weights that grow while it falls are learning"
        ),
        Threshold("growth", 6.0, "times the first RMS; bench: healthy <= 4.4, faulty >= 7.5"),
        Threshold("blown", 2.5, "times ln(classes) over the first epoch, as for initial-loss-high"),
        Threshold("unknown", 15.0, "over the first epoch, where the classes are unknown"),
        Threshold("guess", 0.9, "times ln(classes), the loss of guessing"),
        Threshold(
            "rising", 0.9, "rank correlation: a steady rise is a wrong sign, not a high rate"
        ),
    ),
    explains=(*LOSS_SYMPTOMS, *LAYER_SYMPTOMS, "non-finite"),
)
