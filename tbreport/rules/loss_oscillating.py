"""A loss that swings up and down while it is still high shows steps that overshoot.

Swings near the end of a good training are harmless: the loss is then small and so is their size.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    loss = training.trend(9)
    if not loss.noise and not training.is_by_epoch(loss):
        raise Unchecked("points that may be of single batches differ anyway")
    late = loss.values[len(loss) // 3 :]
    middle = float(np.median(late))
    if training.solved or loss.base <= 0 or middle <= limits["high"] * loss.base:
        return
    residual = late[1:-1] - (late[:-2] + late[2:]) / 2
    swing = 1.4826 * float(np.median(np.abs(residual - np.median(residual)))) / middle
    turns = float((np.diff(np.sign(residual)) != 0).mean())
    sampled = limits["noise"] * loss.noise / middle
    if swing > max(limits["swing"], sampled) and turns > limits["turns"]:
        yield RULE.finding(
            loss.run,
            f"The loss swings by {number(100 * swing)} % from point to point while it is still far "
            "from solved.",
            "Lower the learning rate, use larger batches, and shuffle the data.",
            tag=loss.tag,
            step=int(loss.steps[len(loss) // 3]),
            value=swing,
            threshold=limits["swing"],
        )


RULE = Rule(
    id="loss-oscillating",
    title="Loss oscillates",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="a training loss of 9 epochs, or of many batches",
    check=each(_check),
    thresholds=(
        Threshold("swing", 0.08, "robust deviation from the neighbours' mean, of the median; own"),
        Threshold("noise", 3.0, "standard errors of the medians of batches, which differ anyway"),
        Threshold("turns", 0.4, "share of the points at which the direction changes"),
        Threshold(
            "high", 0.25, "of the first loss: converged runs swing by up to 3.5 times theirs"
        ),
    ),
)
