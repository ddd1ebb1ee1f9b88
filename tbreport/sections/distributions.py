"""The pair of pictures of one histogram tag: its distribution over steps, and its slices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tbreport import stats
from tbreport.charts.bands import Bands
from tbreport.charts.ridges import Ridges
from tbreport.charts.spark import Spark
from tbreport.sections.choice import evenly
from tbreport.sections.kit import Cell, Column, Figure, Table
from tbreport.sections.layers import Layer
from tbreport.sections.words import counted
from tbreport.stats import format_number

MOST_SLICES = 24  # ridges that can be told apart in one picture
MOST_OPEN = 20  # rows of a table that is not folded
MOST_COLUMNS = 250  # steps of a distribution chart


def pair(layer: Layer, run: str, colour: int) -> list[Figure]:
    """The distribution chart and the histogram chart of a tag; steps left out are said."""
    series = layer.series
    filled = [index for index in range(len(series)) if len(series.buckets(index))]
    if not filled:
        return []
    columns = evenly(filled, MOST_COLUMNS)
    slices = evenly(filled, MOST_SLICES)
    points = np.array([stats.basis_points(series.buckets(index)) for index in columns])
    low, high = format_number(np.nanmin(series.minimum)), format_number(np.nanmax(series.maximum))
    what = f"{layer.tag} of {run} over {counted(len(filled), 'step')}, from {low} to {high}"
    steps = series.steps.astype(np.float64)
    rows = [series.buckets(index) for index in slices]
    return [
        Figure(
            Bands.of(f"Distribution of {what}.", steps[columns], points, colour),
            caption="distribution" + _of(columns, filled),
        ),
        Figure(
            Ridges.of(f"Histograms of {what}.", rows, steps[slices], colour),
            caption="histograms" + _of(slices, filled),
        ),
    ]


def _of(shown: Sequence[int], every: Sequence[int]) -> str:
    return f", {len(shown)} of {len(every):,} steps" if len(shown) < len(every) else ""


_MEASURES = (("Mean", "mean"), ("Std", "std"), ("Min", "minimum"), ("Max", "maximum"))


def summary(layers: Sequence[Layer], colour: int, caption: str, folded: bool = False) -> Table:
    """One row a tag: its measures at the first and the last step, and its spread as a spark."""
    columns = [Column("Layer", "text"), Column("Parameter", "text"), Column("Values")]
    for title, _ in _MEASURES:
        columns += [Column(f"{title} first"), Column("last")]
    columns += [Column("Zeros first"), Column("last"), Column("Std over steps", "picture")]
    columns.append(Column("Mean and std", "text"))
    rows = tuple(_row(layer, colour) for layer in layers)
    return Table(tuple(columns), rows, caption=caption, folded=folded or len(rows) > MOST_OPEN)


def _row(layer: Layer, colour: int) -> tuple[Cell, ...]:
    series, measured = layer.series, layer.moments
    size = float(np.nanmax(series.num)) if len(series) else 0.0
    own = layer.role.parameter.rsplit("/", 1)[-1]
    cells = [Cell(layer.role.layer), Cell(own), Cell(f"{size:,.0f}", size)]
    for _, name in _MEASURES:
        values = getattr(series if name in ("minimum", "maximum") else measured, name)
        cells += [_number(values[0]), _number(values[-1])]
    cells += [_share(measured.zeros[0]), _share(measured.zeros[-1])]
    cells.append(_spark(layer, colour))
    cells.append(Cell("exact" if measured.exact else "estimated"))
    return tuple(cells)


def _number(value: float) -> Cell:
    ill = "error" if np.isinf(value) else ""
    return Cell("" if np.isnan(value) else format_number(float(value)), float(value), mark=ill)


def _share(value: float) -> Cell:
    return Cell("" if np.isnan(value) else f"{value:.0%}", float(value))


def _spark(layer: Layer, colour: int) -> Cell:
    values = layer.moments.std
    if np.isfinite(values).sum() < 2:
        return Cell("")
    alt = f"Std of {layer.tag}, {format_number(values[0])} to {format_number(values[-1])}"
    steps = layer.series.steps.astype(np.float64)
    return Cell("", chart=Spark.of(alt, steps, values, colour))
