"""A cross-entropy written by hand needs probabilities; raw scores may be negative or above one.

The logarithm of a raw score is NaN where the score is negative, and a loss that can be made as
negative as one likes where it is large.
"""

from __future__ import annotations

from collections.abc import Iterable

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, each
from tbreport.rules.network import is_linear, networks
from tbreport.rules.training import Training


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    seen = set()
    for run, network in networks(training):
        for log in network.of("Log"):
            source = network.input(log, 0)
            if source is None or not is_linear(network, source) or log.name in seen:
                continue
            seen.add(log.name)
            yield RULE.finding(
                run,
                f"{log.name} takes the logarithm of the raw scores {source.name}.",
                "Use softmax_cross_entropy_with_logits on the raw scores.",
            )


RULE = Rule(
    id="graph-ce-without-softmax",
    title="Logarithm of raw scores",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.ERROR,
    needs="a graph of operations",
    explains=("negative-loss", "non-finite", "loss-diverging"),
)
