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
    """Many histograms, their buckets one after the other.

    The buckets of the i-th are ``bounds[i]`` to ``bounds[i + 1]`` (int64, shape (n + 1,)).
    ``edges`` and ``counts`` (float64) hold all of them: ``edges`` has shape (k,) and ``moments``
    shape (n, 5) for legacy protos (minimum, maximum, num, sum, sum of squares); for tensors
    ``edges`` has shape (k, 2) and ``moments`` is None.
    """

    edges: Floats
    counts: Floats
    bounds: Ints
    moments: Floats | None

    def __len__(self) -> int:
        return len(self.bounds) - 1


Payloads = list[Any] | NDArray[np.float32] | Buckets


def unpacked(payloads: Payloads) -> list[Any]:
    """The payloads one by one, as they are when they arrive alone; float32 are tensors'."""
    if isinstance(payloads, Buckets):
        return _histograms(payloads)
    if isinstance(payloads, np.ndarray):
        return [payloads[place : place + 1].reshape(()) for place in range(len(payloads))]
    return payloads


def _histograms(buckets: Buckets) -> list[Any]:
    bounds = buckets.bounds.tolist()
    spans = [slice(*pair) for pair in zip(bounds, bounds[1:], strict=False)]
    edges, counts = [buckets.edges[span] for span in spans], [buckets.counts[span] for span in spans]
    if buckets.moments is None:
        return [np.column_stack(parts) for parts in zip(edges, counts, strict=True)]
    moments = buckets.moments.tolist()
    return [HistogramValue(*parts, *rest) for *parts, rest in zip(edges, counts, moments, strict=True)]
