"""Gradients that shrink from layer to layer leave the first layers as they were at the start.

Long chains of sigmoid or tanh, or weights that start too small, multiply the gradient by less than
one at every layer. The last layers then learn from features that are still random.

Without logged gradients the weights tell: a layer that has moved ten thousand times less than
another, but has moved, gets next to no gradient.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, listed, number
from tbreport.rules.layers import Tensor
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    if training.game:
        raise Unchecked("networks that play against each other have gradients of their own")
    gradients = [one for one in training.layers.gradients if one.largest.max() > 0]
    sizes = [(one, _typical(one)) for one in gradients]
    what = "Gradients"
    if len(sizes) < limits["layers"]:
        sizes, what = _movements(training, limits), "Changes"
    if len(sizes) < limits["layers"]:
        raise Unchecked("no histograms of the gradients of three layers")
    most = max(size for _, size in sizes)
    limit = limits["ratio"] if what == "Gradients" else limits["change_ratio"]
    weak = [(one, size) for one, size in sizes if size < limit * most]
    if not weak or training.solved:
        return
    worst, size = min(weak, key=lambda pair: pair[1])
    yield RULE.finding(
        worst.run,
        f"{what} of {listed(one.role.layer for one, _ in weak)} are {number(size / most)} times "
        "those of the largest layer.",
        "Use ReLU with He initialisation, residual connections or normalisation layers, or fewer "
        "layers.",
        tag=weak[0][0].tag,
        step=int(worst.series.steps[-1]),
        value=size / most,
        threshold=limit,
    )


def _movements(training: Training, limits: Limits) -> list[tuple[Tensor, float]]:
    """How far each weight has moved; none where that tells nothing of gradients.

    A layer that has not moved at all may be frozen, so one that has moved a little must be there.
    """
    weights = [one.values for one in training.layers.weights if len(one.values.series) >= 4]
    found = [(one, one.movement()) for one in weights]
    most = max((moved for _, moved in found), default=0.0)
    weak = [moved for _, moved in found if 0 < moved < limits["change_ratio"] * most]
    telling = weak and limits["moved"] < most < np.inf and training.stuck
    return found if telling else []


def _typical(gradient: Tensor) -> float:
    """The median over the first half of the logs of the RMS, or of max |g| where that is all."""
    sizes = gradient.rms()[0] if gradient.is_exact else gradient.largest
    half = sizes[: max(1, (len(sizes) + 1) // 2)]
    finite = half[np.isfinite(half)]
    return float(np.median(finite)) if len(finite) else 0.0


RULE = Rule(
    id="vanishing-gradient",
    title="Vanishing gradient",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="histograms of the gradients of three layers",
    check=each(_check),
    thresholds=(
        Threshold("ratio", 1e-4, "bench: healthy >= 0.013, faulty <= 4e-9; AutoTrainer has 1e-3"),
        Threshold("change_ratio", 1e-3, "of changes where no gradients were logged; AutoTrainer"),
        Threshold("layers", 3, "fewer make no chain"),
        Threshold("moved", 0.01, "of a weight's size: what the largest change must be to compare"),
    ),
    explains=("loss-not-decreasing", "loss-frozen", "weights-not-updating", "update-too-small"),
)
