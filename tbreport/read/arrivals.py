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
from tbreport.read.columns import Piece
from tbreport.read.payloads import Payloads
from tbreport.read.streams import NONE, Stream, Streams

Numbers = NDArray[np.uint16]


class Arrival(NamedTuple):
    """Values that arrive together: the collector's ``add_piece`` takes these four."""

    kind: str
    tag: bytes
    metadata: bytes
    piece: Piece | None


class Cells(NamedTuple):
    """Values of many columns: equally long arrays, ``slots`` ascending within each column."""

    slots: Ints
    streams: Numbers
    steps: Ints
    wall_times: Floats


class Slots:
    """Scalars at their slots; a slot without one has the stream NONE.

    ``first`` (int64, shape (n + 1,)) is the first slot of each record, given how many values each
    of the n records has.
    """

    def __init__(self, counts: Ints) -> None:
        self.first = np.zeros(len(counts) + 1, np.int64)
        np.cumsum(counts, out=self.first[1:])
        total = int(self.first[-1])
        self.streams = np.full(total, NONE, np.uint16)
        self.steps = np.empty(total, np.int64)
        self.wall_times = np.full(total, np.nan)
        self.numbers = np.empty(total, np.float32)

    def put(self, cells: Cells, numbers: NDArray[np.float32]) -> None:
        """Put scalars at their slots."""
        self.streams[cells.slots] = cells.streams
        self.steps[cells.slots] = cells.steps
        self.wall_times[cells.slots] = cells.wall_times
        self.numbers[cells.slots] = numbers

    def arrivals(self, spans: Ints, streams: Streams) -> list[tuple[int, Arrival]]:
        """The columns of each span with the slot at which they arrive; ``spans`` begin at slots."""
        slots = np.flatnonzero(self.streams != NONE)
        if len(slots) == len(self.streams):
            cells = Cells(slots, self.streams, self.steps, self.wall_times)
            numbers = self.numbers
        else:
            cells = Cells(slots, self.streams[slots], self.steps[slots], self.wall_times[slots])
            numbers = self.numbers[slots]
        return arrivals(cells, spans, streams, lambda order: numbers[order].__getitem__)


def arrivals(
    cells: Cells,
    spans: Ints,
    streams: Streams,
    payloads: Callable[[Ints], Callable[[slice], Payloads]],
) -> list[tuple[int, Arrival]]:
    """The columns of each span, with the slots at which they arrive.

    ``payloads``, given the order of the cells by span and column, gives what cuts a slice of them.
    """
    if not len(cells.slots):
        return []
    order, starts = _grouped(cells, spans, streams)
    ordered = Cells(*(part[order] for part in cells))
    cut = payloads(order)
    falling = _groups_where(ordered.steps[1:] < ordered.steps[:-1], starts)
    mixed = _groups_where(ordered.streams[1:] != ordered.streams[:-1], starts)
    found = []
    firsts = zip(ordered.slots[starts].tolist(), ordered.streams[starts].tolist(), strict=True)
    bounds = zip(starts.tolist(), [*starts.tolist()[1:], len(order)], strict=True)
    for group, ((slot, stream), (start, stop)) in enumerate(zip(firsts, bounds, strict=True)):
        part = slice(start, stop)
        piece = Piece(
            ordered.steps[part], ordered.wall_times[part], cut(part), group not in falling
        )
        found.append((slot, Arrival(*streams.known[stream], piece)))
        if group in mixed:
            found += _notes(ordered.slots[part], ordered.streams[part], streams)
    return found


def _grouped(cells: Cells, spans: Ints, streams: Streams) -> tuple[Ints, Ints]:
    """The order of the cells by span and column, and where each group of them starts in it."""
    columns = cells.streams
    if streams.columns < len(streams.known):
        columns = np.array(streams.column, np.uint16)[columns]
    order = np.argsort(columns, kind="stable")
    columns = columns[order]
    changes = columns[1:] != columns[:-1]
    if len(spans) > 1:
        span = _span_of(spans, cells.slots)[order]
        by_span = np.argsort(span, kind="stable")
        order, columns, span = order[by_span], columns[by_span], span[by_span]
        changes = (columns[1:] != columns[:-1]) | (span[1:] != span[:-1])
    return order, np.concatenate([[0], np.flatnonzero(changes) + 1])


def _span_of(spans: Ints, slots: Ints) -> NDArray[np.unsignedinteger]:
    """The number of the span that each of the ascending ``slots`` is in."""
    dtype = np.min_scalar_type(len(spans))
    total = int(slots.max()) + 1
    sizes = np.diff(np.minimum(spans, total), append=total)
    span: NDArray[np.unsignedinteger] = np.repeat(np.arange(len(spans), dtype=dtype), sizes)
    return span[slots]


def _groups_where(changes: NDArray[np.bool_], starts: Ints) -> set[int]:
    """The groups in which one cell differs from the one before, given which cells do."""
    changed = np.setdiff1d(np.flatnonzero(changes) + 1, starts, assume_unique=True)
    return set((np.searchsorted(starts, changed, "right") - 1).tolist())


def _notes(slots: Ints, numbers: Numbers, streams: Streams) -> list[tuple[int, Arrival]]:
    """The metadata that come later than the first value of a column."""
    numbers, places = np.unique(numbers, return_index=True)
    return [
        (slot, Arrival(*streams.known[number], None))
        for number, slot in zip(numbers.tolist(), slots[places].tolist(), strict=True)
    ]
