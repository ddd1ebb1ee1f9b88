"""A classifier that knows nothing should start at a loss of ln(number of classes).

A first loss far above that means that the network is sure of wrong answers before it has learnt
anything: inputs are not normalised, or the last layer starts too large. The first steps are then
spent on unlearning, and often do lasting damage.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

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
from tbreport.rules.layers import classes
from tbreport.rules.training import Training, Unchecked

_LEAST_GUESS = 0.05  # accuracy; less may be luck, or the commonest of many thousand words


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(1)
    if training.accuracy is None and training.validation_accuracy is None:
        raise Unchecked("no accuracy was logged, so this may be no classification")
    if not loss.from_start:
        raise Unchecked("the loss was not logged from the start")
    guess, about = _of_guessing(training, loss)
    limit = limits["unknown"] if guess is None else limits["factor"] * guess
    if not (loss.before_training or training.learnt):
        return  # the first point is the mean of an epoch that may have blown up: see lr-too-high
    rises = len(loss) > 3 and rank_correlation(loss.values) > limits["rising"]
    if loss.base > limit and not rises:
        yield RULE.finding(
            loss.run,
            f"The first loss is {number(loss.base)}; a classifier that knows nothing has {about}.",
            "Normalise the inputs, start the last layer smaller, and average the loss over the "
            "batch instead of summing it.",
            tag=loss.tag,
            step=loss.first_step,
            value=loss.base,
            threshold=limit,
        )


def _of_guessing(training: Training, loss: Curve) -> tuple[float | None, str]:
    """The loss of a classifier that knows nothing, and how to say it.

    It is ln(classes). Where no layer tells these, 1 / accuracy before training does about as well,
    if both splits agree that it is not next to nothing and no parts of the loss were logged.
    """
    count, named = classes(training.layers)
    if named and count > 1:
        guess = math.log(count)
        return guess, f"ln({count}) = {number(guess)}"
    firsts = [training.accuracy, training.validation_accuracy]
    known = [one.base for one in firsts if one is not None and one.before_training]
    alone = training.one_loss and loss.before_training
    if len(known) < 2 or min(known) < _LEAST_GUESS or not alone:
        return None, "a few units"
    guess = max(math.log(10), -math.log(min(known)))
    return guess, f"about {number(guess)}"


RULE = Rule(
    id="initial-loss-high",
    title="First loss too high",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="a training loss from the start, and an accuracy",
    check=each(_check),
    thresholds=(
        Threshold("factor", 2.5, "times ln(classes); CS231n and Karpathy expect 1"),
        Threshold("rising", 0.9, "rank correlation: a loss that only rises has another cause"),
        Threshold("unknown", 15.0, "where the classes are unknown: ln of three million"),
    ),
    explains=(*LOSS_SYMPTOMS, *LAYER_SYMPTOMS, "lr-too-high", "non-finite", "val-at-chance"),
)
