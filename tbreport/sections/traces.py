"""The numbers behind a chart of curves, thinned out as its picture is, for a page to work with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tbreport import stats
from tbreport.charts.lines import COLUMNS
from tbreport.sections.curves import Curve, Scale, x_range
from tbreport.sections.kit import Trace, Values

# Numbers of a report and of one chart, most of them 5.3 bytes in the page: 8 MB, 64 kB.
MOST_NUMBERS = 1_500_000
MOST_OF_CHART = 12_000
FEWEST_POINTS = 8  # of a run: a rough shape at least


def room_of_chart(charts: int) -> int:
    """How many numbers each of ``charts`` may hold, so that a report stays within its limit."""
    return min(MOST_OF_CHART, MOST_NUMBERS // max(charts, 1))


def values_of(
    curves: Sequence[Curve], axis: Scale, x_axis: str, weight: float, room: int
) -> Values | None:
    """The curves in at most about ``room`` numbers; None where no point has a place on x.

    A run keeps all its points where there is room for them, else the extremes of the columns of
    the chart, or of fewer columns.
    """
    common = x_range(curves)
    if common is None:
        return None
    traces = [_trace(curve, weight, common, room // len(curves)) for curve in curves]
    return Values(
        tuple(trace for trace in traces if len(trace.x)),
        x_axis,
        common,
        (axis.low, axis.high),
        axis.log,
        weight,
    )


def _trace(curve: Curve, weight: float, common: tuple[float, float], room: int) -> Trace:
    total = len(curve.values)
    whole = 2 * total <= max(room, 2 * FEWEST_POINTS)  # x and y
    # A column keeps two points of three numbers each.
    columns = total if whole else min(COLUMNS, max(room // 6, FEWEST_POINTS // 2))
    kept = stats.extremes(curve.x, curve.values, columns, *common)
    smooth = None
    if weight and len(kept) < np.isfinite(curve.x).sum():
        smooth = stats.smooth(curve.values, weight)[kept]
    return Trace(curve.run, curve.x[kept], curve.values[kept], total, smooth)
