"""Text: what was logged as words, newest first, as Markdown or as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Finding, Logs, Run, TextSeries
from tbreport.options import Options
from tbreport.sections.choice import choose_tags, evenly, grouped, title_in_group
from tbreport.sections.kit import Cell, Chapter, Column, Note, Panel, Prose, Section, Table
from tbreport.sections.words import at_step, counted, listed

MOST_TAGS = 100
MOST_RUNS = 20  # of one tag
MOST_STEPS = 6  # of one tag and run
MOST_CHARACTERS = 20_000  # of one text, about eight printed pages
MOST_CELLS = 2000  # of one table
MOST_COLUMNS = 50
LONG = 1500  # characters that stay open; a longer text is folded behind its title

SUFFIXES = ("/text_summary",)  # PyTorch adds it to every tag


@dataclass(frozen=True, eq=False)
class _Text:
    """One text of one run, and what of it is not shown."""

    run: str
    step: int
    array: NDArray[np.object_]

    @property
    def caption(self) -> str:
        return f"step {self.step:,}"


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """A panel a tag with the newest text of each run, and one with the older ones; None without."""
    tags = {tag for run in logs.runs for tag, series in run.texts.items() if len(series)}
    if not tags:
        return None
    choice = choose_tags(tags, MOST_TAGS)
    panels = [panel for group, tag in grouped(choice.tags) for panel in _panels(tag, group, logs)]
    notes: tuple[Note, ...] = ()
    if choice.left_out:
        cut = listed([f"{name} ({shown:,} of {size:,})" for name, shown, size in choice.cut])
        text = f"{len(choice.tags):,} of {len(tags):,} tags are shown; evenly spaced ones of {cut}."
        notes = (Note(f"{text} Choose with --tags.", left_out=choice.left_out),)
    return Chapter("text", "Text", tuple(panels), count=len(tags), notes=notes)


def _panels(tag: str, group: str, logs: Logs) -> list[Panel]:
    holders = [run for run in logs.runs if tag in run.texts and len(run.texts[tag])]
    runs = evenly(holders, MOST_RUNS)
    texts = [_texts(run, run.texts[tag]) for run in runs]
    newest = [mine[0] for mine in texts]
    older = [text for mine in texts for text in mine[1:]]
    title, names = title_in_group(tag, SUFFIXES), tuple(run.name for run in runs)
    panels = [_panel(title, group, tag, names, newest, _notes(tag, runs, texts, len(holders)))]
    if older:
        panels.append(_panel(f"{title}, earlier", group, tag, names, older, (), folded=True))
    return panels


def _texts(run: Run, series: TextSeries) -> list[_Text]:
    """The steps to show of one series, newest first."""
    places = evenly(range(len(series)), MOST_STEPS)[::-1]
    return [_Text(run.name, int(series.steps[i]), series.texts[i]) for i in places]


def _panel(
    title: str,
    group: str,
    tag: str,
    runs: tuple[str, ...],
    texts: Sequence[_Text],
    notes: tuple[Note, ...],
    folded: bool = False,
) -> Panel:
    return Panel(
        title,
        group=group,
        tag=tag,
        runs=runs,
        tables=tuple(_table(text) for text in texts if _is_table(text.array)),
        prose=tuple(_prose(text) for text in texts if not _is_table(text.array)),
        notes=(*notes, *_cut_notes(texts)),
        wide=True,
        folded=folded or sum(_size(text.array) for text in texts) > LONG,
    )


def _is_table(array: NDArray[np.object_]) -> bool:
    """Whether it is more than one string: PyTorch logs a single one with shape (1,)."""
    return array.size != 1


def _size(array: NDArray[np.object_]) -> int:
    """Characters of a text, cells of a table."""
    return array.size if _is_table(array) else len(str(array.item()))


def _prose(text: _Text) -> Prose:
    shown = str(text.array.item())[:MOST_CHARACTERS]
    return Prose(shown, caption=text.caption, run=text.run)


def _shown_cells(array: NDArray[np.object_]) -> NDArray[np.object_]:
    """The rows of cells to show: of more than two dimensions the first table, as TensorBoard."""
    while array.ndim > 2:
        array = array[0] if len(array) else array.reshape(0, 0)
    rows = array.reshape(-1, 1) if array.ndim < 2 else array
    wide = min(rows.shape[1], MOST_COLUMNS)
    return rows[: MOST_CELLS // wide if wide else 0, :wide]


def _table(text: _Text) -> Table:
    rows = _shown_cells(text.array)
    columns = tuple(Column(str(place + 1), "text") for place in range(rows.shape[1]))
    cells = tuple(tuple(Cell(str(word)) for word in row) for row in rows)
    return Table(columns, cells, caption=f"{listed([text.run])} {at_step(text.step)}")


def _cut_notes(texts: Sequence[_Text]) -> list[Note]:
    """What the limits on one text and one table left out."""
    notes = []
    long = [len(str(one.array.item())) for one in texts if not _is_table(one.array)]
    left = sum(max(0, size - MOST_CHARACTERS) for size in long)
    if left:
        notes.append(Note(f"{left:,} characters at the ends are left out.", left_out=left))
    tables = [(one.array.size, _shown_cells(one.array)) for one in texts if _is_table(one.array)]
    left = sum(size - len(shown.ravel()) for size, shown in tables)
    if left:
        notes.append(Note(f"{counted(left, 'table cell')} left out.", left_out=left))
    return notes


def _notes(
    tag: str, runs: Sequence[Run], texts: Sequence[Sequence[_Text]], holders: int
) -> tuple[Note, ...]:
    notes = []
    logged = sum(run.texts[tag].logged - run.texts[tag].superseded for run in runs)
    shown = sum(map(len, texts))
    if logged > shown:
        text = f"{shown:,} of {counted(logged, 'text')} are shown, evenly spaced."
        notes.append(Note(text, left_out=logged - shown))
    if holders > len(runs):
        text = f"{len(runs):,} of {holders:,} runs are shown, evenly spaced in their order."
        notes.append(Note(text, left_out=holders - len(runs)))
    return tuple(notes)


TEXT = Section("text", "Text", "What was logged as words, newest first.", build)
