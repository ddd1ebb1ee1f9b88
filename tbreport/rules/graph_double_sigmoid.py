"""A cross-entropy that applies the sigmoid itself wants raw scores, not what a sigmoid has made.

The sigmoid of a value between 0 and 1 lies between 0.5 and 0.73: the network cannot say "no".
"""

from __future__ import annotations

from collections.abc import Iterable

from tbreport.model import Finding, GraphNode, Severity
from tbreport.rules.kit import Limits, Rule, each
from tbreport.rules.network import Network, networks
from tbreport.rules.training import Training


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    seen = set()
    for run, network in networks(training):
        for product in network.of("Mul"):
            scope = product.name.rpartition("/")[0]
            source = network.input(product, 0)
            if scope in seen or source is None or source.op != "Sigmoid":
                continue
            if _is_logistic_loss(network, product):
                seen.add(scope)
                yield RULE.finding(
                    run,
                    f"{scope} gets {source.name}, and applies the sigmoid to it again.",
                    f"Feed the loss the tensor that goes into {source.name}.",
                )


def _is_logistic_loss(network: Network, product: GraphNode) -> bool:
    """Whether a product is the one in max(x, 0) - x * z + log(1 + exp(-abs(x)))."""
    scope, _, name = product.name.rpartition("/")
    parts = ("Log1p", "GreaterEqual", "Exp")
    return name == "mul" and all(f"{scope}/{part}" in network.nodes for part in parts)


RULE = Rule(
    id="graph-double-sigmoid",
    title="Sigmoid twice in the graph",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.ERROR,
    needs="a graph of operations",
    explains=("loss-not-decreasing", "loss-frozen"),
)
