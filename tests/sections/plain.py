"""Chapters as lists and dicts, so that a test can compare them with ``==``."""

from __future__ import annotations

import dataclasses
from typing import Any

from tbreport.charts import Chart
from tbreport.sections.kit import Chapter, Panel, Table


def plain(value: object) -> Any:
    """Dataclasses as dicts of what differs from the defaults, tuples as lists, charts as alt."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if not dataclasses.is_dataclass(value):
        return value
    if isinstance(value, Chart):
        return value.alt
    fields = {field.name: field for field in dataclasses.fields(value)}
    held = {name: getattr(value, name) for name in fields}
    return {
        name: plain(item)
        for name, item in held.items()
        if item != fields[name].default and item != ()
    }


def words(table: Table) -> list[list[str]]:
    """The texts of a table with its head; a cell's small remark in brackets, a mark before it."""
    head = [column.title for column in table.columns]
    return [head, *([_words(cell) for cell in row] for row in table.rows)]


def _words(cell: Any) -> str:
    mark = {"best": "*", "warning": "!", "error": "!!"}.get(cell.mark, "")
    text = cell.chart.alt if cell.chart is not None else cell.text
    return f"{mark}{text}{f' ({cell.small})' if cell.small else ''}"


def panel(chapter: Chapter | None, tag: str) -> Panel:
    """The first panel of a tag."""
    assert chapter is not None
    return next(one for one in chapter.panels if one.tag == tag)


def said(part: Chapter | Panel) -> list[str]:
    """The notes of a chapter or panel, with their level where it is not "info"."""
    return [f"{n.level}: {n.text}" if n.level != "info" else n.text for n in part.notes]
