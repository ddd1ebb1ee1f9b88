"""Tensors: what was logged as plain arrays and no other section shows, as numbers over steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.heatmap import Heatmap
from tbreport.model import Finding, Logs, TensorSeries
from tbreport.options import Options
from tbreport.sections.choice import choose_tags, grouped, title_in_group
from tbreport.sections.embedded import is_embedding
from tbreport.sections.kernels import holds_banks
from tbreport.sections.kit import Cell, Chapter, Column, Figure, Note, Panel, Section, Table
from tbreport.sections.words import counted
from tbreport.stats import format_number

MOST_TAGS = 100
MOST_ROWS = 30  # steps of one tag and run in a table: the first and the last ones
MOST_CELLS = 250_000  # of a picture; a larger matrix is thinned out evenly
MOST_PICTURES = 4  # runs whose matrix is drawn side by side


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """One panel a tag: shape, type, min, mean and max over steps, and matrices as pictures."""
    tags = {
        tag
        for run in logs.runs
        for tag, series in run.tensors.items()
        if len(series) and not holds_banks(series) and not is_embedding(series)
    }
    if not tags:
        return None
    choice = choose_tags(tags, MOST_TAGS)
    panels = tuple(_panel(logs, tag, group) for group, tag in grouped(choice.tags))
    notes: tuple[Note, ...] = ()
    if choice.left_out:
        text = f"{counted(choice.left_out, 'further tag')} not shown."
        notes = (Note(text, left_out=choice.left_out),)
    return Chapter("tensors", "Tensors", panels, count=len(tags), notes=notes)


def _panel(logs: Logs, tag: str, group: str) -> Panel:
    held = [(run.name, run.tensors[tag]) for run in logs.runs if tag in run.tensors]
    held = [(name, series) for name, series in held if len(series)]
    figures = [_matrix(tag, *one) for one in held if series_rank(one[1]) == 2]
    columns = (
        Column("Run", "text"),
        Column("Step"),
        Column("Shape", "text"),
        Column("Type", "text"),
        Column("Min"),
        Column("Mean"),
        Column("Max"),
        Column("Not finite"),
    )
    rows = [row for name, series in held for row in _rows(name, series)]
    plugin = next((series.plugin for _, series in held if series.plugin), "")
    return Panel(
        title_in_group(tag),
        group=group,
        small=f"plugin {plugin}" if plugin and plugin != "tensor" else "",
        tag=tag,
        runs=tuple(name for name, _ in held),
        figures=tuple(figures[:MOST_PICTURES]),
        tables=(Table(columns, tuple(rows), folded=len(rows) > 6),),
        wide=len(figures) > 1,
    )


def series_rank(series: TensorSeries) -> int:
    """How many axes the newest value has."""
    return series.values[-1].ndim


def _rows(name: str, series: TensorSeries) -> list[tuple[Cell, ...]]:
    places = list(range(len(series)))
    if len(places) > MOST_ROWS:
        places = places[: MOST_ROWS // 2] + places[-MOST_ROWS // 2 :]
    return [_row(name, int(series.steps[place]), series.values[place]) for place in places]


def _row(name: str, step: int, value: NDArray[np.generic]) -> tuple[Cell, ...]:
    cells = (
        Cell(name, run=name),
        Cell(f"{step:,}", float(step)),
        Cell(" × ".join(map(str, value.shape)) or "scalar"),
        Cell(str(value.dtype) if value.dtype != object else "string"),
    )
    if value.dtype == object:
        return (*cells, *(Cell("") for _ in range(4)))
    numbers = _numbers(value)
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return (*cells, Cell(""), Cell(""), Cell(""), Cell(f"{numbers.size:,}", numbers.size))
    measured = (float(finite.min()), float(finite.mean()), float(finite.max()))
    ill = numbers.size - len(finite)
    return (
        *cells,
        *(Cell(format_number(number), number) for number in measured),
        Cell(f"{ill:,}" if ill else "", float(ill), mark="error" if ill else ""),
    )


def _numbers(value: NDArray[np.generic]) -> NDArray[np.float64]:
    """All elements as float64; complex ones by their magnitude."""
    real = np.abs(value) if np.iscomplexobj(value) else value
    return np.asarray(real, np.float64).reshape(-1)


def _matrix(tag: str, run: str, series: TensorSeries) -> Figure:
    value = series.values[-1]
    numbers = _numbers(value).reshape(value.shape)
    stride = max(1, round((numbers.size / MOST_CELLS) ** 0.5))
    step = int(series.steps[-1])
    caption = f"{value.shape[0]} × {value.shape[1]}"
    if stride > 1:
        caption += f" · one row and column in {stride}"
    alt = f"{tag} of {run} at step {step:,} as a heat map, {value.shape[0]} by {value.shape[1]}."
    shown = numbers[::stride, ::stride]
    columns = np.arange(0, value.shape[1], stride, dtype=np.float64)
    return Figure(Heatmap(alt, shown, columns), caption, run, step)


TENSORS = Section(
    "tensors",
    "Tensors",
    "Arrays that no other section shows: shape, range over steps, matrices as heat maps.",
    build,
)
