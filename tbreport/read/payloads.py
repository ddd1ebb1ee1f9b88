"""Payloads: what many values of one tag hold, in as few objects as they allow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Floats, Ints


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


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Many histograms of one dialect, their buckets one after the other.

    The buckets of the i-th are ``bounds[i]`` to ``bounds[i + 1]`` (int64, shape (n + 1,)) of
    ``edges`` and ``counts`` (float64); legacy protos have ``edges`` of shape (k,), tensors of shape
    (k, 2). ``moments`` (shape (n, 5)) are minimum, maximum, num, sum and sum of squares.
    """

    edges: Floats
    counts: Floats
    bounds: Ints
    moments: Floats

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def legacy(self) -> bool:
        """Whether these were legacy protos."""
        return self.edges.ndim == 1

    @classmethod
    def of_rows(cls, rows: Floats, bounds: Ints) -> Buckets:
        """From tensors of rows (left, right, count), one after the other."""
        return cls(rows[:, :2], rows[:, 2], bounds, _moments(rows, bounds))

    def part(self, span: slice) -> Buckets:
        """Some of them, without copying."""
        bounds = self.bounds[span.start : span.stop + 1]
        return Buckets(self.edges, self.counts, bounds, self.moments[span])

    def views(self) -> tuple[list[Floats], list[Floats]]:
        """The edges and the counts of each."""
        pairs = list(pairwise(self.bounds.tolist()))
        edges, counts = self.edges, self.counts
        return [edges[i:j] for i, j in pairs], [counts[i:j] for i, j in pairs]

    def unpacked(self) -> list[Any]:
        """Each as it is when it comes alone: a ``HistogramValue`` or an array of rows."""
        edges, counts = self.views()
        if not self.legacy:
            return [np.column_stack(parts) for parts in zip(edges, counts, strict=True)]
        each = zip(edges, counts, self.moments.tolist(), strict=True)
        return [HistogramValue(limits, counted, *rest) for limits, counted, rest in each]


def _moments(rows: Floats, bounds: Ints) -> Floats:
    """What legacy protos state about each histogram, as far as rows tell: shape (n, 5).

    Sum and sum of squares are NaN, and where nothing was counted so are minimum and maximum.
    """
    moments = np.full((len(bounds) - 1, 5), np.nan)
    moments[:, 2] = 0.0
    filled = np.flatnonzero(np.diff(bounds))
    if len(filled):
        first, last = bounds[filled], bounds[filled + 1] - 1
        # Each sum depends on the counts of its histogram only, whatever stands beside them.
        moments[filled, 2] = np.add.reduceat(rows[: last[-1] + 1, 2], first)
        counted = moments[filled, 2] > 0
        moments[filled[counted], 0] = rows[first[counted], 0]
        moments[filled[counted], 1] = rows[last[counted], 1]
    return moments


Payloads = list[Any] | NDArray[np.float32] | Buckets


def unpacked(payloads: Payloads) -> list[Any]:
    """The payloads as they are when they come alone; float32 are those of tensors."""
    if isinstance(payloads, Buckets):
        return payloads.unpacked()
    if isinstance(payloads, np.ndarray):
        return [payloads[place : place + 1].reshape(()) for place in range(len(payloads))]
    return payloads
