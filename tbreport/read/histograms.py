"""Histograms of a whole buffer: the same field of all records is read at once, each at its place.

Histograms are long and rarely of equal length, so that what costs is what is done for each record.
Here that is a checksum and a copy. What is not exactly a legacy histogram with packed buckets, or a
tensor of doubles in rows (left, right, count), alone in its event, is left to be read one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Floats, Ints
from tbreport.read import crc
from tbreport.read.arrays import bytes_at, numbers_at
from tbreport.read.arrivals import Arrival, Cells, arrivals
from tbreport.read.cursors import Cursors, Mask
from tbreport.read.events import HISTOGRAM, TENSOR
from tbreport.read.frames import Frames
from tbreport.read.payloads import Buckets
from tbreport.read.records import HEADER
from tbreport.read.streams import HISTOGRAMS, NONE, Stream, Streams

_FEW = 64  # records, below which protobuf one by one is quicker
_ROW = 24  # bytes of a bucket in a tensor
_DOUBLES = b"\x08\x02"  # dtype DT_DOUBLE
_BY_THREE = b"\x12\x02\x08\x03"  # the second dimension of a tensor's shape


class Histograms(NamedTuple):
    """Histograms of one dialect, whose buckets are still in the buffer.

    ``records`` (int64), ``steps``, ``wall_times``, ``sizes`` in buckets, and where in the buffer
    ``edges`` and ``counts`` begin have shape (n,), ``streams`` (uint16) shape (n, 1). Legacy ones
    have ``moments`` of shape (n, 5); tensors have shape (n, 0), and edges and counts in rows.
    """

    records: Ints
    steps: Ints
    wall_times: Floats
    streams: NDArray[np.uint16]
    sizes: Ints
    edges: Ints
    counts: Ints
    moments: Floats

    def where(self, places: NDArray[np.bool_] | Ints) -> Histograms:
        """Those at ``places``."""
        return Histograms._make(column[places] for column in self)

    @property
    def size(self) -> int:
        """What their buckets take, in bytes."""
        return int(self.sizes.sum()) * (16 if self.moments.shape[1] else _ROW)

    def arrivals(
        self, first: Ints, spans: Ints, streams: Streams, buffer: NDArray[np.uint8]
    ) -> list[Arrival]:
        """The columns of each span with the slots at which they arrive.

        ``first`` is the first slot of each record, ``spans`` begin at slots.
        """
        cells = Cells(first.take(self.records), self.streams[:, 0], self.steps, self.wall_times)
        return arrivals(cells, spans, streams, lambda order: self.where(order)._packed(buffer).pick)

    def _packed(self, buffer: NDArray[np.uint8]) -> Buckets:
        """Their buckets, copied out of the buffer."""
        if not self.moments.shape[1]:
            rows = _copied(buffer, self.edges, _ROW * self.sizes)
            return Buckets.of_rows(rows.reshape(-1, 3), self.sizes)
        edges = _copied(buffer, self.edges, 8 * self.sizes)
        counts = _copied(buffer, self.counts, 8 * self.sizes)
        return Buckets.of_protos(edges, counts, self.sizes, self.moments)


def _copied(buffer: NDArray[np.uint8], starts: Ints, sizes: Ints) -> Floats:
    """The doubles in the given bytes, one stretch after the other."""
    view = buffer.data
    spans = zip(starts.tolist(), (starts + sizes).tolist(), strict=True)
    return np.frombuffer(b"".join([view[start:stop] for start, stop in spans]), "<f8")


class HistogramReader:
    """Reads histograms; one serves for many buffers."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._known: dict[str, dict[tuple[bytes, bytes], int]] = {}

    def read(
        self, buffer: NDArray[np.uint8], frames: Frames, records: Ints
    ) -> tuple[list[Histograms], Ints]:
        """The histograms among ``records``, and those of ``records`` that are left over."""
        if len(records) < _FEW:
            return [], records
        places = frames.offsets[records]
        payloads = places + HEADER
        event = Cursors(buffer, payloads, payloads + frames.lengths[records])
        event.fits &= crc.masked_of_eight(buffer, places) == numbers_at(buffer, "<u4", places + 8)
        walls, steps = event.double(1), event.integer(2)
        summary = event.message(5)
        event.expect_end()
        if not event.fits.any():
            return [], records
        value = summary.message(1)
        summary.expect_end()
        tag = value.content(1)
        found, left = [], np.ones(len(records), bool)
        for kind, field, walk in (HISTOGRAM, 5, _walk_legacy), (TENSOR, 8, _walk_tensor):
            these = np.flatnonzero(value.fits & value.has_bytes(field))
            if not len(these):
                continue
            one = value.among(these)
            buckets = walk(one.message(field))
            metadata = one.content(9, optional=True)
            one.expect_end()
            texts = np.stack([payloads[these], one.end, *_at(tag, these), *metadata])
            streams = self._verified_streams(kind, buffer, texts, one.fits)
            good = streams != NONE
            if not good.any():
                continue
            these = these[good]
            left[these] = False
            common = records[these], steps[these], walls[these], streams[good, None]
            found.append(Histograms(*common, *_at(buckets, good)))
        return found, records[left]

    def _verified_streams(
        self, kind: str, buffer: NDArray[np.uint8], texts: Ints, fits: Mask
    ) -> NDArray[np.uint16]:
        """The stream of each record; NONE if it does not fit or its payload's checksum is wrong.

        ``texts`` are where payloads, tags and metadata begin and end: int64, shape (6, n).
        """
        places = np.flatnonzero(fits)
        starts, stops = texts[:2, places]
        stored = crc.unmasked(numbers_at(buffer, "<u4", stops))
        right = crc.of_each(buffer, starts, stops) == stored
        places = places[right]
        tags, metadata = (
            bytes_at(buffer, *texts[side][:, places]) for side in (slice(2, 4), slice(4, 6))
        )
        streams = np.full(len(fits), NONE, np.uint16)
        streams[places] = self._numbers(kind, list(zip(tags, metadata, strict=True)))
        return streams

    def _numbers(self, kind: str, texts: list[tuple[bytes, bytes]]) -> list[int]:
        """The number of the stream of each tag and metadata, NONE if there is none."""
        known = self._known.setdefault(kind, {})
        if None in map(known.get, texts):
            for text in dict.fromkeys(texts):
                if text in known:
                    continue
                number = self._streams.number(Stream(kind, *text), HISTOGRAMS)
                known[text] = NONE if number is None else number
        return [known[text] for text in texts]


def _at(columns: Iterable[NDArray[Any]], places: Ints | Mask) -> list[NDArray[Any]]:
    return [column[places] for column in columns]


def _walk_legacy(value: Cursors) -> tuple[Ints, Ints, Ints, Floats]:
    """Sizes in buckets, where limits and counts begin, moments; of a HistogramProto."""
    moments = np.column_stack([value.double(field) for field in range(1, 6)])
    limits, limits_end = value.content(6)
    counts, counts_end = value.content(7)
    value.expect_end()
    size = limits_end - limits
    value.fits &= (size == counts_end - counts) & (size % 8 == 0) & (size > 0)
    return size // 8, limits, counts, moments


def _walk_tensor(value: Cursors) -> tuple[Ints, Ints, Ints, Floats]:
    """Sizes in buckets, where rows begin (twice), no moments; of a TensorProto of doubles."""
    value.expect(_DOUBLES)
    shape = value.message(2)
    first = shape.message(2)
    shape.expect(_BY_THREE)
    shape.expect_end()
    size = first.integer(1)
    first.expect_end()
    rows, rows_end = value.content(4)
    value.expect_end()
    value.fits &= (size > 0) & (rows_end - rows == _ROW * size)
    return size, rows, rows, np.zeros((len(size), 0))
