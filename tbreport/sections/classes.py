"""The classes of an embedding: the key to its colours, how many points each has, how they mix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.bars import Bar, Bars
from tbreport.charts.cloud import REST, ClassMark, class_mark
from tbreport.names import printable
from tbreport.sections.clusters import mixed_with
from tbreport.sections.kit import Cell, Column, Figure, Panel, Table
from tbreport.sections.labels import in_picture
from tbreport.sections.measures import NEAR_HINT, StepNumbers, percent
from tbreport.sections.sampled import Sample
from tbreport.sections.words import counted, listed

UNNAMED = "(none)"  # what an empty label is called
IN_ALT = 12  # classes that a picture's description counts
MIXED_HINT = "The other label found most often among those nearest points, and its share of them"
FEWEST_MIXED = 0.01  # share of neighbours below which nothing is mixed


@dataclass(frozen=True, eq=False)
class _Class:
    """One class; or, as ``place`` -1, all that have no mark of their own.

    ``name`` is shown in tables, ``written`` in pictures; ``count`` points of the step have it;
    ``mine`` bool (m,) says which of those that are drawn.
    """

    place: int
    name: str
    written: str
    count: int
    mine: NDArray[np.bool_]


def classes_panel(sample: Sample, of: StepNumbers) -> Panel:
    """The bars and the table of classes at one step."""
    labels, run = sample.labels, sample.embedded.run
    classes = list(_classes(sample, of))
    named = listed([f"{one.name} {one.count:,}" for one in classes], IN_ALT)
    bars = tuple(
        Bar(one.written, one.count, class_mark(one.place)[0])
        for one in classes
        if one.place != REST
    )
    alt = f"How many points have each {listed([labels.column])}: {named}."
    columns = (
        Column("Label", "text"),
        Column("Points"),
        Column("Same nearby", hint=NEAR_HINT),
        Column("Mixed with", "text", MIXED_HINT),
    )
    total = sum(one.count for one in classes)
    rows = tuple(_row(one, total, sample, of) for one in classes)
    return Panel(
        "Labels",
        small=printable(labels.column),
        runs=(run,),
        figures=(Figure(Bars(alt, bars)),),
        tables=(Table(columns, rows, caption="Labels"),),
    )


def _classes(sample: Sample, of: StepNumbers) -> Iterator[_Class]:
    """The classes that have a mark, in natural order, then the others together."""
    labels, shown = sample.labels, of.shown
    counts = Counter(labels.texts[shown.start : shown.start + len(shown.embedding.values)])
    number = {name: place for place, name in enumerate(labels.counts)}
    others = np.ones(len(shown.ids), np.bool_)
    for place, name in enumerate(labels.shown):
        mine = shown.ids == number[name]
        others &= ~mine
        yield _Class(place, _named(name), in_picture(name, place), counts.pop(name, 0), mine)
    rest = counted(len(counts), "other label")
    if len(labels.counts) > len(labels.shown):
        yield _Class(REST, rest, "others", counts.total(), others)


def _row(one: _Class, total: int, sample: Sample, of: StepNumbers) -> tuple[Cell, ...]:
    hidden = one.written != one.name and one.place != REST
    agreed = of.agreement if one.mine.any() else None
    return (
        Cell(one.name, one.name, one.written if hidden else "", chart=ClassMark(one.place)),
        Cell(f"{one.count:,}", float(one.count), f"{one.count / max(total, 1):.1%}"),
        percent(float(agreed.share[one.mine].mean())) if agreed else Cell("–"),
        _mixed(one, sample, of) if agreed and one.place != REST else Cell("–"),
    )


def _mixed(one: _Class, sample: Sample, of: StepNumbers) -> Cell:
    """The other class most often near this one."""
    assert of.agreement is not None
    ids = of.shown.ids
    other, share = mixed_with(of.agreement, ids, int(ids[one.mine][0]))
    if share < FEWEST_MIXED:
        return Cell("–")
    name = _named(list(sample.labels.counts)[other])
    return Cell(name, name, f"{share:.1%}")


def _named(label: str) -> str:
    return printable(label) if label.strip() else UNNAMED
