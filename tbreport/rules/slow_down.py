"""Steps that take longer and longer point to a leak, a full disk, or a machine that is shared."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.pace import pace
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    found = pace(training, int(limits["points"]))
    if found.span < limits["span"]:
        raise Unchecked("the training is too short for its pace to mean something")
    forward = np.diff(found.steps) > 0
    seconds = np.diff(found.wall_times)[forward] / np.diff(found.steps)[forward]
    quarter = len(seconds) // 4
    if quarter < 2:
        raise Unchecked("the steps do not go forward")
    before, after = float(np.median(seconds[:quarter])), float(np.median(seconds[-quarter:]))
    if before > 0 and after > limits["ratio"] * before:
        yield RULE.finding(
            found.run,
            f"Steps take {number(after / before)} times longer at the end than at the start.",
            "Look for a leak, a slow data loader, other work on the machine, and evaluation inside "
            "the loop.",
            tag=found.tag,
            step=int(found.steps[-1]),
            value=after / before,
            threshold=limits["ratio"],
        )


RULE = Rule(
    id="slow-down",
    title="Training slows down",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.NOTE,
    needs="a scalar of 20 points over 10 minutes",
    thresholds=(
        Threshold("ratio", 2.0, "last to first quarter; 92 real series 0.65 to 1.10 (5 to 95 %)"),
        Threshold("points", 20, "fewer have no quarters"),
        Threshold("span", 600.0, "seconds: 7 % of trainings of seconds exceed the ratio"),
    ),
)
