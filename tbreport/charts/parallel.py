"""Parallel coordinates: each trial a line across its settings, coloured by how well it did."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.style import GRID_OPACITY, INK, SEQUENCE
from tbreport.stats import format_number

Floats = NDArray[np.float64]

AXIS_GAP = 120  # CSS pixels between axes
HEIGHT = 260
MARGINS = (30, 34, 76, 14)  # left, top, right, bottom
_WIDTHS = (0.9, 2.2)  # points: most trials, the best of them


@dataclass(frozen=True, eq=False)
class ParallelAxis:
    """One axis: ``values`` float64 (trials,), NaN where a trial has none.

    ``labels`` names the values of a category (0, 1, …), ``log`` spaces a positive axis by decades.
    ``number`` is what the picture calls the axis; its name stands beside the picture.
    """

    values: Floats
    number: str
    labels: tuple[str, ...] = ()
    log: bool = False


@dataclass(frozen=True, eq=False)
class Parallel:
    """Axes of equal length; the last one is the metric that colours the lines.

    ``higher`` tells whether higher is better: the best trials are drawn last and widest.
    """

    alt: str
    axes: tuple[ParallelAxis, ...]
    higher: bool = False

    def draw(self) -> Drawing:
        """Draw it; a trial without the metric is grey."""
        import matplotlib

        from tbreport.charts import figure as surface

        width = MARGINS[0] + MARGINS[2] + AXIS_GAP * (len(self.axes) - 1)
        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(width, HEIGHT)
            box = (MARGINS[0], MARGINS[1], width - MARGINS[2], HEIGHT - MARGINS[3])
            axes = surface.add_axes(figure, box, grid=False)
            axes.set_axis_off()
            axes.set(xlim=(0, len(self.axes) - 1), ylim=(-0.02, 1.02))
            heights = np.column_stack([_heights(axis) for axis in self.axes])
            self._draw_lines(axes, heights)
            for place, axis in enumerate(self.axes):
                _draw_axis(axes, place, axis)
            return surface.finish(figure)

    def _draw_lines(self, axes: Any, heights: Floats) -> None:
        import matplotlib

        colours = matplotlib.colormaps[SEQUENCE]
        metric = heights[:, -1]
        goodness = metric if self.higher else 1 - metric
        order = np.argsort(np.where(np.isfinite(goodness), goodness, -1), kind="stable")
        x = np.arange(heights.shape[1])
        for trial in order:
            good = goodness[trial]
            known = math.isfinite(good)
            colour = colours(0.82 * good) if known else INK
            best = known and trial == order[-1]
            axes.plot(
                x, heights[trial], color=colour, alpha=0.9 if known else 0.3, marker="o",
                markersize=2.5, linewidth=_WIDTHS[int(best)],
            )  # fmt: skip


def _heights(axis: ParallelAxis) -> Floats:
    """Where on 0..1 each value stands; the middle where all are equal."""
    values = np.log10(axis.values) if axis.log else axis.values
    low, high = np.nanmin(values), np.nanmax(values)
    if not high > low:
        return np.where(np.isfinite(values), 0.5, np.nan)
    result: Floats = (values - low) / (high - low)
    return result


def _draw_axis(axes: Any, place: int, axis: ParallelAxis) -> None:
    axes.axvline(place, color=INK, linewidth=0.8, alpha=GRID_OPACITY * 3)
    axes.text(place, 1.06, axis.number, ha="center", va="bottom", weight="bold")
    finite = axis.values[np.isfinite(axis.values)]
    shown = sorted(set(finite.tolist()))
    if len(shown) > 6:
        shown = [shown[0], shown[-1]]
    heights = dict(zip(axis.values.tolist(), _heights(axis).tolist(), strict=True))
    for value in shown:
        text = format_number(value)
        if axis.labels:
            label = axis.labels[int(value)]
            text = (
                label
                if label.isascii() and label.isprintable() and len(label) < 15
                else f"#{int(value) + 1}"
            )
        axes.text(place + 0.03, heights[value] + 0.03, text, va="bottom", size=7)
