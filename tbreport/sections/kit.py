"""The closed vocabulary between sections and templates: what a page can show, as plain values.

A section builds a Chapter from these; ``templates/macros.html`` has one macro for each shape. Words
here are plain text: templates escape them, so nothing in a log can become markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Chart
from tbreport.model import Finding, Logs
from tbreport.options import Options

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trace:
    """The points of one run that a page holds by number: float64 ``x`` and ``y`` of shape (n,).

    They are all of the ``total`` that were logged, or those that stand out. Of the latter
    ``smooth``, float64 (n,), has the smoothed values, which can't be worked out from them. The mean
    of a group has its name and, in ``member``, a run of it, whose colour it has.
    """

    run: str
    x: Floats
    y: Floats
    total: int
    smooth: Floats | None = None
    member: str = ""


@dataclass(frozen=True, eq=False)
class Values:
    """What a chart of curves shows, for exact values and other views of it in the page.

    ``x_axis`` is "step", "relative" or "wall"; ``x_range`` and ``y_range`` are those of the chart;
    ``weight`` is its smoothing.
    """

    traces: tuple[Trace, ...]
    x_axis: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    log_y: bool
    weight: float


@dataclass(frozen=True, eq=False)
class Figure:
    """One picture in a panel; ``caption`` is shown under it, ``run`` gives it the run's colour.

    ``values`` are its numbers, where the page may want to show more than the picture.
    """

    chart: Chart
    caption: str = ""
    run: str | None = None
    step: int | None = None
    values: Values | None = None


@dataclass(frozen=True)
class Note:
    """One quiet sentence at its place.

    ``level`` is "info", or as that of a finding "note", "warning" or "error"; ``left_out`` is how
    many things the sentence says are in the logs but not in the report.
    """

    text: str
    level: str = "info"
    left_out: int = 0


@dataclass(frozen=True)
class Prose:
    """Running text: Markdown (raw HTML and images off) unless ``markdown`` is False."""

    text: str
    markdown: bool = True
    caption: str = ""
    run: str | None = None


@dataclass(frozen=True)
class Sound:
    """A clip a browser can play; ``mime`` is of a closed list, ``data`` is checked bytes."""

    data: bytes
    mime: str
    caption: str = ""
    run: str | None = None


@dataclass(frozen=True)
class Column:
    """A table column: ``kind`` is "text", "number" (right-aligned) or "picture"."""

    title: str
    kind: str = "number"
    hint: str = ""


@dataclass(frozen=True, eq=False)
class Cell:
    """One table cell.

    ``value`` is what sorting compares (``text`` where it is None); ``small`` is shown quietly after
    ``text``; ``run`` puts the run's colour before it; ``mark`` is "", "best", "warning" or "error".
    """

    text: str
    value: float | str | None = None
    small: str = ""
    run: str | None = None
    mark: str = ""
    chart: Chart | None = None
    href: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows under columns; the first column heads its row. ``folded`` closes it behind a summary."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    folded: bool = False


@dataclass(frozen=True, eq=False)
class Panel:
    """One card: a heading and whatever belongs under it, in this order of the fields.

    Consecutive panels with equal ``group`` stand together under that heading; ``small`` is the
    quiet remark beside the title; ``wide`` takes the full width; ``folded`` closes it behind its
    title.
    """

    title: str
    group: str = ""
    small: str = ""
    tag: str = ""
    runs: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    sounds: tuple[Sound, ...] = ()
    tables: tuple[Table, ...] = ()
    prose: tuple[Prose, ...] = ()
    notes: tuple[Note, ...] = ()
    wide: bool = False
    folded: bool = False


@dataclass(frozen=True, eq=False)
class Chapter:
    """What a section has to say. ``count`` stands beside its name in the navigation."""

    id: str
    title: str
    panels: tuple[Panel, ...] = ()
    lead: str = ""
    count: int | None = None
    notes: tuple[Note, ...] = field(default=())


Build = Callable[[Logs, Sequence[Finding], Options], Chapter | None]


@dataclass(frozen=True)
class Section:
    """A part of the report: ``build`` gives its chapter, or None when the logs hold nothing for it.

    ``id`` is the anchor and the name on the command line; ``about`` says in one sentence what it
    shows. ``last`` sections are built again after drawing, when every gap is known.
    """

    id: str
    title: str
    about: str
    build: Build
    last: bool = False
