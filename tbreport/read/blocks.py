"""Blocks: the events of a whole buffer at once, in the order in which they would come one by one.

Records are framed together, scalars and histograms are taken apart in bulk, and what is left is
parsed one by one. Each value of the buffer has a *slot*, its number in order of arrival; columns
are cut out of the slots, and each column arrives at the slot of its first value. So a collector
meets tags, metadata and odd values in the very order of the file.

A buffer holds stretches of one or many files. In each, reading ends before the first record whose
checksums are wrong: what follows is for the caller, who resynchronises as the plain path does.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Ints
from tbreport.read import crc, events
from tbreport.read.arrivals import Arrival, Cells, Slots
from tbreport.read.collect import Collector
from tbreport.read.events import HISTOGRAM, SCALAR, TENSOR, Facts, Value
from tbreport.read.forms import Rows
from tbreport.read.frames import Frames, frame
from tbreport.read.histograms import HistogramReader, Histograms
from tbreport.read.records import FOOTER, HEADER
from tbreport.read.scalars import ScalarReader
from tbreport.read.streams import MAX_STREAMS, SCALARS, Stream, Streams
from tbreport.read.tensors import BadTensor, decode

SPARE = 8  # bytes that a buffer must have behind its content
_LONG = 256  # bytes; such a record is rather a histogram than a scalar

_Found = Arrival | tuple[int, Value, None]
_Bulk = Rows | Histograms


class Stretch:
    """A file or a part of one, in a buffer from ``start`` on; ``offset`` is its place in the file.

    Decoding sets ``size``, the bytes from ``start`` on that hold whole records in order, adds to
    ``facts`` what these say about the file, and keeps their values for ``feed``.
    """

    __slots__ = ("arrivals", "facts", "offset", "size", "start")

    def __init__(self, facts: Facts, start: int = 0, offset: int = 0) -> None:
        self.facts = facts
        self.start = start
        self.offset = offset
        self.size = 0
        self.arrivals: list[_Found] = []

    def feed(self, collector: Collector) -> None:
        """Give the values to ``collector`` in order of arrival."""
        for _, found, piece in self.arrivals:
            if isinstance(found, Value):
                collector.add(found)
            else:
                collector.add_piece(found, piece)


class Decoder:
    """Decodes buffers; it learns layouts on the way, so that one serves for many of them."""

    def __init__(self) -> None:
        self._learn_anew()

    def _learn_anew(self) -> None:
        self._streams = Streams()
        self._scalars = ScalarReader(self._streams)
        self._histograms = HistogramReader(self._streams)

    def decode(self, buffer: NDArray[np.uint8], filled: int, stretches: Sequence[Stretch]) -> bool:
        """Decode ``stretches``, which follow one another up to ``filled``; none may be empty.

        Tells whether most of it were histograms.
        """
        if 2 * len(self._streams.known) > MAX_STREAMS:
            self._learn_anew()
        starts = np.array([stretch.start for stretch in stretches])
        block = _Block(buffer, frame(buffer[:filled], starts), stretches, self._streams)
        left = np.arange(len(block.frames.offsets))
        parts: list[_Bulk] = []
        is_long = block.frames.lengths >= _LONG
        if is_long.any():
            # Histograms first, since a class of records for each length of theirs would cost much.
            short, left = left[~is_long], left[is_long]
            rows, left_short = self._scalars.read(buffer, block.frames, short)
            left = np.sort(np.concatenate([left, left_short]))
            histograms, left = self._histograms.read(buffer, block.frames, left)
            parts += rows
            parts += histograms
        rows, left = self._scalars.read(buffer, block.frames, left)
        block.read_alone(left.tolist())
        block.finish([*parts, *rows])
        drawn = [part.size for part in parts if isinstance(part, Histograms)]
        return 2 * sum(drawn) > filled


class _Block:
    """The decoding of one buffer; ``limits`` are the first records of each stretch not to trust."""

    def __init__(
        self,
        buffer: NDArray[np.uint8],
        frames: Frames,
        stretches: Sequence[Stretch],
        streams: Streams,
    ) -> None:
        self.frames = frames
        self._buffer = buffer
        self._view = buffer.data
        self._stretches = stretches
        self._streams = streams
        self._bounds = frames.bounds.tolist()
        self._limits = self._bounds[1:]
        self._alone: dict[int, list[Value]] = {}
        self._headers: set[bytes] = set()
        self._mixed: set[int] = set()

    def read_alone(self, records: Iterable[int]) -> None:
        """Verify and parse records one by one, in ascending order."""
        for record in records:
            which = bisect_right(self._bounds, record) - 1
            if record >= self._limits[which]:
                continue
            start, length = int(self.frames.offsets[record]), int(self.frames.lengths[record])
            payload = self._verified(start, length)
            if payload is None:
                self._limits[which] = record
                continue
            stretch = self._stretches[which]
            offset = start - stretch.start + stretch.offset
            self._alone[record] = stretch.facts.values(offset, payload)

    def _verified(self, start: int, length: int) -> bytes | None:
        """The payload of a record, or None unless both checksums hold."""
        header = bytes(self._view[start : start + HEADER])
        if header not in self._headers:
            if crc.masked(header[:8]) != int.from_bytes(header[8:], "little"):
                return None
            self._headers.add(header)
        payload = bytes(self._view[start + HEADER : start + HEADER + length])
        footer = self._view[start + HEADER + length : start + HEADER + length + FOOTER]
        return payload if crc.masked(payload) == int.from_bytes(footer, "little") else None

    def finish(self, bulk: list[_Bulk]) -> None:
        """Put everything in order and into the stretches."""
        bulk = self._unmixed(self._trusted(bulk))
        slots = Slots(self._first_slots(bulk))
        for part in bulk:
            if isinstance(part, Rows):
                slots.put(*_cells(part, slots.first))
        found, spans = self._put_alone(slots)
        found += slots.arrivals(spans, self._streams)
        for part in bulk:
            if isinstance(part, Histograms):
                found += part.arrivals(slots.first, spans, self._streams, self._buffer)
        found.sort(key=itemgetter(0))
        self._share_out(found, slots.first[self.frames.bounds].tolist())
        self._note_facts(bulk)

    def _first_slots(self, bulk: list[_Bulk]) -> Ints:
        """The first slot of each record, and where the next would be: int64, shape (n + 1,)."""
        count = len(self.frames.offsets)
        counts = {part.streams.shape[1] for part in bulk}
        counts.update(map(len, self._alone.values()))
        if max(counts, default=0) <= 1:
            return np.arange(count + 1)
        first = np.zeros(count + 1, np.int64)
        for part in bulk:
            first[1:][part.records] = part.streams.shape[1]
        for record, values in self._alone.items():
            first[1 + record] = len(values)
        return np.cumsum(first, out=first)

    def _trusted(self, bulk: list[_Bulk]) -> list[_Bulk]:
        """``bulk`` without records at and after the first bad one of their stretch."""
        if self._limits == self._bounds[1:]:
            return bulk
        limits = np.repeat(self._limits, np.diff(self._bounds))
        return [part.where(part.records < limits[part.records]) for part in bulk]

    def _unmixed(self, bulk: list[_Bulk]) -> list[_Bulk]:
        """``bulk`` without the columns that have values of another shape too.

        Their records are read one by one, so that all values of the column come in order.
        """
        alone = [value for values in self._alone.values() for value in values]
        odd = (self._column(value) for value in alone if self._cell(value) is None)
        self._mixed = {column for column in odd if column is not None}
        if not self._mixed:
            return bulk
        is_mixed = np.isin(self._streams.column, list(self._mixed))
        pure = []
        for part in bulk:
            is_odd = np.any(is_mixed[part.streams], axis=1)
            self.read_alone(part.records[is_odd].tolist())
            pure.append(part.where(~is_odd))
        return pure

    def _column(self, value: Value) -> int | None:
        """The column of a value that was read alone, if others of it are read in bulk."""
        if value.kind not in (SCALAR, HISTOGRAM, TENSOR):
            return None
        return self._streams.column_of(value.kind, value.tag)

    def _cell(self, value: Value) -> tuple[int, NDArray[np.float32]] | None:
        """The stream and the number of a value that fits among those that were read in bulk."""
        column = self._column(value)
        if column is None or column in self._mixed:
            return None
        stream = self._streams.number(Stream(value.kind, value.tag, value.metadata), SCALARS)
        if stream is None or value.kind == SCALAR:
            return None if stream is None else (stream, np.array(value.payload, np.float32))
        try:
            number = decode(value.payload)
        except BadTensor:
            return None
        return (stream, number) if number.dtype == np.float32 and not number.ndim else None

    def _put_alone(self, slots: Slots) -> tuple[list[_Found], Ints]:
        """Put what fits into ``slots``; gives the rest by slot, and where spans begin."""
        found: list[_Found] = []
        spans = {0, *slots.first[self.frames.bounds[:-1]].tolist()}
        cells = []
        for record, values in self._alone.items():
            for slot, value in enumerate(values, int(slots.first[record])):
                cell = self._cell(value)
                if cell is None:
                    found.append((slot, value, None))
                else:
                    cells.append((slot, value.step, value.wall_time, *cell))
                if value.kind == events.SESSION:
                    spans.add(slot + 1)
        if cells:
            at, steps, walls, streams, numbers = zip(*cells, strict=True)
            columns = (at, np.int64), (streams, np.uint16), (steps, np.int64), (walls, np.float64)
            slots.put(Cells(*(np.array(*column) for column in columns)), np.stack(numbers))
        return found, np.array(sorted(spans))

    def _share_out(self, found: list[_Found], bounds: list[int]) -> None:
        """Give each stretch what arrived in it."""
        at = [bisect_left(found, bound, key=itemgetter(0)) for bound in bounds]
        offsets, ends = self.frames.offsets, self.frames.ends.tolist()
        for which, stretch in enumerate(self._stretches):
            stretch.arrivals = found[at[which] : at[which + 1]]
            limit, stop = self._limits[which], self._bounds[which + 1]
            stretch.facts.records += limit - self._bounds[which]
            end = ends[which] if limit == stop else int(offsets[limit])
            stretch.size = end - stretch.start

    def _note_facts(self, bulk: list[_Bulk]) -> None:
        """Note the first and last wall time of each stretch, as far as they were read in bulk."""
        times = np.full(len(self.frames.offsets), np.nan)
        for part in bulk:
            times[part.records] = part.wall_times
        times[~((times > 0) & (times < np.inf))] = np.nan
        filled = np.flatnonzero(np.diff(self.frames.bounds))
        if len(filled):
            starts = self.frames.bounds[filled]
            first, last = np.fmin.reduceat(times, starts), np.fmax.reduceat(times, starts)
            for which, *ends in zip(filled.tolist(), first.tolist(), last.tolist(), strict=True):
                self._stretches[which].facts.note_times(*ends)


def _cells(rows: Rows, first: Ints) -> tuple[Cells, NDArray[np.float32]]:
    """The values of ``rows`` at their slots; ``first`` is the first slot of each record."""
    count = rows.numbers.shape[1]
    if count == 1:
        slots = first.take(rows.records)
        streams, numbers = rows.streams[:, 0], rows.numbers[:, 0]
        return Cells(slots, streams, rows.steps, rows.wall_times), numbers
    slots = (first[rows.records][:, None] + np.arange(count)).ravel()
    steps, walls = np.repeat(rows.steps, count), np.repeat(rows.wall_times, count)
    return Cells(slots, rows.streams.ravel(), steps, walls), rows.numbers.ravel()
