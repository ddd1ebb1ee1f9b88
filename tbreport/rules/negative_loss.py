"""A cross-entropy cannot be negative: below zero, the negative log-likelihood is fed raw scores.

``nll_loss`` expects log-probabilities. Given raw scores, the network wins by making them ever
larger, and the loss falls without limit while nothing is learnt.
"""

from __future__ import annotations

from collections.abc import Iterable

from tbreport import roles
from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked

_MAY_BE_NEGATIVE = frozenset({"likelihood", "logp", "ll", "logprob", "elbo", "energy", "density"})


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(1)
    if training.accuracy is None and training.validation_accuracy is None:
        raise Unchecked("no accuracy was logged, so this may be no classification")
    if not _MAY_BE_NEGATIVE.isdisjoint(roles.tokens(loss.tag)):
        raise Unchecked("a likelihood may be of either sign")
    sinks = loss.tail < limits["tail"] and loss.low < limits["low"]
    if sinks or (loss.low < limits["tail"] and training.diverges):
        place = int((loss.values < 0).argmax())
        yield RULE.finding(
            loss.run,
            f"The loss reaches {number(loss.low)}: a cross-entropy cannot be negative, so it is "
            "probably fed raw scores.",
            "Apply log_softmax before nll_loss, or use cross_entropy on the raw scores.",
            tag=loss.tag,
            step=int(loss.steps[place]),
            value=loss.low,
            threshold=limits["tail"],
        )


RULE = Rule(
    id="negative-loss",
    title="Negative loss",
    severity=Severity.ERROR,
    why=__doc__,
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
