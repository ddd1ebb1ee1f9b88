"""Numbers about numbers: smoothing, thinning out, ranges, histograms, and how a number reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PADDING = 0.05  # of the range on each side; TensorBoard's lib/scale.ts
OUTLIERS = 0.05  # of the points, cut from each end of the y range; line_chart_internal_utils.ts
DECADES = 3.0  # a range wider than this reads better on a logarithmic axis
TOGETHER = 4096  # buckets shared out at a time: a megabyte
NEGLIGIBLE = 1e-20  # a weight far below float64's resolution
ROUNDING = 1e-14  # relative: some steps of float64, which a mean is off by
WIDEST = 1e300  # values are clipped to it so that no range overflows

# compressor.py: the percentiles of a distribution chart in units of 0.01 %: the ends and
# mu, mu +- 0.5, 1 and 1.5 sigma of a normal distribution.
BASIS_POINTS = (0, 668, 1587, 3085, 5000, 6915, 8413, 9332, 10000)


@dataclass(frozen=True, eq=False)
class Envelope:
    """A curve thinned out to pixel columns; all three arrays are float64 of shape (m,).

    ``low`` and ``high`` are the smallest and largest finite value of each column, ``low is high``
    where nothing was thinned out. NaN marks a column that holds no finite value: the curve breaks.
    """

    x: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.x)


class Domain(NamedTuple):
    """A range of y to draw, and how many finite points fall outside it."""

    low: float
    high: float
    outside: int


def smooth(values: Floats, weight: float) -> Floats:
    """TensorBoard's debiased exponential moving average; float64 of the same shape (n,).

    ``weight`` is clamped to 0..1. A value that isn't finite stays as it is and leaves the average
    alone; a series of one constant is returned unchanged. The same formula as
    ``line_chart_v2/data_transformer.ts``; rounding may differ in the last bits because the
    recurrence is summed in a doubling scan (40 us for 5,000 points; a Python loop takes 350 us).
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) == 0 or bool((values == values[0]).all()):
        return values
    weight = min(max(weight, 0.0), 1.0)
    finite = np.isfinite(values)
    every = bool(finite.all())
    average = (1.0 - weight) * (values if every else values[finite])
    factor, shift = weight, 1
    while shift < len(average) and factor > NEGLIGIBLE:
        average[shift:] += factor * average[:-shift]
        factor, shift = factor * factor, 2 * shift
    if 0.0 < weight < 1.0:  # beyond ``early`` the divisor is 1
        early = min(len(average), math.ceil(math.log(NEGLIGIBLE) / math.log(weight)))
        average[:early] /= 1.0 - weight ** np.arange(1.0, early + 1.0)
    if every:
        return average
    smoothed = values.copy()
    smoothed[finite] = average
    return smoothed


def envelope(
    x: Floats, y: Floats, columns: int, low: float | None = None, high: float | None = None
) -> Envelope:
    """Thin a curve out to at most ``columns`` equal columns of x, keeping each one's min and max.

    ``x`` and ``y``: shape (n,); ``x`` may be unevenly spaced and unsorted (the result is sorted).
    ``low`` and ``high`` are the ends of x that the columns divide: the range of a shared axis, so
    that columns are pixel columns; by default the ends of ``x``. Points beyond them go to the outer
    columns. With no more than ``columns`` points the curve is kept as it is, with its NaN; points
    whose x isn't finite are left out.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    placed = np.isfinite(x)
    if not placed.all():
        x, y = x[placed], y[placed]
    if len(x) > 1 and bool((x[1:] < x[:-1]).any()):
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    finite = np.isfinite(y)
    if len(x) <= max(columns, 1):
        y = y if finite.all() else np.where(finite, y, np.nan)
        return Envelope(x, y, y)
    start = x[0] if low is None else low
    width = ((x[-1] if high is None else high) - start) / columns
    scaled = (x - start) / width if width > 0 else np.zeros(len(x))
    column = np.clip(scaled, 0, columns - 1).astype(np.int64)
    first = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    middle = np.add.reduceat(x, first) / np.diff(np.append(first, len(x)))
    middle[0], middle[-1] = x[0], x[-1]  # the curve begins and ends where it did
    if finite.all():
        return Envelope(middle, np.minimum.reduceat(y, first), np.maximum.reduceat(y, first))
    lows = np.minimum.reduceat(np.where(finite, y, np.inf), first)
    highs = np.maximum.reduceat(np.where(finite, y, -np.inf), first)
    empty = lows > highs
    lows[empty] = highs[empty] = np.nan
    return Envelope(middle, lows, highs)


def extremes(x: Floats, y: Floats, columns: int) -> NDArray[np.intp]:
    """Which points to keep of a curve, int (m,), in order of x: what ``envelope`` shows, as points.

    Of each of ``columns`` equal columns of x the lowest, the highest and the first value that
    isn't finite, and both ends: at most ``3 * columns + 2``. With no more than ``2 * columns``
    points all are kept; points whose x isn't finite never are.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    order = np.flatnonzero(np.isfinite(x))
    order = order[np.argsort(x[order], kind="stable")]
    if len(order) <= 2 * columns:
        return order
    x, y = x[order], y[order]
    width = (x[-1] - x[0]) / columns
    scaled = (x - x[0]) / width if width > 0 else np.zeros(len(x))
    column = np.clip(scaled, 0, columns - 1).astype(np.int64)
    first = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    size = np.diff(np.append(first, len(x)))
    finite = np.isfinite(y)
    downs, ups = np.where(finite, y, np.inf), np.where(finite, y, -np.inf)
    picked = [np.array([0, len(x) - 1])]
    sides = [
        finite & (y == np.repeat(np.minimum.reduceat(downs, first), size)),
        finite & (y == np.repeat(np.maximum.reduceat(ups, first), size)),
    ]
    for there in sides if finite.all() else (*sides, ~finite):
        places = np.flatnonzero(there)
        at = column[places]
        picked.append(places[np.concatenate([[True], at[1:] != at[:-1]])[: len(at)]])
    return np.asarray(order[np.unique(np.concatenate(picked))])


def y_domain(series: Iterable[Floats], log: bool = False) -> Domain:
    """The range of y that TensorBoard shows with "Ignore outliers" on, pooled over ``series``.

    Give it the smoothed values when the smoothed lines are what is to be read. Only finite values
    count, and on a logarithmic axis only positive ones. Of more than two points the 5th to the 95th
    percentile is kept, then padded and widened to round numbers (``lib/scale.ts``).
    """
    arrays = [np.asarray(values, dtype=np.float64).ravel() for values in series]
    values = np.concatenate(arrays) if arrays else np.zeros(0)
    values = np.clip(values[np.isfinite(values)], -WIDEST, WIDEST)
    values = np.sort(values[values > 0] if log else values)
    count = len(values)
    if count == 0:
        return Domain(5e-324, 1.0, 0) if log else Domain(0.0, 1.0, 0)
    low, high = float(values[0]), float(values[-1])
    if count > 2:
        low = float(values[math.ceil((count - 1) * OUTLIERS)])
        high = float(values[math.floor((count - 1) * (1 - OUTLIERS))])
    low, high = (low * 0.5, high * 2.0) if log else _padded(low, high)
    outside = count - int(np.searchsorted(values, high, "right"))
    outside += int(np.searchsorted(values, low, "left"))
    return Domain(low, high, outside)


def _padded(low: float, high: float) -> tuple[float, float]:
    if low == high:
        if low == 0:
            return -1.0, 1.0
        return (2 * low, 0.0) if low < 0 else (0.0, 2 * low)
    padding = (high - low + np.finfo(np.float64).eps) * PADDING
    low, high = nice_range(low - padding, high + padding)
    return low, high


def nice_range(low: float, high: float, count: int = 10) -> tuple[float, float]:
    """The range widened to multiples of a round step, as d3's ``scale.nice(count)``."""
    previous = 0.0
    for _ in range(10):
        step = nice_step(low, high, count)
        if step == previous or not math.isfinite(step) or step <= 0:
            break
        # Dividing by 10, not multiplying by 0.1, keeps the ends the decimals that readers expect.
        if step >= 1:
            low, high = math.floor(low / step) * step, math.ceil(high / step) * step
        else:
            parts = round(1 / step)
            low, high = math.floor(low * parts) / parts, math.ceil(high * parts) / parts
        previous = step
    return low, high


def nice_step(low: float, high: float, count: int) -> float:
    """The step of 1, 2 or 5 times a power of ten that cuts the range into about ``count`` parts.

    d3-array's ``tickIncrement``; 0 for a range that is empty or not finite.
    """
    rough = (high - low) / max(count, 1)
    if not (rough > 0 and math.isfinite(rough)):
        return 0.0
    power = math.floor(math.log10(rough))
    scale = 10.0**power if power > -308 else 0.0
    if scale == 0:
        return 0.0
    error = rough / scale
    step = 10 if error >= 50**0.5 else 5 if error >= 10**0.5 else 2 if error >= 2**0.5 else 1
    return step * scale if power >= 0 else step / 10.0**-power


def spans_decades(values: Floats) -> bool:
    """Whether the finite values are all positive and span more than three powers of ten."""
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if len(values) == 0 or values.min() <= 0:
        return False
    return bool(np.log10(values.max()) - np.log10(values.min()) > DECADES)


def rebin(slices: Sequence[Floats], bins: int = 30) -> tuple[Floats, Floats]:
    """Histograms on common bins: ``edges`` (bins + 1,) and ``counts`` (slices, bins), float64.

    Each slice holds rows (left, right, count), shape (k, 3). As TensorBoard's histogram chart:
    equal bins over the range of all slices, each count shared out by overlap, a bucket of no width
    going whole into the bin that contains it. Buckets with ends that aren't finite are left out.
    """
    slices = [np.clip(rows[np.isfinite(rows).all(axis=1)], -WIDEST, WIDEST) for rows in slices]
    filled = [rows for rows in slices if len(rows)]
    low = min((float(rows[:, 0].min()) for rows in filled), default=0.0)
    high = max((float(rows[:, 1].max()) for rows in filled), default=1.0)
    if low == high:
        low, high = sorted((low / 1.1 - 1, high * 1.1 + 1))
    edges = np.linspace(low, high, bins + 1)
    counts = np.zeros((len(slices), bins))
    owner = np.repeat(np.arange(len(slices)), [len(rows) for rows in slices])
    buckets = np.concatenate([np.zeros((0, 3)), *slices])
    for start in range(0, len(owner), TOGETHER):
        some = slice(start, start + TOGETHER)
        _share(counts, edges, owner[some], *buckets[some].T)
    return edges, counts


def _share(
    counts: Floats, edges: Floats, owner: Ints, left: Floats, right: Floats, count: Floats
) -> None:
    """Add buckets to the row of ``counts`` that each belongs to, shared out by overlap."""
    wide = right > left
    width = np.where(wide, right - left, 1.0)
    overlap = np.minimum(right[:, None], edges[1:]) - np.maximum(left[:, None], edges[:-1])
    share = np.clip(overlap, 0, None) / width[:, None]
    share *= np.where(wide, count, 0.0)[:, None]
    first = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    counts[owner[first]] += np.add.reduceat(share, first)
    spike = np.clip(np.searchsorted(edges, left[~wide], "right") - 1, 0, counts.shape[1] - 1)
    np.add.at(counts, (owner[~wide], spike), count[~wide])


def basis_points(buckets: Floats) -> Floats:
    """The nine percentiles ``BASIS_POINTS`` of a histogram, float64 (9,), ascending.

    ``buckets``: rows (left, right, count), shape (k, 3). Linear interpolation in the cumulative
    count, as TensorBoard's ``compressor.py``; all 0 for a histogram that holds nothing.
    """
    buckets = np.asarray(buckets, dtype=np.float64).reshape(-1, 3)
    total = float(np.clip(buckets[:, 2], 0, None).sum())
    if not (total > 0 and math.isfinite(total)):
        return np.zeros(len(BASIS_POINTS))
    buckets = buckets[buckets[:, 2] > total * np.finfo(np.float64).eps]
    weights = buckets[:, 2] * BASIS_POINTS[-1] / total
    above = np.cumsum(weights)
    wanted = np.array(BASIS_POINTS, dtype=np.float64)
    bucket = np.minimum(np.searchsorted(above, wanted, "right"), len(buckets) - 1)
    left, right, _ = buckets[bucket].T
    share = np.clip((wanted - (above - weights)[bucket]) / weights[bucket], 0.0, 1.0)
    return np.asarray(left + share * (right - left))


_FIXED = Context(prec=4, rounding=ROUND_HALF_UP)
_SCIENTIFIC = Context(prec=3, rounding=ROUND_HALF_UP)


def format_number(value: float) -> str:
    """A number as TensorBoard writes it (``lib/formatter.ts``): "0.1235", "1.23e+4", "0".

    Four significant digits, or three and a power of ten from 10,000 up and below 0.001; no trailing
    zeros; "NaN", "Inf" and "-Inf".
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    if 0.001 <= abs(value) < 10000:
        return _trimmed(f"{_FIXED.create_decimal_from_float(value):f}")
    rounded = _SCIENTIFIC.create_decimal_from_float(value)
    exponent = rounded.adjusted()
    mantissa = _trimmed(f"{rounded.scaleb(-exponent):f}")
    return f"{mantissa}e{exponent:+d}"


def format_spread(mean: float, deviation: float) -> str:
    """A mean with its deviation, no more digits than that makes sense: "0.206 ± 0.078".

    The deviation has two significant digits and the mean as many decimals; where the two are of
    very different size, or very large or small, both are as ``format_number`` writes them. What is
    left by rounding the mean of equal values is no deviation.
    """
    if deviation < ROUNDING * abs(mean):
        deviation = 0.0
    plain = all(value == 0 or 0.001 <= abs(value) < 10000 for value in (mean, deviation))
    if not plain or deviation < 0.0001 * abs(mean) or not deviation > 0:
        return f"{format_number(mean)} ± {format_number(deviation)}"
    decimals = max(0, 1 - math.floor(math.log10(deviation)))
    return f"{mean:.{decimals}f} ± {deviation:.{decimals}f}"


def _trimmed(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def format_duration(seconds: float) -> str:
    """A span of time in its two largest units: "350 ms", "4.2 s", "1 m 42 s", "3 h 5 m", "2 d 4 h".

    Empty for a span that isn't finite.
    """
    if not math.isfinite(seconds):
        return ""
    if seconds < 0:
        return "-" + format_duration(-seconds)
    if seconds < 9.95:
        return f"{round(seconds * 1000)} ms" if 0 < seconds < 0.9995 else f"{seconds:.2g} s"
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    if round(seconds) < 3600:
        return _two_units(round(seconds), 60, "m", "s")
    if round(seconds / 60) < 24 * 60:
        return _two_units(round(seconds / 60), 60, "h", "m")
    return _two_units(round(seconds / 3600), 24, "d", "h")


def _two_units(count: int, size: int, large: str, small: str) -> str:
    whole, rest = divmod(count, size)
    return f"{whole:,} {large} {rest} {small}" if rest else f"{whole:,} {large}"


def format_bytes(size: int) -> str:
    """A number of bytes with three significant digits in powers of 1,000: "512 B", "1.23 MB"."""
    if abs(size) < 1000:
        return f"{size} B"
    exact = Decimal(size)
    for unit in ("kB", "MB", "GB", "TB"):
        exact /= 1000
        rounded = _SCIENTIFIC.plus(exact)
        if abs(rounded) < 1000 or unit == "TB":
            break
    return f"{_trimmed(f'{rounded:f}')} {unit}"
