"""A curve the size of a word, for a table cell: one line, no axes, a dot at its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.charts import Drawing
from tbreport.charts.axes import Axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.style import run_colour

Floats = NDArray[np.float64]

WIDTH, HEIGHT, SCALE = 96, 24, 2
WIDTH_OF_LINE = 1.3  # CSS pixels
DOT = 2.0  # CSS pixels
ROOM = 3  # CSS pixels round the curve, so that the dot is whole


@dataclass(frozen=True, eq=False)
class Spark:
    """96 x 24 CSS pixels of a curve in the colour of run ``colour``.

    ``x`` and ``y``: float64 (n,); values that aren't finite leave a gap. Any number of points may
    be given, but ``Spark.of`` keeps no more than can be seen.
    """

    alt: str
    x: Floats
    y: Floats
    colour: int

    @classmethod
    def of(cls, alt: str, x: Floats, y: Floats, colour: int) -> Spark:
        """The spark of a curve of any length, thinned out to pixel columns."""
        curve = stats.envelope(x, y, WIDTH)
        if curve.low is curve.high:
            return cls(alt, curve.x, curve.low, colour)
        zigzag = np.column_stack([curve.low, curve.high]).ravel()
        return cls(alt, np.repeat(curve.x, 2), zigzag, colour)

    def draw(self) -> Drawing:
        """Draw it; without a finite value the picture is empty."""
        colour = run_colour(self.colour)
        canvas = Canvas(WIDTH, HEIGHT, palette_of((colour,)), SCALE)
        there = np.isfinite(self.x) & np.isfinite(self.y)
        if there.any():
            values = np.where(there, np.clip(self.y, -stats.WIDEST, stats.WIDEST), np.nan)
            canvas.x, canvas.y = _axis(self.x[there], WIDTH), _axis(values[there], HEIGHT)
            x, y = canvas.across(self.x), canvas.up(values)
            canvas.stroke(x, y, colour, width=WIDTH_OF_LINE)
            canvas.dots(x[there][-1:], y[there][-1:], colour, DOT)
            canvas.settle()
        return canvas.drawing()


def _axis(values: Floats, size: int) -> Axis:
    """The range of the values with room round it; a constant stands in the middle."""
    low, high = float(values.min()), float(values.max())
    room = (high / 2 - low / 2) * 2 * ROOM / (size - 2 * ROOM)
    return Axis(low - room, high + room)
