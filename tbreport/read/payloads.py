"""Payloads: what many values of one tag hold, in as few objects as they allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tbreport.model import AudioClip, EncodedImage, Floats, Ints


@dataclass(frozen=True)
class HistogramValue:
    """A legacy HistogramProto: float64 arrays of equal length, and its exact moments."""

    limits: Floats
    counts: Floats
    minimum: float
    maximum: float
    num: float
    sum: float
    sum_squares: float


class Ragged(Sequence[Floats]):
    """Arrays of different lengths, cut out of larger ones when they are asked for.

    The i-th is ``sources[source[i]][starts[i]:stops[i]]``; these three are int64, shape (n,).
    """

    __slots__ = ("_source", "_sources", "_starts", "_stops")

    def __init__(self, sources: Sequence[Floats], source: Ints, starts: Ints, stops: Ints) -> None:
        self._sources = sources
        self._source = source
        self._starts = starts
        self._stops = stops

    def __len__(self) -> int:
        return len(self._source)

    @overload
    def __getitem__(self, place: int) -> Floats: ...
    @overload
    def __getitem__(self, place: slice) -> Ragged: ...
    def __getitem__(self, place: int | slice) -> Floats | Ragged:
        if isinstance(place, slice):
            where = self._source[place], self._starts[place], self._stops[place]
            return Ragged(self._sources, *where)
        found: Floats = self._sources[self._source[place]]
        return found[self._starts[place] : self._stops[place]]


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Many histograms.

    The buckets of the i-th are ``starts[i]`` to ``stops[i]`` of the edges and counts (float64) in
    ``sources[source[i]]``; legacy protos have edges of shape (k,), tensors of shape (k, 2).
    ``moments`` (shape (n, 5)) are minimum, maximum, num, sum and sum of squares.
    """

    sources: Sequence[tuple[Floats, Floats]]
    source: Ints
    starts: Ints
    stops: Ints
    moments: Floats

    def __len__(self) -> int:
        return len(self.source)

    @classmethod
    def of_protos(cls, limits: Floats, counts: Floats, sizes: Ints, moments: Floats) -> Buckets:
        """From the limits and counts of legacy protos, one after the other."""
        stops = np.cumsum(sizes)
        return cls(
            [(limits, counts)], np.zeros(len(sizes), np.int64), stops - sizes, stops, moments
        )

    @classmethod
    def of_rows(cls, rows: Floats, sizes: Ints) -> Buckets:
        """From tensors of rows (left, right, count), one after the other."""
        edges, counts = rows[:, :2], rows[:, 2]
        stops = np.cumsum(sizes)
        moments = _moments(rows, stops - sizes, stops)
        return cls.of_protos(edges, counts, sizes, moments)

    @classmethod
    def join(cls, parts: Sequence[Buckets]) -> Buckets:
        """Several in one."""
        if len(parts) == 1:
            return parts[0]
        sizes = [len(part.sources) for part in parts]
        before = np.cumsum([0, *sizes])[:-1]
        none = np.zeros(0, np.int64)
        return cls(
            [source for part in parts for source in part.sources],
            np.concatenate(
                [none, *(part.source + count for part, count in zip(parts, before, strict=True))]
            ),
            np.concatenate([none, *(part.starts for part in parts)]),
            np.concatenate([none, *(part.stops for part in parts)]),
            np.concatenate([np.zeros((0, 5)), *(part.moments for part in parts)]),
        )

    def pick(self, places: Ints | slice) -> Buckets:
        """Those at ``places``; their buckets are not copied."""
        source, starts, stops = self.source[places], self.starts[places], self.stops[places]
        return Buckets(self.sources, source, starts, stops, self.moments[places])

    def copy(self) -> Buckets:
        """The same with buckets of its own."""
        each = zip(self.edges, self.counts, strict=True)
        sources = [(edges.copy(), counts.copy()) for edges, counts in each]
        stops = self.stops - self.starts
        places = np.arange(len(self))
        return Buckets(sources, places, np.zeros_like(stops), stops, self.moments.copy())

    @property
    def weight(self) -> int:
        """What their buckets take in memory, in bytes."""
        widths = np.array([16 if edges.ndim == 1 else 24 for edges, _ in self.sources])
        return int((self.stops - self.starts) @ widths[self.source])

    @property
    def legacy(self) -> NDArray[np.bool_]:
        """Which of them were legacy protos."""
        found: NDArray[np.bool_] = np.array([edges.ndim == 1 for edges, _ in self.sources], bool)
        return found[self.source]

    @property
    def edges(self) -> Ragged:
        """The edges of each."""
        sources = [edges for edges, _ in self.sources]
        return Ragged(sources, self.source, self.starts, self.stops)

    @property
    def counts(self) -> Ragged:
        """The counts of each."""
        sources = [counts for _, counts in self.sources]
        return Ragged(sources, self.source, self.starts, self.stops)

    def unpacked(self) -> list[Any]:
        """Each as it is when it comes alone: a ``HistogramValue`` or an array of rows."""
        each = zip(self.edges, self.counts, self.moments.tolist(), strict=True)
        return [
            HistogramValue(edges, counts, *moments)
            if edges.ndim == 1
            else np.column_stack([edges, counts])
            for edges, counts, moments in each
        ]


def _moments(rows: Floats, starts: Ints, stops: Ints) -> Floats:
    """What legacy protos state about each histogram, as far as rows tell: shape (n, 5).

    Sum and sum of squares are NaN, and where nothing was counted so are minimum and maximum.
    """
    moments = np.full((len(starts), 5), np.nan)
    moments[:, 2] = 0.0
    filled = stops > starts
    if filled.any():
        first, last = starts[filled], stops[filled] - 1
        # Each sum depends on the counts of its histogram only, whatever stands beside them.
        num = np.add.reduceat(rows[:, 2], first)
        moments[filled, 2] = num
        moments[filled, 0] = np.where(num > 0, rows[first, 0], np.nan)
        moments[filled, 1] = np.where(num > 0, rows[last, 1], np.nan)
    return moments


Payloads = list[Any] | NDArray[np.float32] | Buckets


def unpacked(payloads: Payloads) -> list[Any]:
    """The payloads as they are when they come alone; float32 are those of tensors."""
    if isinstance(payloads, Buckets):
        return payloads.unpacked()
    if isinstance(payloads, np.ndarray):
        return [payloads[place : place + 1].reshape(()) for place in range(len(payloads))]
    return payloads


def weight(payload: Any) -> int:
    """What one payload, as it is when it comes alone, takes in memory: bytes, roughly."""
    if payload is None or isinstance(payload, float):
        return 0
    if isinstance(payload, HistogramValue):
        return payload.limits.nbytes + payload.counts.nbytes
    if isinstance(payload, EncodedImage | AudioClip):
        return len(payload.data)
    if payload.dtype == object:
        return sum(map(len, payload.reshape(-1).tolist()))
    return int(payload.nbytes)


def weight_of_all(payloads: Payloads) -> int:
    """What payloads take in memory beside the arrays of scalars: bytes, roughly."""
    if isinstance(payloads, np.ndarray):
        return 0
    return payloads.weight if isinstance(payloads, Buckets) else sum(map(weight, payloads))


def is_scalar(payload: Any) -> bool:
    """Whether a payload, as it is when it comes alone, is one number."""
    if isinstance(payload, np.ndarray):
        return not payload.ndim and not payload.dtype.hasobject
    return isinstance(payload, float)


def detached(payloads: Payloads) -> Payloads:
    """The payloads in memory of their own."""
    return payloads if isinstance(payloads, list) else payloads.copy()
