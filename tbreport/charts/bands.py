"""The distribution chart: how nine percentiles of a tensor move over steps, as shaded bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.charts import Drawing
from tbreport.charts.axes import Axis, x_axis, y_axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.style import LINE_WIDTH, MARKER_SIZE, run_colour

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 560, 260  # CSS pixels
COLUMNS = 250  # at most, over the steps
LEVELS = len(stats.BASIS_POINTS)
MEDIAN = LEVELS // 2
SHADES = 24  # opacities: the outermost band is the faintest thing that any chart shows

# How dark the bands are, from the outermost to the innermost pair: vz-distribution-chart.ts. Each
# pair is painted over the next outer one, so what is left to add is what the reader sees.
OPACITIES = (0.0912, 0.5436, 0.5992, 0.766)


@dataclass(frozen=True, eq=False)
class Bands:
    """A distribution chart, 560 x 260 CSS pixels; make it with ``Bands.of``.

    ``x`` float64 (n,) ascending; ``levels`` float64 (n, 9), ascending along each row: the
    percentiles of ``stats.BASIS_POINTS``; ``colour`` the run's place in natural order; ``x_axis``
    and ``x_range`` as those of ``Lines``. Rows with a value that isn't finite are left out.
    ``scale`` is how many device pixels make one CSS pixel.
    """

    alt: str
    x: Floats
    levels: Floats
    colour: int
    x_axis: str = "step"
    x_range: tuple[float, float] | None = None
    scale: int = 2

    @classmethod
    def of(cls, alt: str, x: Floats, levels: Floats, colour: int, x_axis: str = "step") -> Bands:
        """The chart of any number of steps, thinned out to pixel columns.

        A column keeps the smallest minimum, the greatest maximum and the means between them.
        """
        x, levels = np.asarray(x, dtype=np.float64), np.asarray(levels, dtype=np.float64)
        x_range = (float(x.min()), float(x.max())) if len(x) else None
        if len(x) > COLUMNS:
            first = np.linspace(0, len(x), COLUMNS + 1).astype(np.int64)[:-1]
            size = np.diff(np.append(first, len(x)))
            thin = np.add.reduceat(levels, first, axis=0) / size[:, None]
            thin[:, 0] = np.minimum.reduceat(levels[:, 0], first)
            thin[:, -1] = np.maximum.reduceat(levels[:, -1], first)
            x, levels = np.add.reduceat(x, first) / size, thin
            x[0], x[-1] = x_range if x_range is not None else (x[0], x[-1])
        return cls(alt, x, levels, colour, x_axis, x_range)

    def draw(self) -> Drawing:
        """Draw it; with no finite row it is an empty frame, with one a bar."""
        colour = run_colour(self.colour)
        whole = np.isfinite(self.levels).all(axis=1) & np.isfinite(self.x)
        x, levels = self.x[whole], np.clip(self.levels[whole], -stats.WIDEST, stats.WIDEST)
        canvas = Canvas(WIDTH, HEIGHT, palette_of((colour,), SHADES), self.scale)
        canvas.frame(*self._axes(x, levels))
        if len(x):
            across, up = canvas.across(x), canvas.up(levels)
            if len(x) == 1:  # a bar as wide as a marker
                across = across + np.array([-1.0, 1.0]) * MARKER_SIZE * self.scale
                up = up.repeat(2, axis=0)
            _paint(canvas, across, up, colour)
        canvas.settle()
        canvas.label_axes()
        return canvas.drawing()

    def _axes(self, x: Floats, levels: Floats) -> tuple[Axis, Axis]:
        ends = self.x_range or ((float(x[0]), float(x[-1])) if len(x) else (0.0, 1.0))
        low, high = (float(levels.min()), float(levels.max())) if len(x) else (0.0, 1.0)
        room = (high - low) * stats.PADDING
        if low == high:
            room = abs(low) * stats.PADDING or 1.0
        return x_axis(self.x_axis, *ends, WIDTH), y_axis(low - room, high + room, HEIGHT)


def _paint(canvas: Canvas, across: Floats, up: Floats, colour: str) -> None:
    """The bands from the outermost inwards, then the median."""
    seen = 0.0
    for band, opacity in enumerate(OPACITIES):
        added = 1 - (1 - opacity) / (1 - seen)
        low, high = up[:, band], up[:, LEVELS - 1 - band]
        canvas.area(across, low, np.maximum(high, low + 1), colour, added)
        seen = opacity
    canvas.stroke(across, up[:, MEDIAN], colour, width=LINE_WIDTH)
