"""A long pause between two steps is time in which nothing was learnt."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.pace import Pace, pace
from tbreport.rules.training import Training


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    found = pace(training, int(limits["points"]))
    gaps = np.diff(found.wall_times)
    longest = int(gaps.argmax())
    usual, gap = float(np.median(gaps)), float(gaps[longest])
    if gap > limits["ratio"] * usual and gap > limits["seconds"] and not _restarts(found, longest):
        yield RULE.finding(
            found.run,
            f"Nothing was logged for {number(gap)} s before step {int(found.steps[longest + 1])}; "
            f"usual are {number(usual)} s.",
            "Look at the data loader, at evaluation and checkpoints inside the loop, and at other "
            "work on the machine.",
            tag=found.tag,
            step=int(found.steps[longest + 1]),
            value=gap,
            threshold=max(limits["ratio"] * usual, limits["seconds"]),
        )


def _restarts(found: Pace, place: int) -> bool:
    """Whether an event file begins inside the gap: the training was stopped and resumed."""
    before, after = found.wall_times[place], found.wall_times[place + 1]
    return bool(((found.starts > before) & (found.starts <= after)).any())


RULE = Rule(
    id="stall",
    title="Training pauses",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.NOTE,
    needs="a scalar of 10 points with wall times",
    thresholds=(
        Threshold("ratio", 10.0, "times the median gap"),
        Threshold("seconds", 60.0, "real logs have 1.3 s between epochs, 300 times the median"),
        Threshold("points", 10, "fewer have no usual gap"),
    ),
)
