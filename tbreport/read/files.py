"""Event files into collectors: large ones block by block, small ones many at a time.

Whatever is odd about a file, the outcome is that of reading it record by record.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tbreport.model import Gap, GapKind
from tbreport.read.blocks import SPARE, Decoder, Stretch
from tbreport.read.collect import Collector
from tbreport.read.events import Facts
from tbreport.read.records import FOOTER, HEADER, RecordFile
from tbreport.read.sole import Sole

BLOCK = 2 << 20  # bytes decoded at a time; more gains nothing and costs memory,
_LARGE = 8 << 20  # unless it is histograms, of which there are few in so many bytes
_LEAST = 1 << 16  # bytes decoded at a time where a file is damaged
_LITTLE = 1 << 10  # bytes; where less is whole, what follows is read record by record
_SMALL = 1 << 20  # bytes; smaller files share a block
_MANY = 4096  # files that share a block


class _Waiting(NamedTuple):
    """A file that was read, but not decoded; without ``stretch`` it is empty or has a ``gap``."""

    collector: Collector
    path: str
    name: str
    sole: bool
    size: int = 0
    stretch: Stretch | None = None
    gap: Gap | None = None


class FileReader:
    """Reads files one after the other; small ones wait until there are many, or for ``flush``.

    A file that can't be read is a gap.
    """

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._buffer = np.empty(BLOCK + SPARE, np.uint8)
        self._filled = 0
        self._waiting: list[_Waiting] = []

    @property
    def waiting(self) -> Collector | None:
        """The collector of the first file that waits; collectors before it are complete."""
        return self._waiting[0].collector if self._waiting else None

    def read(
        self,
        collector: Collector,
        path: str,
        name: str,
        *,
        plain: bool = False,
        sole: bool = False,
    ) -> None:
        """Read the file at ``path``, called ``name`` in gaps, into ``collector``.

        If ``plain``, record by record; ``sole`` says that all there is of the run is this file.
        """
        try:
            records = RecordFile(path, name, limits=collector.limits)
        except OSError as error:
            gap = _unreadable(name, error)
            self._waiting.append(_Waiting(collector, path, name, sole, gap=gap))
            return
        with records:
            if plain or records.size > _SMALL or not self._wait(records, collector, path, sole):
                self.flush()
                collector.begin_file(name)
                facts = Facts(name, collector.limits)
                gaps = self._read_on(records, collector, facts, 0, plain)
                collector.end_file(facts.file(records.size), gaps)

    def _wait(self, records: RecordFile, collector: Collector, path: str, sole: bool) -> bool:
        """Read the whole of a small file; false if it can't be."""
        size = records.size
        if self._filled + size > BLOCK or len(self._waiting) == _MANY:
            self.flush()
        stretch = None
        if size:
            facts = Facts(records.name, collector.limits)
            stretch = Stretch(facts, self._filled)
            try:
                if records.fill(self._buffer[self._filled : self._filled + size], 0) < size:
                    return False
            except OSError:
                return False
        self._filled += size
        self._waiting.append(_Waiting(collector, path, records.name, sole, size, stretch))
        return True

    def flush(self) -> None:
        """Decode the files that wait and give their values to their collectors, in order."""
        waiting, filled = self._waiting, self._filled
        self._waiting, self._filled = [], 0
        stretches = [file.stretch for file in waiting if file.stretch is not None]
        if stretches:
            self._decoder.decode(self._buffer, filled, stretches)
        for file in waiting:
            if file.gap is not None:
                file.collector.gaps.append(file.gap)
            else:
                self._finish(file)

    def _finish(self, file: _Waiting) -> None:
        """Feed what was decoded; where there is more, it is damaged or still being written."""
        collector, stretch = file.collector, file.stretch
        facts = Facts(file.name) if stretch is None else stretch.facts
        if stretch and file.sole and stretch.size == file.size and not facts.malformed:
            collector.sole = Sole(stretch, facts.file(file.size))
            return
        collector.begin_file(file.name)
        gaps: list[Gap] = []
        if stretch is not None:
            stretch.feed(collector)
            gaps = facts.gaps() if stretch.size == file.size else self._read_rest(file, stretch)
        collector.end_file(facts.file(file.size), gaps)

    def _read_rest(self, file: _Waiting, stretch: Stretch) -> list[Gap]:
        """Read on where decoding ended, up to the size that the file had; gives all its gaps."""
        facts = stretch.facts
        try:
            limits = file.collector.limits
            with RecordFile(file.path, file.name, file.size, limits) as records:
                return self._read_on(records, file.collector, facts, stretch.size)
        except OSError as error:
            return [*facts.gaps(), _unreadable(file.name, error)]

    def _read_on(
        self,
        records: RecordFile,
        collector: Collector,
        facts: Facts,
        offset: int,
        plain: bool = False,
    ) -> list[Gap]:
        """Read a file from ``offset`` on; gives all its gaps."""
        gaps = []
        try:
            if not plain:
                offset = self._feed_blocks(records, collector, facts, offset)
            for place, payload in records.iterate(offset):
                _feed(payload, place, collector, facts)
        except OSError as error:  # a network share that went away: what was read stays
            gaps.append(_unreadable(records.name, error))
        return facts.gaps(records.gaps) + gaps

    def _make_room(self, size: int) -> None:
        """See to a buffer for ``size`` bytes; what stands in the old one is not needed any more."""
        if len(self._buffer) < size + SPARE:
            self._buffer = np.empty(size + SPARE, np.uint8)

    def _feed_blocks(
        self, records: RecordFile, collector: Collector, facts: Facts, offset: int
    ) -> int:
        """Read blocks from ``offset`` on; gives where the first stands that can't be read whole."""
        size = most = BLOCK
        while offset < records.size:
            stretch = Stretch(facts, offset=offset)
            self._make_room(min(size, records.size - offset))
            try:
                filled = records.fill(self._buffer[:size], offset)
            except OSError:
                break
            if filled >= HEADER + FOOTER:
                drawn = self._decoder.decode(self._buffer, filled, [stretch])
                most = _LARGE if drawn else BLOCK
                stretch.feed(collector)
                offset += stretch.size
            # Little is lost where there is damage soon, and much is read where there is none.
            size = min(2 * size, most) if 2 * stretch.size > filled else _LEAST
            if stretch.size < _LITTLE:
                end = offset + (_LEAST if filled == _LEAST else 1)
                while offset < min(end, records.size):
                    offset = _read_one(records, collector, facts, offset)
        return offset


def _read_one(records: RecordFile, collector: Collector, facts: Facts, offset: int) -> int:
    """Read the record at ``offset``, or find the next one; gives the offset of what follows."""
    payload = records.record_at(offset)
    if payload is None:
        return records.recover(offset)
    _feed(payload, offset, collector, facts)
    return offset + HEADER + len(payload) + FOOTER


def _feed(payload: bytes, offset: int, collector: Collector, facts: Facts) -> None:
    facts.records += 1
    for value in facts.values(offset, payload):
        collector.add(value)


def _unreadable(name: str, error: OSError) -> Gap:
    reason = error.strerror or type(error).__name__
    return Gap(GapKind.UNREADABLE, name, f"can't be read: {reason}")
