"""Small multiples: a metric over each of several settings, one dot a trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.style import run_colour
from tbreport.charts.ticks import Tick, log_ticks, number_ticks
from tbreport.stats import format_number

Floats = NDArray[np.float64]

MOST_TICKS = 4  # distinct values that each get a tick of their own
CELL = (176, 150)  # CSS pixels of one small picture
COLUMNS = 4


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
        import matplotlib

        from tbreport.charts import figure as surface

        rows = -(-len(self.cells) // COLUMNS)
        columns = min(len(self.cells), COLUMNS)
        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(columns * CELL[0] + 34, rows * CELL[1])
            for place, cell in enumerate(self.cells):
                row, column = divmod(place, COLUMNS)
                left, top = 44 + column * CELL[0], row * CELL[1] + 20
                axes = surface.add_axes(
                    figure, (left, top, left + CELL[0] - 20, top + CELL[1] - 46)
                )
                axes.set_title(cell.number, fontsize=7.5, weight="bold", loc="left", pad=3)
                axes.scatter(
                    cell.x, self.y, s=16, c=[run_colour(c) for c in self.colours], linewidths=0
                )
                self._scale(axes, cell, column == 0)
            return surface.finish(figure)

    def _scale(self, axes: Any, cell: Multiple, first: bool) -> None:
        if self.log_y:
            axes.set_yscale("log")
        if cell.log:
            axes.set_xscale("log")
        axes.margins(0.12)
        axes.tick_params(labelsize=6.5)
        finite = self.y[np.isfinite(self.y)]
        _set_ticks(axes.yaxis, _ticks(float(finite.min()), float(finite.max()), self.log_y))
        if not cell.labels:
            values = np.unique(cell.x[np.isfinite(cell.x)])
            if len(values) > MOST_TICKS:
                _set_ticks(axes.xaxis, _ticks(float(values[0]), float(values[-1]), cell.log))
            else:
                _set_ticks(axes.xaxis, [Tick(value, format_number(value)) for value in values])
        axes.minorticks_off()
        if cell.labels:
            places = sorted(set(cell.x[np.isfinite(cell.x)].astype(int).tolist()))
            names = [
                label if (label := cell.labels[p]).isascii() and len(label) < 9 else f"#{p + 1}"
                for p in places
            ]
            axes.set_xticks(places, names)
        if not first:
            axes.tick_params(labelleft=False)


def _ticks(low: float, high: float, log: bool) -> list[Tick]:
    return log_ticks(low, high, 4) if log else number_ticks(low, high, 4)


def _set_ticks(axis: Any, ticks: Sequence[Tick]) -> None:
    axis.set_ticks([tick.value for tick in ticks], [tick.label for tick in ticks])
