"""The heat map: one number for each layer and step, as colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.axes import X_TICKS, Axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import Bytes, palette_of
from tbreport.charts.ramps import bar_axis, bar_space, colour_bar, sequence
from tbreport.charts.ticks import Tick, nice_ticks

Floats = NDArray[np.float64]

WIDTH = 560  # CSS pixels
ROW, LOWEST_ROW, PLOT = 18.0, 4.0, 260.0  # CSS pixels: a row, the least of one, all of them
MARGIN = 26  # CSS pixels above and below the rows
COLUMNS = 500  # at most, over the steps
X_COUNT = 6  # ticks, about
SHADES = 160  # the bar looks smooth; 200 take 7 % more bytes
NOT_A_NUMBER = 5  # the palette index, an ink, of a cell without a number
ROW_LABELS = 15.0  # CSS pixels between numbered rows


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Values by row and column, 560 CSS pixels wide, with a colour bar at the right.

    ``values`` float64 (rows, columns), the first row at the top; rows are numbered from 1. ``x``
    float64 (columns,) ascending: where each column is measured, on the axis that ``x_axis`` names
    ("step", "relative", "wall"). ``log`` colours by logarithm: what is not above 0 takes the colour
    of the lowest value. Infinities take that of the nearest end; NaN is grey, as nothing else is.
    ``scale`` is how many device pixels make one CSS pixel.
    """

    alt: str
    values: Floats
    x: Floats
    x_axis: str = "step"
    log: bool = False
    scale: int = 2

    def draw(self) -> Drawing:
        """Draw it; without a cell it is an empty frame."""
        values, edges = _columns(np.asarray(self.values, dtype=np.float64), self.x)
        low, high = _ends(values, self.log)
        bar, colours = bar_axis(low, high, self.log), sequence(SHADES)
        rows = max(len(values), 1)
        height = round(rows * min(ROW, max(LOWEST_ROW, PLOT / rows))) + MARGIN
        canvas = Canvas(WIDTH, height, palette_of(colours, 1), self.scale)
        x = Axis(edges[0], edges[-1], X_TICKS[self.x_axis](edges[0], edges[-1], X_COUNT))
        y = Axis(rows + 0.5, 0.5, _row_ticks(rows, height))
        canvas.frame(x, y, spare=bar_space(bar, self.scale))
        if values.size:
            shades = np.arange(SHADES, dtype=np.uint8) + canvas.palette.index(colours[0])
            _cells(canvas, bar.place(np.clip(values, low, high)), edges, shades)
            colour_bar(canvas, bar, shades)
        canvas.label_axes()
        return canvas.drawing()


def _columns(values: Floats, x: Floats) -> tuple[Floats, Floats]:
    """At most ``COLUMNS`` columns, as means of what is finite, and the edges between them."""
    x = np.asarray(x, dtype=np.float64)
    if len(x) > COLUMNS:
        first = np.linspace(0, len(x), COLUMNS + 1).astype(np.int64)[:-1]
        finite = np.isfinite(values)
        count = np.add.reduceat(finite, first, axis=1, dtype=np.float64)
        total = np.add.reduceat(np.where(finite, values, 0.0), first, axis=1)
        lost = values[:, first]  # what a column without a finite value is: NaN or infinite
        values = np.where(count > 0, total / np.maximum(count, 1), lost)
        x = np.add.reduceat(x, first) / np.diff(np.append(first, len(x)))
    if len(x) == 0:
        return np.zeros((0, 0)), np.array([0.0, 1.0])
    if len(x) == 1:
        return values, np.array([x[0] - 0.5, x[0] + 0.5])
    middle = (x[1:] + x[:-1]) / 2
    return values, np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])


def _ends(values: Floats, log: bool) -> tuple[float, float]:
    finite = values[np.isfinite(values) & ((values > 0) | (not log))]
    if len(finite) == 0:
        return (0.1, 1.0) if log else (0.0, 1.0)
    return float(finite.min()), float(finite.max())


def _row_ticks(rows: int, height: int) -> list[Tick]:
    count = max(1, int(height / ROW_LABELS))
    if rows <= count:
        return [Tick(float(row), str(row)) for row in range(1, rows + 1)]
    return [Tick(row, f"{row:.0f}") for row in nice_ticks(1, rows, count // 2) if row >= 1]


def _cells(canvas: Canvas, place: Floats, edges: Floats, shades: Bytes) -> None:
    """Put the palette index of each cell at all its pixels."""
    cells: Bytes = np.full(place.shape, NOT_A_NUMBER, np.uint8)
    number = np.isfinite(place)
    cells[number] = shades[np.round(place[number] * (SHADES - 1)).astype(np.int64)]
    height, width = canvas.bottom - canvas.top, canvas.right - canvas.left
    row = np.arange(height) * len(place) // height
    at = edges[0] + (np.arange(width) + 0.5) / width * (edges[-1] - edges[0])
    column = np.clip(np.searchsorted(edges, at, "right") - 1, 0, place.shape[1] - 1)
    canvas.shell[canvas.top : canvas.bottom, canvas.left : canvas.right] = cells[:, column][row]
