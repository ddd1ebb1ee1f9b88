"""Variables that are all called "Variable" can't be told apart in graphs, histograms and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each
from tbreport.rules.network import networks
from tbreport.rules.training import Training
from tbreport.rules.variables import variables

_DEFAULT = re.compile(r"(?:.*/)?Variable(?:_\d+)?")


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    for run, network in networks(training):
        every = variables(network)
        unnamed = [one for one in every if _DEFAULT.fullmatch(one.name)]
        if len(unnamed) >= max(limits["least"], limits["share"] * len(every)):
            yield RULE.finding(
                run,
                f"{len(unnamed)} of {len(every)} variables have default names.",
                "Give variables a name, and layers a name scope.",
                value=len(unnamed) / len(every),
                threshold=limits["share"],
            )
            return


RULE = Rule(
    id="graph-default-names",
    title="Variables without names",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.NOTE,
    needs="a graph of operations",
    thresholds=(
        Threshold("share", 0.5, "of the variables"),
        Threshold("least", 2, "variables: one needs no name"),
    ),
)
