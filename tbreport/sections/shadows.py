"""The curves of the baseline behind the charts of scalars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.model import Logs, RunSummary, ScalarSummary
from tbreport.options import Options
from tbreport.sections.choice import evenly
from tbreport.sections.comparison import matching_of
from tbreport.sections.curves import TOLERATED, Curve, Scale, height
from tbreport.sections.metrics import main_metrics
from tbreport.stats import Envelope

Floats = NDArray[np.float64]

MOST_SHADOWS = 20  # in one chart; more are one grey area
SAID = "grey: the baseline"


def counterparts(logs: Logs, options: Options) -> tuple[RunSummary, ...]:
    """The runs of the baseline that a run of the logs is compared with, in their order.

    None over the time of day, which a baseline of another day has no part in.
    """
    if logs.baseline is None or options.x_axis == "wall":
        return ()
    matching = matching_of(logs, logs.baseline, main_metrics(logs, options.metric))
    paired = {run.name for pair in matching.pairs for run in pair.before.runs}
    return tuple(run for run in logs.baseline.runs if run.name in paired)


def shadows(
    tags: Iterable[str], runs: Sequence[RunSummary], curves: Sequence[Curve], options: Options
) -> tuple[Envelope, ...]:
    """The curves of ``tags`` in ``runs``, at most twenty, smoothed as the ``options`` say.

    A curve in order of arrival does not stand behind one over steps.
    """
    by_arrival = any(curve.by_arrival for curve in curves)
    held = [
        run.scalars[tag]
        for tag in dict.fromkeys(tags)
        for run in runs
        if tag in run.scalars and _by_arrival(run.scalars[tag]) is by_arrival
    ]
    drawn = [_shadow(one, options) for one in evenly(held, MOST_SHADOWS)]
    return tuple(one for one in drawn if len(one))


def _by_arrival(scalar: ScalarSummary) -> bool:
    return scalar.count > 1 and scalar.first.step == scalar.last.step


def _shadow(scalar: ScalarSummary, options: Options) -> Envelope:
    curve = scalar.curve
    x = np.clip(curve.x if options.x_axis == "step" else curve.seconds, -stats.WIDEST, stats.WIDEST)
    placed = np.flatnonzero(np.isfinite(x))
    order = placed[np.argsort(x[placed], kind="stable")]
    x, low, high = x[order], curve.low[order], curve.high[order]
    if not options.smoothing or len(x) < 2:
        return Envelope(x, low, high)
    # A column stands for several points, over which the average forgets as much as over each.
    weight = options.smoothing ** max(1.0, scalar.count / len(x))
    middle = stats.smooth(low / 2 + high / 2, weight)
    return Envelope(x, middle, middle)


def joined(
    common: tuple[float, float] | None, shadows: Sequence[Envelope]
) -> tuple[float, float] | None:
    """The range of x that shows the shadows too."""
    ends = [*(common or ()), *(float(end) for one in shadows for end in (one.x[0], one.x[-1]))]
    return (min(ends), max(ends)) if ends else None


def widened(axis: Scale, curves: Sequence[Curve], shadows: Sequence[Envelope]) -> Scale:
    """The y axis with room for the shadows, unless they would flatten the curves."""
    values = [side for one in shadows for side in (one.low, one.high)]
    if not any(_shown(one, axis.log).any() for one in values):
        return axis
    domain = stats.y_domain(values, axis.log)
    low, high = min(axis.low, domain.low), max(axis.high, domain.high)
    if height(low, high, axis.log) > TOLERATED * height(axis.low, axis.high, axis.log):
        return axis
    outside = sum(
        int((_shown(one.values, axis.log) & ((one.values < low) | (one.values > high))).sum())
        for one in curves
    )
    return replace(axis, low=low, high=high, outside=outside)


def _shown(values: Floats, log: bool) -> NDArray[np.bool_]:
    """Which values have a place on the axis."""
    there: NDArray[np.bool_] = np.isfinite(values)
    return there & (values > 0) if log else there
