"""A learning rate that is too high throws the weights about faster than the loss can guide them.

Either the loss jumps above its start at once and never comes back, or the weights grow to many
times their first size while the task stays unsolved.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.curves import rank_correlation
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
from tbreport.rules.training import Training, Unchecked

_REMEDY = (
    "Divide the learning rate by 3 to 10 or add a warm-up; check that gradients are zeroed at "
    "every step."
)


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(4)
    if not loss.from_start:
        raise Unchecked("the loss was not logged from the start")
    stuck = loss.base > 0 and loss.tail > limits["stuck"] * loss.base and not training.solved
    if not stuck:
        return
    early = loss.values[1 : max(2, round(0.25 * len(loss))) + 1]
    jump = float(early.max()) / loss.base
    if rank_correlation(loss.values) > limits["rising"]:
        return
    if jump > limits["jump"]:
        yield RULE.finding(
            loss.run,
            f"The loss jumped to {number(jump)} times its start in the first quarter and never "
            "came back.",
            _REMEDY,
            tag=loss.tag,
            step=int(loss.steps[1 + int(early.argmax())]),
            value=jump,
            threshold=limits["jump"],
        )
        return
    yield from _growth(training, limits)


def _growth(training: Training, limits: Limits) -> Iterable[Finding]:
    grown = [(one, _factor(one)) for one in training.layers.weights]
    weight, factor = max(grown, key=lambda pair: pair[1], default=(None, 0.0))
    if weight is not None and factor > limits["growth"]:
        yield RULE.finding(
            weight.values.run,
            f"The weights of {weight.layer} grew to {number(factor)} times their first size while "
            "the loss stays high.",
            _REMEDY,
            tag=weight.values.tag,
            step=int(weight.values.series.steps[int(np.nanargmax(weight.values.rms()[0]))]),
            value=factor,
            threshold=limits["growth"],
        )


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
    why=__doc__,
    needs="a training loss from the start",
    check=each(_check),
    thresholds=(
        Threshold("jump", 1.2, "times the first loss; bench: healthy <= 1.00 (GAN 1.19), faulty >= 1.35"),
        Threshold("stuck", 0.25, "of the first loss: what has fallen below it has learnt"),
        Threshold("growth", 6.0, "times the first RMS; bench: healthy <= 4.4, faulty >= 7.5"),
        Threshold("rising", 0.9, "rank correlation: a steady rise is a wrong sign, not a high rate"),
    ),
    explains=(*LOSS_SYMPTOMS, *LAYER_SYMPTOMS, "non-finite"),
)
