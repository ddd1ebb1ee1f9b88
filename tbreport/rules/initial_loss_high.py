"""A classifier that knows nothing should start at a loss of ln(number of classes).

A first loss far above that means that the network is sure of wrong answers before it has learnt
anything: inputs are not normalised, or the last layer starts too large. The first steps are then
spent on unlearning, and often do lasting damage.
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
from tbreport.rules.layers import classes
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(1)
    if training.accuracy is None and training.validation_accuracy is None:
        raise Unchecked("no accuracy was logged, so this may be no classification")
    if not loss.from_start:
        raise Unchecked("the loss was not logged from the start")
    count, named = classes(training.layers)
    known = named and count > 1
    limit = limits["factor"] * float(np.log(count)) if known else limits["unknown"]
    rises = len(loss) > 3 and rank_correlation(loss.values) > limits["rising"]
    if not (loss.before_training or training.learnt):
        return  # the first point is the mean of an epoch that may have blown up: see lr-too-high
    if loss.base > limit and not rises:
        expected = f"ln({count}) = {number(float(np.log(count)))}" if known else "a few units"
        yield RULE.finding(
            loss.run,
            f"The first loss is {number(loss.base)}; a classifier that knows nothing has "
            f"{expected}.",
            "Normalise the inputs, start the last layer smaller, and average the loss over the "
            "batch instead of summing it.",
            tag=loss.tag,
            step=loss.first_step,
            value=loss.base,
            threshold=limit,
        )


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
