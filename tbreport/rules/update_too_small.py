"""Weights that hardly move in the whole run have not been trained, whatever the loss does.

Usually the learning rate is far too low, the gradient is clipped to nothing, or the schedule ends
before it starts. A histogram shows less movement than there is (values may change places), so small
means small in every statistic of every layer.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.layers import Tensor
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    weights = [one.values for one in training.layers.weights if len(one.values.series) >= 2]
    if not weights:
        raise Unchecked("no histograms of weights in two logs or more")
    if training.solved or training.game:
        return
    moved = [(one, movement(one)) for one in weights]
    most, change = max(moved, key=lambda pair: pair[1])
    if 0 < change < limits["change"] and not training.learnt:
        yield RULE.finding(
            most.run,
            f"The weights moved {number(100 * change)} % in the whole run, at most (in {most.tag}).",
            "Raise the learning rate; check the clipping threshold and the schedule.",
            tag=most.tag,
            step=int(most.series.steps[-1]),
            value=change,
            threshold=limits["change"],
        )


def movement(tensor: Tensor) -> float:
    """The greatest relative change of minimum, maximum and RMS from the first to the last log."""
    series, (least, most) = tensor.series, tensor.rms()
    scale = most[0] if tensor.is_exact else tensor.largest[0]
    ends = [series.minimum[[0, -1]], series.maximum[[0, -1]]]
    if tensor.is_exact:
        ends.append(least[[0, -1]])
    changes = [abs(float(last - first)) for first, last in ends]
    if not np.isfinite([scale, *changes]).all():
        return float("inf")
    return max(changes) / float(scale) if scale > 0 else float(max(changes) > 0)


RULE = Rule(
    id="update-too-small",
    title="Updates too small",
    severity=Severity.WARNING,
    why=__doc__,
    needs="histograms of weights in two logs",
    check=each(_check),
    thresholds=(Threshold("change", 2e-3, "of a weight's RMS in the whole run; own, on the bench"),),
    explains=("loss-not-decreasing", "loss-frozen"),
)
