"""Parallel coordinates: each trial a line across its settings, coloured by how well it did."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.style import GRID_OPACITY, INK, SEQUENCE
from tbreport.stats import format_number

Floats = NDArray[np.float64]

AXIS_GAP = 165  # CSS pixels between axes
HEIGHT = 260
MARGINS = (16, 34, 76, 14)  # left, top, right, bottom
LABEL_GAP = 0.38  # of the way to the next axis: lines pause there for the labels
LABEL_CHARACTER = 5.6  # CSS pixels
LABEL_ROOM = 0.07  # of the height of an axis
MOST_LABEL, MOST_LABELS = 10, 10  # characters of a label, labels of an axis
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
        labelled = [set(_labelled(axis)) for axis in self.axes]
        for trial in order:
            good = goodness[trial]
            known = math.isfinite(good)
            colour = colours(0.82 * good) if known else INK
            best = known and trial == order[-1]
            ends = [
                _label_end(axis, axis.values[trial], those)
                for axis, those in zip(self.axes, labelled, strict=True)
            ]
            look = {"color": colour, "alpha": 0.9 if known else 0.3, "clip_on": False}
            axes.plot(*_way(heights[trial], ends), linewidth=_WIDTHS[int(best)], **look)
            places = np.arange(heights.shape[1])
            axes.plot(places, heights[trial], "o", markersize=2.5, **look)


def _way(heights: Floats, ends: Sequence[float]) -> tuple[list[float], list[float]]:
    """The line of a trial: level at each axis, with a pause where a label stands (its ``ends``)."""
    x: list[float] = []
    y: list[float] = []
    for place, (start, end) in enumerate(itertools.pairwise(heights.tolist())):
        x += [place + ends[place], place + LABEL_GAP, place + 1, math.nan]
        y += [start, start, end, math.nan]
    return x, y


def _label_end(axis: ParallelAxis, value: float, labelled: Collection[float]) -> float:
    """Where the label of a value ends, as a share of the way to the next axis; 0 without one."""
    if value not in labelled:
        return 0.0
    return min(0.06 + LABEL_CHARACTER / AXIS_GAP * len(_label(axis, value)), LABEL_GAP)


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
    axes.text(place, 1.08, axis.number, ha="left", va="bottom", weight="bold")
    heights = dict(zip(axis.values.tolist(), _heights(axis).tolist(), strict=True))
    for value in _labelled(axis):
        axes.text(place + 0.04, heights[value], _label(axis, value), va="center", size=7)


def _labelled(axis: ParallelAxis) -> list[float]:
    """The values with a label: all where they are few and apart, else the ends of the axis."""
    heights = _heights(axis)
    finite = np.flatnonzero(np.isfinite(heights))
    found = dict(sorted(zip(axis.values[finite].tolist(), heights[finite].tolist(), strict=True)))
    apart = all(
        after - before >= LABEL_ROOM for before, after in itertools.pairwise(found.values())
    )
    values = list(found)
    return (
        values if apart and len(values) <= MOST_LABELS else [values[0], values[-1]][: len(values)]
    )


def _label(axis: ParallelAxis, value: float) -> str:
    """The number, or the word where every font has it and the gap has room for it."""
    if not axis.labels:
        return format_number(value)
    label = axis.labels[int(value)]
    fits = label.isascii() and label.isprintable() and len(label) <= MOST_LABEL
    return label if fits else f"#{int(value) + 1}"
