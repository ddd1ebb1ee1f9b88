"""A cross-entropy cannot be negative: below zero, the negative log-likelihood is fed raw scores.

``nll_loss`` expects log-probabilities. Given raw scores, the network wins by making them ever
larger, and the loss falls without limit while nothing is learnt.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport import roles
from tbreport.model import Finding, Severity
from tbreport.rules.curves import Curve
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked

_MAY_BE_NEGATIVE = frozenset({"likelihood", "logp", "ll", "logprob", "elbo", "energy", "density"})


_REMEDY = "Apply log_softmax before nll_loss, or use cross_entropy on the raw scores."


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(1)
    if training.accuracy is None and training.validation_accuracy is None:
        raise Unchecked("no accuracy was logged, so this may be no classification")
    if not _MAY_BE_NEGATIVE.isdisjoint(roles.tokens(loss.tag)):
        raise Unchecked("a likelihood may be of either sign")
    if _is_impossible(training, loss):
        yield RULE.finding(
            loss.run,
            f"The first loss is {number(loss.base)} although most answers are wrong, which no "
            "cross-entropy can be, so it is probably fed raw scores.",
            _REMEDY,
            tag=loss.tag,
            step=loss.first_step,
            value=loss.base,
            threshold=limits["tail"],
        )
        return
    sinks = loss.tail < limits["tail"] and loss.low < limits["low"]
    if sinks or (loss.low < limits["tail"] and training.diverges):
        place = int((loss.values < 0).argmax())
        yield RULE.finding(
            loss.run,
            f"The loss reaches {number(loss.low)}: a cross-entropy cannot be negative, so it is "
            "probably fed raw scores.",
            _REMEDY,
            tag=loss.tag,
            step=int(loss.steps[place]),
            value=loss.low,
            threshold=limits["tail"],
        )


def _is_impossible(training: Training, loss: Curve) -> bool:
    """Whether a loss that ends in NaN started near zero with wrong answers.

    A wrong answer has at most half of the probability, so a cross-entropy is at least
    (1 - accuracy) ln 2.
    """
    accuracy = training.accuracy or training.validation_accuracy
    if accuracy is None or not loss.from_start or not training.diverges:
        return False
    return abs(loss.base) < 0.1 * (1 - accuracy.base) * float(np.log(2))


RULE = Rule(
    id="negative-loss",
    title="Negative loss",
    severity=Severity.ERROR,
    why=__doc__ or "",
    needs="a training loss and an accuracy",
    check=each(_check),
    thresholds=(
        Threshold("tail", -1e-3, "zero but for rounding"),
        Threshold("low", -1.5, "beyond a mean cosine similarity, which ends at -1"),
    ),
    explains=(
        "loss-diverging",
        "exploding-gradient",
        "non-finite",
        "lr-too-high",
        "loss-spike",
        "dead-units",
    ),
)
