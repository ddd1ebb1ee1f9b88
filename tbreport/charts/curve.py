"""Curves of one quantity over another on fixed axes, such as precision over recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.style import LINE_WIDTH, run_colour, run_dash

Floats = NDArray[np.float64]

_POINTS = 0.72  # points in a CSS pixel


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
    x_label: str
    y_label: str
    x_range: tuple[float, float] = (-0.05, 1.05)  # TensorBoard's PR curves
    y_range: tuple[float, float] = (-0.05, 1.05)
    width: int = 340
    height: int = 300

    def draw(self) -> Drawing:
        """Draw it; NaN breaks a curve."""
        import matplotlib

        from tbreport.charts import figure as surface

        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(self.width, self.height)
            axes = surface.add_axes(figure, (48, 8, self.width - 10, self.height - 40))
            axes.set(xlim=self.x_range, ylim=self.y_range)
            axes.set_xlabel(self.x_label, labelpad=3)
            axes.set_ylabel(self.y_label, labelpad=3)
            for curve in self.curves:
                dash = run_dash(curve.colour)
                colour = run_colour(curve.colour)
                axes.plot(
                    curve.x, curve.y, color=colour, linewidth=LINE_WIDTH * _POINTS,
                    linestyle=(0, dash) if dash else "solid", alpha=curve.opacity,
                )  # fmt: skip
                if curve.dot:
                    axes.plot(*curve.dot, "o", color=colour, markersize=5)
            return surface.finish(figure)
