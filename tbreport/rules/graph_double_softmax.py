"""A cross-entropy that applies softmax itself wants raw scores, not what softmax has made of them.

Probabilities lie between 0 and 1, so a second softmax is never sure, and the loss cannot come near
zero. Training works, but slowly and with wrong probabilities.
"""

from __future__ import annotations

from collections.abc import Iterable

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, each
from tbreport.rules.network import networks
from tbreport.rules.training import Training

_LOSSES = ("SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits")


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    seen = set()
    for run, network in networks(training):
        for loss in network.of(*_LOSSES):
            source = network.input(loss, 0)
            # log_softmax is left alone: softmax of it is softmax of the scores again.
            if source is None or source.op not in ("Softmax", "Sigmoid") or loss.name in seen:
                continue
            seen.add(loss.name)
            yield RULE.finding(
                run,
                f"{loss.name} gets {source.name} ({source.op.lower()}), and applies softmax to it "
                "again.",
                f"Feed the loss the tensor that goes into {source.name}.",
            )


RULE = Rule(
    id="graph-double-softmax",
    title="Softmax twice in the graph",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.ERROR,
    needs="a graph of operations",
    explains=("double-softmax", "loss-not-decreasing", "loss-frozen"),
)
