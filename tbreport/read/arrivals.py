"""Arrivals: values that were taken apart in bulk, cut into columns and put in order again.

A *slot* is the number of a value in order of arrival; a *span* is a stretch of slots whose values
must not be mixed with those of another (one file, or one session in it).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Floats, Ints
from tbreport.read.arrays import first_of_each
from tbreport.read.columns import Piece
from tbreport.read.payloads import Payloads
from tbreport.read.streams import NONE, Stream, Streams

Numbers = NDArray[np.uint16]


# What arrives at a slot: a piece of a stream, or None if only its metadata come.
Arrival = tuple[int, Stream, Piece | None]


class Cells(NamedTuple):
    """Values of many columns: equally long arrays, ``slots`` ascending within each column."""

    slots: Ints
    streams: Numbers
    steps: Ints
    wall_times: Floats


class Slots:
    """Scalars at their slots; a slot without one has the stream NONE.

    ``first`` (int64, shape (n + 1,)) are the first slots of the n records, and how many there are.
    """

    def __init__(self, first: Ints) -> None:
        self.first = first
        total = int(first[-1])
        self.streams = np.full(total, NONE, np.uint16)
        self.steps = np.empty(total, np.int64)
        self.wall_times = np.empty(total)
        self.numbers = np.empty(total, np.float32)

    def put(self, cells: Cells, numbers: NDArray[np.float32]) -> None:
        """Put scalars at their slots."""
        self.streams[cells.slots] = cells.streams
        self.steps[cells.slots] = cells.steps
        self.wall_times[cells.slots] = cells.wall_times
        self.numbers[cells.slots] = numbers

    def arrivals(self, spans: Ints, streams: Streams) -> list[Arrival]:
        """The columns of each span with the slot at which they arrive; ``spans`` begin at slots."""
        slots = np.arange(len(self.streams))
        cells = Cells(slots, self.streams, self.steps, self.wall_times)
        return arrivals(cells, spans, streams, lambda order: self.numbers.take(order).__getitem__)


def arrivals(
    cells: Cells,
    spans: Ints,
    streams: Streams,
    payloads: Callable[[Ints], Callable[[slice], Payloads]],
) -> list[Arrival]:
    """The columns of each span, with the slots at which they arrive.

    ``payloads``, given the order of the cells by span and column, gives what cuts a slice of them.
    """
    order, starts = _grouped(cells, spans, streams)
    steps, wall_times, cut = cells.steps.take(order), cells.wall_times.take(order), payloads(order)
    firsts = order[starts]
    slots, numbers = cells.slots[firsts].tolist(), cells.streams[firsts].tolist()
    falling = _groups_where(steps[1:] < steps[:-1], starts)
    found: list[Arrival] = []
    bounds = [*starts.tolist(), len(order)]
    for group, (slot, number) in enumerate(zip(slots, numbers, strict=True)):
        part = slice(bounds[group], bounds[group + 1])
        piece = Piece(steps[part], wall_times[part], cut(part), group not in falling)
        found.append((slot, streams.known[number], piece))
    if streams.columns < len(streams.known):
        found += _notes(cells, order, starts, streams)
    return found


def _grouped(cells: Cells, spans: Ints, streams: Streams) -> tuple[Ints, Ints]:
    """The order of the cells by span and column, and where each group of them starts in it."""
    most = len(spans) * streams.columns  # groups
    dtype = np.min_scalar_type(most)  # numpy sorts up to 16 bits by radix
    column = np.zeros(NONE + 1, dtype)
    column[: len(streams.column)] = streams.column
    groups = column.take(cells.streams)
    if len(spans) > 1:
        groups += _span_of(spans, cells.slots).astype(dtype) * dtype.type(streams.columns)
    is_none = cells.streams == NONE
    groups[is_none] = most
    order = groups.argsort(kind="stable")[: len(groups) - np.count_nonzero(is_none)]
    groups = groups.take(order)
    starts = np.flatnonzero(groups[1:] != groups[:-1]) + 1
    return order, np.concatenate([np.zeros(min(1, len(order)), np.int64), starts])


def _span_of(spans: Ints, slots: Ints) -> NDArray[np.unsignedinteger]:
    """The number of the span that each of the ascending ``slots`` is in."""
    dtype = np.min_scalar_type(len(spans))
    total = int(slots[-1]) + 1 if len(slots) else 0
    sizes = np.diff(np.minimum(spans, total), append=total)
    span: NDArray[np.unsignedinteger] = np.repeat(np.arange(len(spans), dtype=dtype), sizes)
    return span[slots]


def _groups_where(changes: NDArray[np.bool_], starts: Ints) -> set[int]:
    """The groups in which one cell differs from the one before, given which cells do."""
    within = changes.copy()
    within[starts[1:] - 1] = False
    changed = np.flatnonzero(within) + 1
    return set((np.searchsorted(starts, changed, "right") - 1).tolist())


def _notes(cells: Cells, order: Ints, starts: Ints, streams: Streams) -> list[Arrival]:
    """The metadata that come later than the first value of a column."""
    numbers = cells.streams.take(order)
    bounds = [*starts.tolist(), len(order)]
    found: list[Arrival] = []
    for group in _groups_where(numbers[1:] != numbers[:-1], starts):
        part = slice(bounds[group], bounds[group + 1])
        for first in first_of_each(numbers[part]).tolist():
            slot = int(cells.slots[order[part][first]])
            found.append((slot, streams.known[numbers[part][first]], None))
    return found
