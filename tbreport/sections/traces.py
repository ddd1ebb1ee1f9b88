"""The numbers behind a chart of curves, thinned out as its picture is, for a page to work with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.charts.lines import COLUMNS, Lines
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
    A run keeps all its points where there is room for them, else the extremes of the columns of
    the chart, or of fewer columns.
    """
    if not room or chart.x_range is None or chart.y_range is None:
        return None
    common = chart.x_range
    share = room // max(1, len(curves) + len(groups) + len(chart.shadows))
    traces = [
        *(_shadow(one, common, share) for one in chart.shadows),
        *(_trace(one.run, one.x, one.values, weight, common, share) for one in curves),
        *(
            _trace(one.name, one.spread.x, one.spread.mean, weight, common, share, one.curves[0])
            for one in groups
        ),
    ]
    shown = tuple(trace for trace in traces if len(trace.x))
    return Values(shown, chart.x_axis, common, chart.y_range, chart.log_y, weight)


def _trace(
    name: str,
    x: Floats,
    y: Floats,
    weight: float,
    common: tuple[float, float],
    room: int,
    member: Curve | None = None,
) -> Trace:
    kept = stats.extremes(x, y, _columns(len(x), room), *common)
    smooth = None
    if weight and len(kept) < np.isfinite(x).sum():
        smooth = stats.smooth(y, weight)[kept]
    return Trace(name, x[kept], y[kept], len(y), smooth, member.run if member else "")


def _shadow(shadow: Envelope, common: tuple[float, float], room: int) -> Trace:
    """A curve of the baseline; it is smoothed already, so no smoothing of the page changes it."""
    middle = shadow.low / 2 + shadow.high / 2
    kept = stats.extremes(shadow.x, middle, _columns(len(middle), room), *common)
    return Trace(BASELINE, shadow.x[kept], middle[kept], len(kept), middle[kept])


def _columns(total: int, room: int) -> int:
    """How many columns, of two points with three numbers each, ``room`` is enough for."""
    whole = 2 * total <= max(room, 2 * FEWEST_POINTS)  # then x and y are enough
    return max(total, 1) if whole else min(COLUMNS, max(room // 6, FEWEST_POINTS // 2))
