"""The logarithm of a softmax underflows: a probability that is rounded to 0 has the log -infinity.

Fused operations compute the same from the scores and never round in between. Code that adds a small
number or clips before the logarithm is safe too.
"""

from __future__ import annotations

from collections.abc import Iterable

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, each
from tbreport.rules.network import networks
from tbreport.rules.training import Training


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    seen = set()
    for run, network in networks(training):
        for log in network.of("Log"):
            source = network.input(log, 0)
            if source is None or source.op != "Softmax" or log.name in seen:
                continue
            seen.add(log.name)
            yield RULE.finding(
                run,
                f"{log.name} takes the logarithm of {source.name}, which underflows to log 0.",
                "Use a fused cross-entropy or log_softmax, or clip before the logarithm.",
            )


RULE = Rule(
    id="graph-log-of-softmax",
    title="Logarithm of softmax",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.WARNING,
    needs="a graph of operations",
    explains=("non-finite",),
)
