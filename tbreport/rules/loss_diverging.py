"""A training loss that ends well above where it has been is being driven the wrong way.

Steps that are too long, gradients that explode, or a loss with the wrong sign do this.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.curves import Curve, rank_correlation, smooth
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(6)
    start = max(loss.head, loss.base)
    if loss.low < 0 or training.solved:
        return
    above = loss.tail > limits["start"] * start
    doubt = limits["doubt" if training.is_by_epoch(loss) else "doubt_of_batches"] * loss.roughness
    if above or _lost(loss, doubt, limits):
        lowest = int(loss.values.argmin())
        yield RULE.finding(
            loss.run,
            f"The training loss rose from {number(loss.low)} at step {int(loss.steps[lowest])} to "
            f"{number(loss.tail)}.",
            "Lower the learning rate 3 to 10 times, clip gradients, and check the sign of the "
            "loss.",
            tag=loss.tag,
            step=int(loss.steps[lowest]),
            value=loss.tail,
            threshold=limits["start"] * start if above else limits["low"] * loss.low,
        )


def _lost(loss: Curve, doubt: float, limits: Limits) -> bool:
    """Whether most of what had been gained is lost again, and not by a single jump at the end."""
    smoothed = smooth(loss.values)
    low = float(smoothed.min())
    gained, lost = loss.head - low, loss.tail - low
    after = loss.values[int(smoothed.argmin()) :]
    return (
        lost > max(limits["lost"] * gained, doubt)
        and loss.tail > limits["low"] * low
        and rank_correlation(after) > limits["rising"]
        and bool(np.ptp(after) > 0)
    )


RULE = Rule(
    id="loss-diverging",
    title="Loss diverges",
    severity=Severity.ERROR,
    why=__doc__ or "",
    needs="a training loss of 6 points",
    check=each(_check),
    thresholds=(
        Threshold("start", 2.0, "times the start; TheDeepChecker"),
        Threshold("lost", 0.5, "of the progress; own"),
        Threshold("doubt", 3.0, "standard deviations of a point about its neighbours"),
        Threshold("doubt_of_batches", 6.0, "the same where a point may be of a single batch"),
        Threshold("low", 1.5, "times the least loss; own"),
        Threshold("rising", 0.3, "rank correlation with time after the least loss; own"),
    ),
    explains=("dead-units", "loss-not-decreasing", "loss-spike", "loss-oscillating"),
)
