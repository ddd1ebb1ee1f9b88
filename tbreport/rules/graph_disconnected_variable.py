"""A variable that nothing reads is a layer that was forgotten, or left over."""

from __future__ import annotations

from collections.abc import Iterable

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, each, listed
from tbreport.rules.network import networks
from tbreport.rules.training import Training
from tbreport.rules.variables import is_used, readers, variables


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    for run, network in networks(training):
        reading = readers(network)
        idle = [one.name for one in variables(network) if not is_used(one, reading)]
        if idle:
            yield RULE.finding(
                run,
                f"{listed(idle)} {'are' if len(idle) > 1 else 'is'} used by nothing.",
                "Delete it, or connect it to the network.",
                value=float(len(idle)),
            )
            return


RULE = Rule(
    id="graph-disconnected-variable",
    title="Variable used by nothing",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.NOTE,
    needs="a graph of operations",
)
