"""The numbers behind the curves, of every point that was logged, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tbreport.model import Logs, Reading, ScalarSeries
from tbreport.roles import Better
from tbreport.sections.curves import Curve
from tbreport.sections.kit import Cell, Column, Table
from tbreport.sections.metrics import Winner, best, last, reading_cell

MOST_TAGS = 2000  # rows of the table of tags


def runs_table(curves: Sequence[Curve], won: Winner | None) -> Table:
    """One row a run: first, last, lowest and highest value with their steps, and the counts.

    The lowest or highest value of the run that ``won`` is marked as the best.
    """
    ill = any(_not_finite(curve.series) for curve in curves)
    titles = ["First", "Last", "Min", "Max", "Points"] + ["Not finite"] * ill
    columns = (Column("Run", "text"), *map(Column, titles))
    rows = tuple(_row(curve, won, ill) for curve in curves)
    return Table(columns, rows, caption="Numbers", folded=True)


def _row(curve: Curve, won: Winner | None, ill: bool) -> tuple[Cell, ...]:
    series = curve.series
    way = won.metric.better if won is not None and won.run == curve.run else Better.UNKNOWN
    first = Reading(float(series.values[0]), int(series.steps[0]))
    cells = (
        Cell(curve.run, run=curve.run),
        reading_cell(first),
        reading_cell(last(series)),
        *(
            reading_cell(best(series, side), "best" if side is way else "")
            for side in (Better.LOWER, Better.HIGHER)
        ),
        _count_cell(len(series)),
    )
    return (*cells, _ill_cell(series)) if ill else cells


def tags_table(tags: Sequence[str], logs: Logs) -> tuple[Table, int]:
    """One row a tag over all its runs, and how many of ``tags`` are beyond the table's limit."""
    columns = ("Runs", "Min", "Max", "Points", "Not finite")
    rows = tuple(_tag_row(tag, logs) for tag in tags[:MOST_TAGS])
    table = Table((Column("Tag", "text"), *map(Column, columns)), rows, caption="Numbers")
    return table, max(0, len(tags) - MOST_TAGS)


def _tag_row(tag: str, logs: Logs) -> tuple[Cell, ...]:
    held = [run.scalars[tag] for run in logs.runs if tag in run.scalars]
    held = [series for series in held if len(series)]
    lowest = [found for series in held if (found := best(series, Better.LOWER))]
    highest = [found for series in held if (found := best(series, Better.HIGHER))]
    ill = sum(map(_not_finite, held))
    return (
        Cell(tag),
        _count_cell(len(held)),
        reading_cell(min(lowest, key=_value, default=None)),
        reading_cell(max(highest, key=_value, default=None)),
        _count_cell(sum(map(len, held))),
        _count_cell(ill, "warning" if ill else ""),
    )


def _value(reading: Reading) -> float:
    return reading.value


def _ill_cell(series: ScalarSeries) -> Cell:
    count = _not_finite(series)
    return _count_cell(count, "warning" if count else "")


def _not_finite(series: ScalarSeries) -> int:
    return int((~np.isfinite(series.values)).sum())


def _count_cell(count: int, mark: str = "") -> Cell:
    return Cell(f"{count:,}", count, mark=mark)
