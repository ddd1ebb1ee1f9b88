"""The spread of several series of one quantity: their mean and standard deviation along x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Spread:
    """Mean and standard deviation of ``count`` series at each ``x``; all of shape (m,).

    ``x``, float64, ascends. ``deviation`` is that of a sample (n - 1), NaN where ``count`` is 1;
    where ``count`` is 0 so is ``mean``.
    """

    x: Floats
    mean: Floats
    deviation: Floats
    count: Ints


def spread_of(series: Sequence[tuple[Floats, Floats]]) -> Spread:
    """The spread of series (x, y), each a pair of float64 arrays of one shape (n,), in any order.

    They are put on the union of their x by linear interpolation, each only between its own first
    and last x. A value that isn't finite counts nowhere, nor do the stretches to its neighbours; of
    values at one x the last counts; points whose x isn't finite are left out.
    """
    placed = [_placed(x, y) for x, y in series]
    union = np.unique(np.concatenate([np.zeros(0), *(x for x, _ in placed)]))
    count = np.zeros(len(union), np.int64)
    mean, squares = np.zeros(len(union)), np.zeros(len(union))
    # Welford's sums: one series after the other, so that memory does not grow with their number.
    for x, y in placed:
        values = np.interp(union, x, y, left=np.nan, right=np.nan) if len(x) else union * np.nan
        there = np.isfinite(values)
        count += there
        step = np.where(there, values - mean, 0.0)
        mean += step / np.maximum(count, 1)
        squares += step * np.where(there, values - mean, 0.0)
    deviation = np.full(len(union), np.nan)
    several = count > 1
    deviation[several] = np.sqrt(squares[several] / (count[several] - 1))
    return Spread(union, np.where(count > 0, mean, np.nan), deviation, count)


def _placed(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The points in order of x, one at each; NaN for a value that isn't finite."""
    known = np.isfinite(x)
    x, y = x[known], np.where(np.isfinite(y[known]), y[known], np.nan)
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    newest = np.append(x[1:] != x[:-1], True)[: len(x)]
    return x[newest], y[newest]
