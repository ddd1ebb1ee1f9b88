"""The curves of one tag: one a run, on common axes, with all that is to be said about them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.charts.lines import Line
from tbreport.model import Logs, ScalarSeries
from tbreport.sections.kit import Note
from tbreport.sections.words import counted, listed, verb

Floats = NDArray[np.float64]

# How much taller than the smoothed curve without its outliers the y range may be to show all.
# TensorBoard's value is 1: it always cuts 5 % at both ends, so even the start of a plain loss.
TOLERATED = 3.0
ENOUGH = 20  # values; of fewer, 5 % is less than one
SMALLEST = 5e-324  # the smallest positive float64


@dataclass(frozen=True, eq=False)
class Curve:
    """One run's values of a tag.

    ``colour`` is the run's number (``Logs.coloured``); ``x``, float64 of shape (n,), are steps,
    seconds since the first point or since 1970, NaN where a point has no time. ``by_arrival`` says
    that all steps are equal and ``x`` counts the points instead.
    """

    run: str
    colour: int
    series: ScalarSeries
    x: Floats
    by_arrival: bool = False
    _smoothed: dict[float, Floats] = field(default_factory=dict, init=False, repr=False)

    @property
    def values(self) -> Floats:
        """The values as logged, float64 of shape (n,)."""
        return self.series.values

    def smoothed(self, weight: float) -> Floats:
        """The values smoothed with ``weight``, which axis, picture and page all ask for."""
        if weight not in self._smoothed:
            self._smoothed[weight] = stats.smooth(self.values, weight) if weight else self.values
        return self._smoothed[weight]


@dataclass(frozen=True)
class Scale:
    """The y axis: its range, whether it is logarithmic, and what it does not show.

    ``outside`` counts finite values beyond the range, ``not_positive`` those for which a
    logarithmic axis has no place.
    """

    low: float
    high: float
    log: bool = False
    outside: int = 0
    not_positive: int = 0


def curves_of(tag: str, logs: Logs, x_axis: str = "step") -> list[Curve]:
    """The curves of ``tag`` in every run that holds a value of it, in the order of the runs."""
    curves = []
    for colour, run in logs.coloured:
        series = run.scalars.get(tag)
        if series is not None and len(series):
            curves.append(curve_of(run.name, colour, series, x_axis))
    return curves


def curve_of(run: str, colour: int, series: ScalarSeries, x_axis: str = "step") -> Curve:
    """The values of a run that has at least one, as a curve over ``x_axis``."""
    if x_axis == "step":
        if len(series) > 1 and series.steps[0] == series.steps[-1]:
            return Curve(run, colour, series, np.arange(len(series), dtype=np.float64), True)
        return Curve(run, colour, series, series.steps.astype(np.float64))
    # 0 is what a writer without a clock leaves, not a moment of 1970.
    known = np.isfinite(series.wall_times) & (series.wall_times > 0)
    times = np.where(known, series.wall_times, np.nan)
    if x_axis == "relative" and known.any():
        times = times - times[known][0]
    return Curve(run, colour, series, times)


def x_range(curves: Iterable[Curve]) -> tuple[float, float] | None:
    """The common range of x; None where no point has a place on it."""
    placed = [curve.x[np.isfinite(curve.x)] for curve in curves]
    placed = [x for x in placed if len(x)]
    if not placed:
        return None
    return min(float(x.min()) for x in placed), max(float(x.max()) for x in placed)


def line(curve: Curve, weight: float, common: tuple[float, float] | None) -> Line:
    """The curve as a chart draws it; ``weight`` is the smoothing."""
    smoothed = curve.smoothed(weight) if weight else None
    return Line.of(curve.x, curve.values, curve.colour, smoothed, common)


def scale(curves: Sequence[Curve], weight: float, log: bool) -> Scale:
    """The y axis for the curves smoothed with ``weight``; logarithmic if ``log``.

    It is so by itself where all values are positive and what is shown of them spans decades.
    """
    values = [curve.values for curve in curves]
    smoothed = [curve.smoothed(weight) for curve in curves]
    finite = np.concatenate(values) if values else np.zeros(0)
    finite = finite[np.isfinite(finite)]
    if not log and stats.spans_decades(finite):
        found = _scale(finite, smoothed, log=True)
        # A single outlier is no reason: without it the range may be narrow.
        if height(found.low, found.high, log=True) > stats.DECADES:
            return found
    return _scale(finite, smoothed, log)


def _scale(finite: Floats, smoothed: Sequence[Floats], log: bool) -> Scale:
    """The range that shows every value, unless outliers would flatten the smoothed curves.

    Then that of the values, or if even it is too wide of the smoothed curves, between their 5th and
    95th percentile, which is what TensorBoard always shows.
    """
    shown = finite[finite > 0] if log else finite
    ends = np.array([shown.min(), shown.max()]) if len(shown) else shown
    whole, most = stats.y_domain([ends], log), stats.y_domain([shown], log)
    tight = stats.y_domain(smoothed, log)
    limit = TOLERATED * height(tight.low, tight.high, log)
    choices = [one for one in (whole, most) if height(one.low, one.high, log) <= limit]
    low, high, _ = whole if len(shown) < ENOUGH else [*choices, tight][0]
    outside = int(((shown < low) | (shown > high)).sum())
    return Scale(low, high, log, outside, len(finite) - len(shown))


def height(low: float, high: float, log: bool) -> float:
    """How tall a range is, in powers of ten where the axis is logarithmic."""
    if log:
        return math.log10(high) - math.log10(max(low, SMALLEST))
    return high - low


def remarks(curves: Sequence[Curve], weight: float, axis: Scale) -> str:
    """What stands quietly beside the chart's title: "smoothed 0.6 · log y · 1 point outside"."""
    said = []
    if weight and any(len(curve.series) > 1 for curve in curves):
        said.append(f"smoothed {weight:g}")
    if axis.log:
        said.append("log y")
    if axis.outside:
        said.append(f"{counted(axis.outside, 'point')} outside")
    return " · ".join(said)


def notes(curves: Sequence[Curve], axis: Scale) -> list[Note]:
    """What a reader of the chart must know, each kind of trouble in one sentence."""
    said = [*_not_finite(curves), *_by_arrival(curves), *_without_time(curves)]
    if axis.not_positive:
        points = counted(axis.not_positive, "point")
        said.append(
            Note(
                f"{points} of 0 or less {verb(axis.not_positive, 'has')} no place on a logarithmic"
                " axis.",
                left_out=axis.not_positive,
            )
        )
    return said + _superseded(curves)


def _not_finite(curves: Sequence[Curve]) -> list[Note]:
    ill = [(curve, ~np.isfinite(curve.values)) for curve in curves]
    ill = [(curve, bad) for curve, bad in ill if bad.any()]
    if not ill:
        return []
    nan = sum(int(np.isnan(curve.values).sum()) for curve, _ in ill)
    total = sum(int(bad.sum()) for _, bad in ill)
    kinds = [f"{nan:,} NaN"] * bool(nan) + [f"{total - nan:,} Inf"] * bool(total - nan)
    first, bad = ill[0]
    step = int(first.series.steps[int(bad.argmax())])
    values = counted(sum(len(curve.series) for curve in curves), "value")
    names = listed([curve.run for curve, _ in ill])
    begin = "first at" if len(ill) == 1 else f"in {listed([first.run])} first at"
    return [
        Note(
            f"{total:,} of {values} {verb(total, 'is')} not finite ({', '.join(kinds)}) in {names},"
            f" {begin} step {step:,}.",
            "warning",
        )
    ]


def _by_arrival(curves: Sequence[Curve]) -> list[Note]:
    piled = [curve for curve in curves if curve.by_arrival]
    if not piled:
        return []
    steps = sorted({int(curve.series.steps[0]) for curve in piled})
    of_step = f"step {steps[0]:,}" if len(steps) == 1 else "one and the same step"
    names = listed([curve.run for curve in piled])
    return [Note(f"All points of {names} have {of_step}: drawn in order of arrival.", "warning")]


def _without_time(curves: Sequence[Curve]) -> list[Note]:
    count = sum(int((~np.isfinite(curve.x)).sum()) for curve in curves)
    if not count:
        return []
    points = counted(count, "point")
    return [
        Note(
            f"{points} {verb(count, 'has')} no time and {verb(count, 'is')} not drawn.",
            "warning",
            left_out=count,
        )
    ]


def _superseded(curves: Sequence[Curve]) -> list[Note]:
    struck = [curve for curve in curves if curve.series.superseded]
    count = sum(curve.series.superseded for curve in struck)
    if not count:
        return []
    points = counted(count, "point")
    names = listed([curve.run for curve in struck])
    return [
        Note(f"{points} of {names} {verb(count, 'was')} superseded by a restart.", left_out=count)
    ]
