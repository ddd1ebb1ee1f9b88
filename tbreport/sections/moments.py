"""What histograms say of the values they were taken of: moments, extremes, zeros, over steps.

Writers of legacy histograms keep the exact sums; what TensorFlow 2 keeps gives estimates from the
middles of its buckets. ``exact`` tells which, value by value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.model import HistogramSeries

Floats = NDArray[np.float64]

# A bucket tells the share of zeros only if hardly anything but zero fits into it.
_ZERO_WIDTH = 1e-6  # of the largest absolute value


@dataclass(frozen=True, eq=False)
class Moments:
    """Measures of each histogram of a series, all float64 of shape (n,), NaN where unknown.

    ``mean_abs`` is always an estimate from buckets; ``largest`` is max |x| and exact; ``zeros`` is
    the share of elements that are 0, where the buckets can tell.
    """

    mean: Floats
    std: Floats
    rms: Floats
    mean_abs: Floats
    largest: Floats
    zeros: Floats
    exact: bool


def moments(series: HistogramSeries) -> Moments:
    """The measures of every histogram in ``series``."""
    num = np.where(series.num > 0, series.num, np.nan)
    estimates = np.array([_estimates(series.buckets(i)) for i in range(len(series))])
    estimates = estimates.reshape(-1, 3)
    known = np.isfinite(series.sum_squares) & np.isfinite(series.sum)
    mean = np.where(known, series.sum / num, estimates[:, 0])
    square = np.where(known, series.sum_squares / num, estimates[:, 1])
    with np.errstate(invalid="ignore"):
        rms = np.sqrt(square)
        # A constant has no spread: rounding of the sums must not give it one.
        constant = series.minimum == series.maximum
        std = np.where(constant, 0.0, np.sqrt(np.maximum(square - mean * mean, 0.0)))
    largest = np.maximum(np.abs(series.minimum), np.abs(series.maximum))
    zeros = np.array([_zeros(series, i) for i in range(len(series))], np.float64)
    return Moments(mean, std, rms, estimates[:, 2], largest, zeros, bool(known.all()))


def _estimates(buckets: Floats) -> tuple[float, float, float]:
    """Mean, mean square and mean absolute from the middles of the buckets."""
    total = buckets[:, 2].sum() if len(buckets) else 0.0
    if not total > 0 or not np.isfinite(buckets).all():
        return np.nan, np.nan, np.nan
    middle = buckets[:, 0] / 2 + buckets[:, 1] / 2
    weight = buckets[:, 2] / total
    with np.errstate(over="ignore"):
        square = float((weight * middle**2).sum())
    return float((weight * middle).sum()), square, float((weight * np.abs(middle)).sum())


def _zeros(series: HistogramSeries, index: int) -> float:
    """The share of zeros: all, none, or that of a bucket that can hold little else."""
    low, high = series.minimum[index], series.maximum[index]
    if low == 0 == high:
        return 1.0
    if low > 0 or high < 0:
        return 0.0
    buckets = series.buckets(index)
    total = buckets[:, 2].sum() if len(buckets) else 0.0
    holding = buckets[(buckets[:, 0] <= 0) & (buckets[:, 1] >= 0)]
    limit = _ZERO_WIDTH * max(abs(low), abs(high))
    narrow = len(holding) > 0 and float((holding[:, 1] - holding[:, 0]).max()) <= limit
    return float(holding[:, 2].sum() / total) if narrow and total > 0 else np.nan
