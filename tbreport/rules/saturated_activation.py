"""An activation that works at its flat ends passes hardly any gradient on.

For tanh the mean slope is 1 - E[a^2], for the sigmoid E[a] - E[a^2], a quarter at most. Both follow
exactly from what a histogram keeps. Weights or inputs that are too large drive units there.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport import roles
from tbreport.model import Finding, Floats, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, listed, number
from tbreport.rules.layers import Tensor
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    logs = int(limits["logs"])
    slopes = [
        (one, slopes)
        for one in training.layers.activations
        if len(one.series) >= logs and (slopes := _slopes(one)) is not None
    ]
    if not slopes:
        raise Unchecked("no exact histograms of tanh or sigmoid activations were logged")
    flat = [(one, found) for one, found in slopes if np.median(found) < limits["slope"]]
    if not flat or training.solved:
        return
    worst, found = min(flat, key=lambda pair: float(np.median(pair[1])))
    slope = float(np.median(found))
    later = found[0] > limits["steep"]
    yield RULE.finding(
        worst.run,
        f"{listed(one.role.layer for one, _ in flat)} "
        f"{'work' if len(flat) > 1 else 'works'} at {number(100 * slope)} % of the maximal slope"
        + (", though not at the start." if later else "."),
        "Start with smaller weights, scale the inputs, or use another activation.",
        tag=flat[0][0].tag,
        step=int(worst.series.steps[-1]),
        value=slope,
        threshold=limits["slope"],
        severity=Severity.NOTE if later else None,
    )


def _slopes(tensor: Tensor) -> Floats | None:
    """The mean slope relative to the greatest one where it is finite; None if it is unknown."""
    if not tensor.is_exact:
        return None
    words = {word.rstrip("0123456789") for word in roles.tokens(tensor.tag)}
    series = tensor.series
    num = np.where(series.num > 0, series.num, np.nan)
    squares: Floats = series.sum_squares / num
    if "tanh" in words and tensor.largest.max() <= 1:
        slopes = 1.0 - squares
    elif not words.isdisjoint({"sigmoid", "sigm"}) and series.minimum.min() >= 0:
        slopes = 4.0 * (series.sum / num - squares)
    else:
        return None
    finite = slopes[np.isfinite(slopes)]
    return finite if len(finite) else None


RULE = Rule(
    id="saturated-activation",
    title="Saturated activation",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="exact histograms of activations whose names say tanh or sigmoid",
    check=each(_check),
    thresholds=(
        Threshold(
            "slope", 0.1, "of the maximal slope; TheDeepChecker calls 0.85 of the range full"
        ),
        Threshold("steep", 0.5, "of the maximal slope at the start: then training has driven it"),
        Threshold("logs", 3, "fewer may be chance"),
    ),
    explains=(
        "initial-loss-high",
        "vanishing-gradient",
        "loss-not-decreasing",
        "loss-frozen",
        "val-at-chance",
    ),
)
