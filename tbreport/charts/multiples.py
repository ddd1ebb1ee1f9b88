"""Small multiples: a metric over each of several settings, one dot a trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.axes import Axis
from tbreport.charts.canvas import EDGE, LABEL_GAP, TICK_LENGTH, Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.panels import grid_lines
from tbreport.charts.style import run_colour
from tbreport.charts.text import text_height, text_width
from tbreport.charts.ticks import Tick, log_ticks, number_ticks
from tbreport.stats import format_number

Floats = NDArray[np.float64]

MOST_TICKS = 4  # distinct values that each get a tick of their own
LONGEST = 9  # characters of a category's name; longer ones are numbered
CELL = (176, 150)  # CSS pixels of one small picture
GAP = 14  # CSS pixels between two
COLUMNS = 4
ROOM = 0.12  # of an axis, left free at both ends
DOT = 2.4  # CSS pixels


@dataclass(frozen=True, eq=False)
class Multiple:
    """One small picture: ``x`` float64 (trials,); ``labels`` names categories 0, 1, …"""

    x: Floats
    number: str
    labels: tuple[str, ...] = ()
    log: bool = False


@dataclass(frozen=True, eq=False)
class Multiples:
    """``y``: the metric, float64 (trials,), on one scale in all pictures.

    ``colours`` are those of the trials.
    """

    alt: str
    cells: tuple[Multiple, ...]
    y: Floats
    colours: tuple[int, ...]
    log_y: bool = False

    def draw(self) -> Drawing:
        """Draw the grid, the metric's numbers in the first column only."""
        colours = [run_colour(colour) for colour in self.colours]
        y = _axis(self.y, self.log_y, _ticks(self.y, self.log_y))
        # The margin is needed before there is a canvas to ask for its scale.
        margin = math.ceil(max((text_width(tick.label, 1) for tick in y.ticks), default=0))
        margin += round(LABEL_GAP + 2 * EDGE)
        rows, columns = -(-len(self.cells) // COLUMNS), min(len(self.cells), COLUMNS)
        palette = palette_of(tuple(dict.fromkeys(colours)))
        canvas = Canvas(margin + columns * CELL[0], rows * CELL[1], palette)
        for place, cell in enumerate(self.cells):
            row, column = divmod(place, COLUMNS)
            _lay_out(canvas, margin + column * CELL[0], row * CELL[1])
            canvas.x, canvas.y = _axis(cell.x, cell.log, _places(cell)), y
            grid_lines(canvas)
            self._dots(canvas, cell, colours)
            canvas.settle()
            canvas.y = y if column == 0 else replace(y, ticks=())
            canvas.label_axes()
            above = canvas.top - canvas.device(LABEL_GAP)
            canvas.text(canvas.left, above, cell.number, align=0.0)
        return canvas.drawing()

    def _dots(self, canvas: Canvas, cell: Multiple, colours: Sequence[str]) -> None:
        x, y = canvas.across(cell.x), canvas.up(self.y)
        there = np.isfinite(x) & np.isfinite(y)
        of = np.array(colours)
        for colour in dict.fromkeys(colours):
            some = there & (of == colour)
            if some.any():
                canvas.dots(x[some], y[some], colour, DOT)


def _lay_out(canvas: Canvas, left: int, top: int) -> None:
    """The plot of the cell at (left, top), CSS pixels, with room for the numbers around it."""
    line = text_height(canvas.scale) + canvas.device(LABEL_GAP)
    canvas.left = left * canvas.scale
    canvas.right = canvas.left + (CELL[0] - GAP) * canvas.scale
    canvas.top = top * canvas.scale + line + canvas.device(EDGE)
    canvas.bottom = (top + CELL[1]) * canvas.scale - line - canvas.device(TICK_LENGTH + 2 * EDGE)


def _axis(values: Floats, log: bool, ticks: Sequence[Tick]) -> Axis:
    """The range of the finite values with some room at both ends."""
    finite = values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if log and low > 0:
        room = (high / low) ** ROOM if high > low else 2.0
        return Axis(low / room, high * room, ticks, log=True)
    room = ROOM * (high - low) or 0.5 * max(abs(low), 1.0)
    return Axis(low - room, high + room, ticks)


def _places(cell: Multiple) -> list[Tick]:
    """Ticks of a setting: its categories, its few values, or round numbers."""
    values = np.unique(cell.x[np.isfinite(cell.x)])
    if cell.labels:
        return [Tick(place, _named(cell.labels, int(place))) for place in values.tolist()]
    if len(values) > MOST_TICKS:
        return _ticks(values, cell.log)
    return [Tick(value, format_number(value)) for value in values.tolist()]


def _named(labels: Sequence[str], place: int) -> str:
    short = labels[place].isascii() and len(labels[place]) < LONGEST
    return labels[place] if short else f"#{place + 1}"


def _ticks(values: Floats, log: bool) -> list[Tick]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return []
    low, high = float(finite.min()), float(finite.max())
    return log_ticks(low, high, 4) if log else number_ticks(low, high, 4)
