"""A training loss that does not fall means that nothing is being learnt from the data.

The learning rate is far too low or far too high, the labels do not belong to the inputs, the
optimiser does not hold the parameters, or the loss does not fit the last activation.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.curves import Curve, rank_correlation
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked

_REMEDY = (
    "Check the learning rate, the labels, that the optimiser holds the parameters, and that the "
    "loss fits the last activation."
)


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(8)
    if not loss.from_start:
        raise Unchecked("the loss was not logged from the start")
    head, tail, base = loss.head, loss.tail, loss.base
    fine_tuned = abs(head) < limits["small"] and training.accuracy is None
    if training.solved or tail <= 0 or fine_tuned:
        return
    moved = (head - tail) / abs(head)
    unchanged = abs(base - tail) < limits["base"] * abs(base) and tail < 2 * abs(head)
    count = training.classes or 1
    guess = float(np.log(count))
    if limits["guess"] * guess < tail < 2 * guess and not training.learnt:
        yield RULE.finding(
            loss.run,
            f"The training loss ends at {number(tail)}, no better than guessing among {count} "
            f"classes ({number(guess)}).",
            _REMEDY,
            tag=loss.tag,
            step=loss.last_step,
            value=tail,
            threshold=limits["guess"] * guess,
        )
    elif moved < limits["moved"] and unchanged:
        yield RULE.finding(
            loss.run,
            f"The training loss {'fell' if moved >= 0 else 'rose'} by {number(100 * abs(moved))} % "
            f"in {loss.points} points.",
            _REMEDY,
            tag=loss.tag,
            step=loss.last_step,
            value=moved,
            threshold=limits["moved"],
            severity=None if _is_sure(training, loss, limits) else Severity.NOTE,
        )


def _is_sure(training: Training, loss: Curve, limits: Limits) -> bool:
    """Whether nothing was learnt: batches and fine-tuning hide a fall, unless accuracy tells."""
    if training.accuracy is not None:
        return not training.learnt
    slowly = rank_correlation(loss.values) < limits["steady"] and (
        loss.head - loss.tail > limits["slow"] * abs(loss.head)
    )
    fell = loss.base - loss.tail > limits["moved"] * abs(loss.base)
    return training.is_by_epoch(loss) and not slowly and not fell


RULE = Rule(
    id="loss-not-decreasing",
    title="Loss does not fall",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="a training loss of 8 points from the start",
    check=each(_check),
    thresholds=(
        Threshold(
            "moved",
            0.05,
            "of the first tenth; TheDeepChecker. SageMaker's 0.1 % in 10 steps flags 43 of 120 "
            "healthy trainings",
        ),
        Threshold("slow", 0.01, "of the first tenth, without an accuracy: what was fine-tuned"),
        Threshold("steady", -0.7, "rank correlation of a fall that is slow but there"),
        Threshold("guess", 0.95, "times ln(classes), the loss of guessing"),
        Threshold("base", 0.2, "of the very first loss: what is gone has been learnt before"),
        Threshold("small", 0.05, "below which a loss may have been learnt elsewhere"),
    ),
    explains=("loss-frozen",),
)
