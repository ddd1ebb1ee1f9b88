"""The line chart: values of several runs over steps or time, raw behind smoothed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.charts import Drawing
from tbreport.charts.axes import Axis, x_axis, y_axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import INK_LEVELS, palette_of
from tbreport.charts.style import (
    BASELINE,
    BASELINE_OPACITY,
    BASELINE_WIDTH,
    BEHIND_OPACITY,
    DENSE_OPACITY,
    LINE_WIDTH,
    MARKER_SIZE,
    RAW_OPACITY,
    RAW_WIDTH,
    run_colour,
    run_dash,
)
from tbreport.stats import Envelope

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 560, 260  # CSS pixels
COLUMNS = 500  # about the CSS pixels between the axes: what a Line keeps of its curve
DENSE = 2.5  # mean height of a column, in CSS pixels, from which a curve is drawn as an area
FLAT = 1.2  # below it, as a line through the middle of its columns: the line is wider than that
# Points of a smoothed curve from which the raw one behind it is thinned out until this many share a
# column: as an area it is calmer to look at than its scratches, and drawn in a quarter of the time.
BEHIND, POINTS_BEHIND = 250, 3
ROOMY = 10.0  # CSS pixels between points, on average, from which each gets a dot
SHARP = 8  # curves (raw and smoothed count apart) up to which a picture at 2x stays near 20 kB
APART = 9.0  # CSS pixels between the marks of neighbouring values that aren't finite


@dataclass(frozen=True, eq=False)
class Line:
    """One run's curve, already thinned out to pixel columns; make it with ``Line.of``.

    ``colour`` is its number. ``smooth`` is drawn crisp before a faint ``raw``; without it ``raw``
    itself is what is to be read. ``nonfinite`` says where values were no numbers: (x, "nan" |
    "+inf" | "-inf"), at most one of a kind in a pixel column. ``behind`` lines are thin and faint
    behind the others.
    """

    raw: Envelope
    colour: int
    smooth: Envelope | None = None
    nonfinite: tuple[tuple[float, str], ...] = ()
    behind: bool = False

    @classmethod
    def of(
        cls,
        x: Floats,
        y: Floats,
        colour: int,
        smoothed: Floats | None = None,
        x_range: tuple[float, float] | None = None,
    ) -> Line:
        """The line of values ``y`` at ``x`` (both of shape (n,), in order of logging).

        ``smoothed`` (n,) are they as ``stats.smooth`` leaves them, where the line is to be smooth:
        smoothing comes before anything is thinned out. ``x_range`` is the range of a shared x axis,
        by default that of ``x``.
        """
        x, y = np.clip(x, -stats.WIDEST, stats.WIDEST), np.asarray(y, dtype=np.float64)
        low, high = x_range if x_range is not None else (None, None)
        # A column keeps two values, so up to twice as many points need no thinning out at all.
        columns = COLUMNS if len(x) > 2 * COLUMNS else 2 * COLUMNS
        smooth = None
        if smoothed is not None and len(x) > 1:
            smooth = stats.envelope(x, smoothed, columns, low, high)
            if len(x) > BEHIND:
                columns = min(COLUMNS, len(x) // POINTS_BEHIND)
        raw = stats.envelope(x, y, columns, low, high)
        return cls(raw, colour, smooth, tuple(_nonfinite(x, y, low, high)))

    @property
    def read(self) -> Envelope:
        """The curve that is to be read: the smoothed one if there is one."""
        return self.raw if self.smooth is None else self.smooth


def _nonfinite(
    x: Floats, y: Floats, low: float | None, high: float | None
) -> Iterator[tuple[float, str]]:
    """Where values aren't finite, one of each kind in a pixel column, in order of x."""
    for kind, there in (("nan", np.isnan(y)), ("+inf", y == np.inf), ("-inf", y == -np.inf)):
        if there.any():
            places = x[there]
            for place in stats.envelope(places, places, COLUMNS, low, high).low.tolist():
                yield place, kind


@dataclass(frozen=True, eq=False)
class Band:
    """An area between two curves behind all lines, in the colour of that number."""

    area: Envelope
    colour: int


@dataclass(frozen=True, eq=False)
class Lines:
    """A line chart, 560 x 260 CSS pixels.

    ``x_axis``: "step", "relative" (seconds) or "wall" (seconds since 1970, shown in UTC).
    ``x_range`` and ``y_range`` (low, high) default to what the lines span, y without outliers as
    TensorBoard does it; what falls outside leaves a small bar at the edge. ``log_y`` draws a
    logarithmic axis, on which values up to 0 have no place. ``marks`` are x of findings: dashed
    vertical lines. ``shadows`` are curves of a baseline, broad and grey behind everything.
    ``scale`` is how many device pixels make one CSS pixel; 0 leaves it to the number of curves, as
    a picture at 2 takes twice the bytes of one at 1 and is drawn half as fast.
    """

    alt: str
    lines: tuple[Line, ...]
    x_axis: str = "step"
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    log_y: bool = False
    marks: tuple[float, ...] = ()
    bands: tuple[Band, ...] = ()
    shadows: tuple[Envelope, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    scale: int = 0

    @property
    def device_scale(self) -> int:
        """How many device pixels make one CSS pixel."""
        curves = sum(1 if line.smooth is None or line.behind else 2 for line in self.lines)
        return self.scale or (2 if curves + len(self.shadows) <= SHARP else 1)

    def draw(self) -> Drawing:
        """Draw it; empty, constant and all-NaN lines make a clear picture too."""
        colours = [run_colour(line.colour) for line in self.lines]
        colours += [run_colour(band.colour) for band in self.bands]
        colours += [BASELINE] * bool(self.shadows)
        palette = palette_of(tuple(dict.fromkeys(colours)))
        canvas = Canvas(self.width, self.height, palette, self.device_scale)
        canvas.frame(self._x(), self._y())
        for shadow in self.shadows:
            _shadow(canvas, shadow)
        for band in self.bands:
            _shade(canvas, band.area, run_colour(band.colour))
        for line in self.lines:
            if line.behind:
                _curve(canvas, line.read, line.colour, BEHIND_OPACITY, RAW_WIDTH)
            elif line.smooth is not None:
                _curve(canvas, line.raw, line.colour, RAW_OPACITY, RAW_WIDTH)
        for line in self.lines:
            if not line.behind:
                _curve(canvas, line.read, line.colour, 1.0, LINE_WIDTH)
        for line in self.lines:
            if not line.behind:
                _beyond(canvas, line)
            _lost(canvas, line)
        canvas.settle()
        for mark in self.marks:
            _mark(canvas, mark)
        canvas.label_axes()
        return canvas.drawing()

    def _x(self) -> Axis:
        if self.x_range is not None:
            low, high = self.x_range
        else:
            ends = [line.raw.x[place] for line in self.lines if len(line.raw) for place in (0, -1)]
            low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
        return x_axis(self.x_axis, low, high, self.width)

    def _y(self) -> Axis:
        low, high = self.y_range if self.y_range is not None else self._spanned()
        return y_axis(low, high, self.height, self.log_y)

    def _spanned(self) -> tuple[float, float]:
        curves = [line.read for line in self.lines]
        values = [side for curve in curves for side in (curve.low, curve.high)]
        domain = stats.y_domain(values, self.log_y)
        return domain.low, domain.high


def _curve(canvas: Canvas, curve: Envelope, run: int, opacity: float, width: float) -> None:
    """A curve as a line or, where its columns are tall, as the area of noise that they fill."""
    x, low = canvas.across(curve.x), canvas.up(curve.low)
    high = low if curve.high is curve.low else canvas.up(curve.high)
    colour = run_colour(run)
    dash = run_dash(run) if opacity == 1 else ()
    tall = high - low
    tall = tall[np.isfinite(tall)]
    if not len(tall):
        return
    mean = float(tall.mean()) / canvas.scale
    if curve.low is curve.high or mean < FLAT or dash:
        canvas.stroke(x, (low + high) / 2, colour, opacity, width, dash)
        _alone(canvas, x, low, colour, opacity)
    elif mean > DENSE or opacity < 1:
        half = width * canvas.scale / 2
        _fill(canvas, x, low - half, high + half, colour, min(opacity, DENSE_OPACITY))
    else:
        zigzag = np.column_stack([low, high]).ravel()
        canvas.stroke(np.repeat(x, 2), zigzag, colour, opacity, width)


def _shadow(canvas: Canvas, curve: Envelope) -> None:
    """A curve of the baseline: the middle of its columns, and a dot where it is one value."""
    x, y = canvas.across(curve.x), canvas.up(curve.low / 2 + curve.high / 2)
    canvas.stroke(x, y, BASELINE, BASELINE_OPACITY, BASELINE_WIDTH)
    if len(x) == 1 and np.isfinite(y).all():
        canvas.dots(x, y, BASELINE, BASELINE_WIDTH, BASELINE_OPACITY)


def _alone(canvas: Canvas, x: Floats, y: Floats, colour: str, opacity: float) -> None:
    """Dots at points without a neighbour, where a line shows nothing.

    A curve that is to be read gets one at every point where points stand apart.
    """
    there = np.isfinite(y)
    lonely = len(y) == 1
    apart = x[-1] - x[0] >= ROOMY * canvas.scale * (len(x) - 1)
    if not lonely and not (apart and opacity == 1):
        beside = np.concatenate([[False], there, [False]])
        there &= ~beside[:-2] & ~beside[2:]
    if there.any():
        radius = MARKER_SIZE if lonely else MARKER_SIZE * 0.65
        canvas.dots(x[there], y[there], colour, radius, opacity)


def _shade(canvas: Canvas, band: Envelope, colour: str) -> None:
    x, low, high = canvas.across(band.x), canvas.up(band.low), canvas.up(band.high)
    _fill(canvas, x, low, high, colour, RAW_OPACITY)


def _fill(
    canvas: Canvas, x: Floats, low: Floats, high: Floats, colour: str, opacity: float
) -> None:
    """Fill between two curves in device pixels, in pieces where they break."""
    for piece in _unbroken(np.isfinite(low) & np.isfinite(high)):
        canvas.columns(x[piece], low[piece], high[piece], colour, opacity)


def _unbroken(there: NDArray[np.bool_]) -> Iterator[slice]:
    """The runs of True, as slices."""
    if there.all():
        yield slice(0, len(there))
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield slice(start, stop)


def _beyond(canvas: Canvas, line: Line) -> None:
    """Small bars at the upper and lower edge where the curve leaves the range of y."""
    curve = line.read
    with np.errstate(invalid="ignore"):
        above, below = curve.high > canvas.y.high, curve.low < canvas.y.low
    if not (above.any() or below.any()):
        return
    size = canvas.height * canvas.scale
    bar = MARKER_SIZE * 0.4
    inset = bar * canvas.scale
    x = np.concatenate([curve.x[above], curve.x[below]])
    y = np.full(len(x), size - canvas.top - inset)
    y[int(above.sum()) :] = size - canvas.bottom + inset
    canvas.dots(canvas.across(x), y, run_colour(line.colour), bar, shape="bar")


def _lost(canvas: Canvas, line: Line) -> None:
    """What is no number: NaN a cross at the last finite value, Inf a triangle at its edge."""
    size = canvas.height * canvas.scale
    radius = MARKER_SIZE * 1.1
    inset = radius * canvas.scale
    low, high = size - canvas.bottom + inset, size - canvas.top - inset
    curve = line.read
    finite = np.flatnonzero(np.isfinite(curve.high))
    for kind, shape, edge in (("nan", "cross", low), ("+inf", "up", high), ("-inf", "down", low)):
        places = np.array([x for x, what in line.nonfinite if what == kind])
        if not len(places):
            continue
        x = canvas.across(places)
        shown = _spaced(x, APART * canvas.scale)
        y = np.full(len(shown), edge)
        if kind == "nan" and len(finite):
            before = np.searchsorted(curve.x[finite], places[shown], "right") - 1
            known = before >= 0
            y[known] = canvas.up(curve.high[finite[before[known]]])
            y = np.clip(y, low, high)
        canvas.dots(x[shown], y, run_colour(line.colour), radius, shape=shape)


def _spaced(x: Floats, apart: float) -> list[int]:
    """Which of the ascending places to show so that they are at least ``apart``."""
    shown: list[int] = []
    last = -math.inf
    for index, place in enumerate(x.tolist()):
        if place - last >= apart:
            shown.append(index)
            last = place
    return shown


def _mark(canvas: Canvas, x: float) -> None:
    """A dashed vertical line in ink over everything."""
    place = float(canvas.across(np.array([x]))[0])
    if not canvas.left <= place <= canvas.right:
        return
    thick, dash = canvas.device(0.5), canvas.device(4)
    for top in range(canvas.top, canvas.bottom, 2 * dash):
        bottom = min(top + dash, canvas.bottom)
        canvas.rule(place - thick / 2, top, place - thick / 2 + thick, bottom, INK_LEVELS)
