"""Curves of one quantity over another on fixed axes, such as precision over recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.axes import Axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.style import MARKER_SIZE, run_colour, run_dash
from tbreport.charts.ticks import number_ticks

Floats = NDArray[np.float64]

TICKS = 6  # about, on either axis


@dataclass(frozen=True, eq=False)
class Curve:
    """``x`` and ``y``: float64 (n,); ``dot``: a point of it to mark, or None."""

    x: Floats
    y: Floats
    colour: int
    dot: tuple[float, float] | None = None
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Curves:
    """Several curves on axes whose ranges do not depend on them, so that pictures compare."""

    alt: str
    curves: tuple[Curve, ...]
    x_range: tuple[float, float] = (-0.05, 1.05)  # TensorBoard's PR curves
    y_range: tuple[float, float] = (-0.05, 1.05)
    width: int = 340
    height: int = 280

    def draw(self) -> Drawing:
        """Draw it; NaN breaks a curve."""
        colours = tuple(dict.fromkeys(run_colour(curve.colour) for curve in self.curves))
        canvas = Canvas(self.width, self.height, palette_of(colours))
        canvas.frame(_axis(*self.x_range), _axis(*self.y_range))
        for curve in self.curves:
            colour = run_colour(curve.colour)
            x, y = canvas.across(curve.x), canvas.up(curve.y)
            canvas.stroke(x, y, colour, curve.opacity, dash=run_dash(curve.colour))
            if curve.dot and np.isfinite(curve.dot).all():
                place = np.array([curve.dot])
                across, up = canvas.across(place[:, 0]), canvas.up(place[:, 1])
                canvas.dots(across, up, colour, MARKER_SIZE)
        canvas.settle()
        canvas.label_axes()
        return canvas.drawing()


def _axis(low: float, high: float) -> Axis:
    return Axis(low, high, number_ticks(low, high, TICKS))
