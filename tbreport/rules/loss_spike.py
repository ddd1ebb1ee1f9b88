"""A loss that jumps for a moment met a batch it could not take: an outlier, or a step too far."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(7)
    before = int(limits["before"])
    if loss.low < 0:
        return
    for place in range(before, len(loss)):
        usual = float(np.median(loss.values[place - before : place]))
        value = float(loss.values[place])
        if value > limits["factor"] * usual and value > limits["base"] * loss.base:
            factor = number(value / usual) if usual > 0 else "many"
            yield RULE.finding(
                loss.run,
                f"The loss jumped to {factor} times its usual value at step "
                f"{int(loss.steps[place])}.",
                "Inspect the data of that step, and clip gradients.",
                tag=loss.tag,
                step=int(loss.steps[place]),
                value=value,
                threshold=limits["factor"] * usual,
            )
            return


RULE = Rule(
    id="loss-spike",
    title="Loss spike",
    severity=Severity.NOTE,
    why=__doc__ or "",
    needs="a training loss of 7 points",
    check=each(_check),
    thresholds=(
        Threshold("factor", 5.0, "times the median of the points before; own"),
        Threshold("before", 5, "points"),
        Threshold("base", 0.5, "of the first loss: below it a jump does no harm"),
    ),
)
