"""Grids and groups: a metric over two settings at once, and over trials of equal settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.heatmap import Heatmap
from tbreport.sections.kit import Cell, Column, Figure, Note, Panel, Table
from tbreport.sections.metrics import Metric
from tbreport.sections.trials import Setting, Trial, shown
from tbreport.sections.words import counted
from tbreport.stats import format_number

Floats = NDArray[np.float64]

MOST_VALUES = 16  # of one setting: beyond, cells hold one trial each and columns no words
LEAST_CELLS = 3  # with a result; of fewer the table of trials tells as much


@dataclass(frozen=True, eq=False)
class Grid:
    """The mean of a metric over the values of two settings.

    ``means`` float64 and ``counts`` int64 (rows, columns): NaN and 0 where no trial has a finite
    result; ``rows`` and ``columns`` are the settings' distinct values in ascending order.
    """

    rows: Floats
    columns: Floats
    means: Floats
    counts: NDArray[np.int64]


def grid(row: Setting, column: Setting, results: Floats) -> Grid:
    """``results`` float64 (trials,) over the grid of two settings."""
    known = np.isfinite(results) & np.isfinite(row.numbers) & np.isfinite(column.numbers)
    rows, at_row = np.unique(row.numbers[known], return_inverse=True)
    columns, at_column = np.unique(column.numbers[known], return_inverse=True)
    sums, counts = np.zeros((len(rows), len(columns))), np.zeros((len(rows), len(columns)), int)
    np.add.at(sums, (at_row, at_column), results[known])
    np.add.at(counts, (at_row, at_column), 1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return Grid(rows, columns, means, counts)


def share_explained(setting: Setting, results: Floats) -> float:
    """How much of the ranks' variance the values of a setting explain, at most 1.

    Kelley's epsilon squared (PNAS 1935), which unlike eta squared does not grow with the number of
    values; -inf where there is a value for each trial and so nothing to tell by.
    """
    known = np.isfinite(results) & np.isfinite(setting.numbers)
    values, place = np.unique(setting.numbers[known], return_inverse=True)
    ranks = results[known].argsort(kind="stable").argsort(kind="stable").astype(np.float64)
    total = float(((ranks - ranks.mean()) ** 2).sum()) if len(ranks) else 0.0
    if len(values) < 2 or len(ranks) <= len(values) or not total:
        return -np.inf
    means = np.bincount(place, ranks) / np.bincount(place)
    within = float(((ranks - means[place]) ** 2).sum())
    return 1 - within / (len(ranks) - len(values)) / (total / (len(ranks) - 1))


def chosen_pair(differing: Sequence[Setting], results: Floats) -> tuple[Setting, Setting] | None:
    """The only two settings that differ, else the two that explain most; None without two."""
    fit = [setting for setting in differing if setting.distinct <= MOST_VALUES]
    if len(differing) > 2:
        order = sorted(fit, key=lambda setting: share_explained(setting, results), reverse=True)
        told = [setting for setting in order if np.isfinite(share_explained(setting, results))]
        fit = [setting for setting in fit if setting in told[:2]]
    if len(fit) != 2:
        return None
    fewer, more = sorted(fit, key=lambda setting: setting.distinct)
    return fewer, more


def grid_panels(
    differing: Sequence[Setting], metric: Metric, results: Floats, runs: tuple[str, ...]
) -> list[Panel]:
    """The heat map of two settings with its numbers as a table; nothing where cells are few."""
    pair = chosen_pair(differing, results)
    if pair is None:
        return []
    row, column = pair
    found = grid(row, column, results)
    if np.count_nonzero(found.counts) < LEAST_CELLS or min(found.means.shape) < 2:
        return []
    alt = (
        f"{metric.tag} over {row.name} ({len(found.rows)} rows) and {column.name}"
        f" ({len(found.columns)} columns), from {format_number(np.nanmin(found.means))}"
        f" to {format_number(np.nanmax(found.means))}."
    )
    chart = Heatmap(alt, found.means, np.arange(1.0, len(found.columns) + 1))
    note = Note(
        f"Rows: {row.name}, columns: {column.name}, numbered as in the table. A cell is the mean of"
        " its trials; grey ones have none."
    )
    return [
        Panel(
            f"{row.name} × {column.name}",
            small=f"{metric.tag}, mean of {counted(int(found.counts.sum()), 'trial')}",
            runs=runs,
            figures=(Figure(chart),),
            tables=(_grid_table(row, column, found),),
            notes=(note,),
            wide=True,
        )
    ]


def _grid_table(row: Setting, column: Setting, found: Grid) -> Table:
    heads = [f"{place} · {_value(column, value)}" for place, value in enumerate(found.columns, 1)]
    rows = []
    for place, value in enumerate(found.rows):
        head = Cell(f"{place + 1} · {_value(row, value)}", float(value))
        cells = zip(found.means[place], found.counts[place], strict=True)
        rows.append((head, *(_mean_cell(float(mean), int(count)) for mean, count in cells)))
    columns = (Column(f"{row.name} \\ {column.name}", "text"), *map(Column, heads))
    return Table(columns, tuple(rows))


def _value(setting: Setting, number: float) -> str:
    return setting.labels[int(number)] if setting.labels else shown(float(number))


def _mean_cell(mean: float, count: int) -> Cell:
    if not count:
        return Cell("")
    return Cell(format_number(mean), mean, small=f"of {count}" if count > 1 else "")


def group_tables(found: Sequence[Trial], metric: Metric | None) -> list[Table]:
    """The trials that sessions say belong together: how many, and the metric over them."""
    members: dict[str, list[Trial]] = {}
    for trial in found:
        if trial.group:
            members.setdefault(trial.group, []).append(trial)
    if all(len(trials) < 2 for trials in members.values()):
        return []
    columns = [Column("Group", "text"), Column("Trials")]
    if metric:
        columns += [Column(f"{metric.tag} {what}") for what in ("mean", "lowest", "highest")]
    rows = [
        (
            Cell(name),
            Cell(f"{len(trials):,}", len(trials)),
            *(_spread_cells(trials, metric) if metric else ()),
        )
        for name, trials in members.items()
    ]
    return [Table(tuple(columns), tuple(rows), caption=counted(len(rows), "group"))]


def _spread_cells(trials: Sequence[Trial], metric: Metric) -> list[Cell]:
    results = np.array([trial.result(metric) for trial in trials])
    finite = results[np.isfinite(results)]
    if not len(finite):
        return [Cell("")] * 3
    return [
        Cell(format_number(value), value)
        for value in map(float, (finite.mean(), finite.min(), finite.max()))
    ]
