"""Payloads: what many values of one tag hold, in as few objects as they allow."""

from __future__ import annotations

from dataclasses import dataclass
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
    ``edges`` and ``counts`` (float64). Legacy protos have ``edges`` of shape (k,) and ``moments``
    of shape (n, 5): minimum, maximum, num, sum, sum of squares; tensors have ``edges`` of shape
    (k, 2) and no ``moments``.
    """

    edges: Floats
    counts: Floats
    bounds: Ints
    moments: Floats | None = None

    def __len__(self) -> int:
        return len(self.bounds) - 1


Payloads = list[Any] | NDArray[np.float32] | Buckets


def unpacked(payloads: Payloads) -> list[Any]:
    """The payloads as they are when they come one by one; float32 are those of tensors."""
    if isinstance(payloads, np.ndarray):
        return [payloads[place : place + 1].reshape(()) for place in range(len(payloads))]
    if isinstance(payloads, list):
        return payloads
    edges, counts = histograms(payloads)
    if payloads.moments is None:
        return [np.column_stack(parts) for parts in zip(edges, counts, strict=True)]
    moments = payloads.moments.tolist()
    return [
        HistogramValue(*parts, *rest) for *parts, rest in zip(edges, counts, moments, strict=True)
    ]


def histograms(buckets: Buckets) -> tuple[list[Floats], list[Floats]]:
    """The edges and the counts of each histogram, as views."""
    bounds = buckets.bounds.tolist()
    edges, counts = buckets.edges, buckets.counts
    spans = [slice(*pair) for pair in zip(bounds[:-1], bounds[1:], strict=True)]
    return [edges[span] for span in spans], [counts[span] for span in spans]


def moments(buckets: Buckets) -> Floats:
    """Minimum, maximum, num, sum and sum of squares: shape (n, 5).

    Tensors do not keep the last two, which are NaN, and where nothing was counted so are the first.
    """
    if buckets.moments is not None:
        return buckets.moments
    found = np.full((len(buckets), 5), np.nan)
    found[:, 2] = 0.0
    filled = np.flatnonzero(np.diff(buckets.bounds))
    if len(filled):
        first, last = buckets.bounds[filled], buckets.bounds[filled + 1] - 1
        # The sum of one histogram depends on its own counts only, whatever stands beside them.
        counts = buckets.counts[: last[-1] + 1]
        found[filled, 2] = np.add.reduceat(counts, first)
        counted = found[filled, 2] > 0
        found[filled[counted], 0] = buckets.edges[first[counted], 0]
        found[filled[counted], 1] = buckets.edges[last[counted], 1]
    return found
