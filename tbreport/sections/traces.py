"""The numbers behind a chart of curves, thinned out as its picture is, for a page to work with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.charts.lines import COLUMNS, Lines
from tbreport.sections.choice import fair_shares
from tbreport.sections.curves import Curve
from tbreport.sections.grouped import GroupedCurves
from tbreport.sections.kit import Trace, Values
from tbreport.stats import Envelope

Floats = NDArray[np.float64]

# Numbers of a report and of one chart, most of them 5.3 bytes in the page: 2 MB, 64 kB.
MOST_NUMBERS = 400_000
MOST_OF_CHART = 12_000
FEWEST_POINTS = 8  # of a run: a rough shape at least
BASELINE = "baseline"


def room_of_chart(charts: int) -> int:
    """How many numbers each of ``charts`` may hold, so that a report stays within its limit."""
    return min(MOST_OF_CHART, MOST_NUMBERS // max(charts, 1))


def values_of(
    chart: Lines, curves: Sequence[Curve], groups: Sequence[GroupedCurves], weight: float, room: int
) -> Values | None:
    """The numbers of ``curves``, of the means of ``groups`` and of the chart's baseline.

    They are about ``room`` numbers at most; None without room, or where no point has a place on x.
    A run keeps all its points where there is room for them, else the extremes of as many columns as
    the chart has, or of fewer: columns of its own length, so that a short run can be zoomed into.
    """
    if not room or chart.x_range is None or chart.y_range is None:
        return None
    sizes = [len(one) for one in chart.shadows] + [len(one.x) for one in curves]
    sizes += [len(one.spread.x) for one in groups]
    shares = iter(fair_shares([2 * size for size in sizes], room))  # x and y; short runs whole
    traces = [_shadow(one, next(shares)) for one in chart.shadows]
    for curve in curves:
        smoothed = curve.smoothed(weight) if weight else None
        traces.append(_trace(curve.run, curve.x, curve.values, smoothed, next(shares)))
    for one in groups:
        x, mean = one.spread.x, one.spread.mean
        smoothed = stats.smooth(mean, weight) if weight else None
        traces.append(_trace(one.name, x, mean, smoothed, next(shares), one.curves[0]))
    shown = tuple(trace for trace in traces if len(trace.x))
    return Values(shown, chart.x_axis, chart.x_range, chart.y_range, chart.log_y, weight)


def _trace(
    name: str,
    x: Floats,
    y: Floats,
    smoothed: Floats | None,
    room: int,
    member: Curve | None = None,
) -> Trace:
    """A curve for the page, which smooths by itself where it has all points."""
    kept = stats.extremes(x, y, _columns(len(x), room))
    smooth = None
    if smoothed is not None and len(kept) < np.isfinite(x).sum():
        smooth = smoothed[kept]
    return Trace(name, x[kept], y[kept], len(y), smooth, member.run if member else "")


def _shadow(shadow: Envelope, room: int) -> Trace:
    """A curve of the baseline; it is smoothed already, so no smoothing of the page changes it."""
    middle = shadow.low / 2 + shadow.high / 2
    kept = stats.extremes(shadow.x, middle, _columns(len(middle), room))
    return Trace(BASELINE, shadow.x[kept], middle[kept], len(kept), middle[kept])


def _columns(total: int, room: int) -> int:
    """How many columns, of two points with three numbers each, ``room`` is enough for."""
    whole = 2 * total <= max(room, 2 * FEWEST_POINTS)
    return max(total, 1) if whole else min(COLUMNS, max(room // 6, FEWEST_POINTS // 2))
