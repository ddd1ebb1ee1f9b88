"""Where an axis gets its numbers, and how each of them reads."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tbreport.stats import WIDEST, format_number, nice_step

MINUS = "−"  # as wide as a plus sign, so columns of tick labels stay in line
SI_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
SECOND, MINUTE, HOUR, DAY = 1.0, 60.0, 3600.0, 86400.0
CLOCK_STEPS = tuple(
    unit * count
    for unit, counts in (
        (SECOND, (1, 2, 5, 10, 15, 30)),
        (MINUTE, (1, 2, 5, 10, 15, 30)),
        (HOUR, (1, 2, 3, 6, 12)),
        (DAY, (1, 2, 4, 7, 14, 30, 90, 365)),
    )
    for count in counts
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LAST_MOMENT = 253402300799.0  # the end of the year 9999: datetime's last second


class Tick(NamedTuple):
    """One place on an axis, in data units, and its label; an empty label is a bare line."""

    value: float
    label: str


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """About ``count`` round multiples of 1, 2 or 5 times a power of ten within ``low..high``.

    Empty for a range that is empty or not finite.
    """
    step = nice_step(low, high, count)
    if not 0 < step < math.inf or max(abs(low), abs(high)) / step > 2**52:
        return []
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if step >= 1:
        return [index * step for index in range(first, last + 1)]
    parts = round(1 / step)
    return [index / parts for index in range(first, last + 1)]


def number_ticks(low: float, high: float, count: int) -> list[Tick]:
    """Round values with as many decimals as the step between them needs: "0.10", "0.15"."""
    values = nice_ticks(low, high, count)
    if not values:
        return [Tick(low, _signed(format_number(low)))] if _fits(low, high) else []
    largest = max(abs(value) for value in values)
    step = nice_step(low, high, count)
    if largest >= 100000 or largest < 0.001:
        return [Tick(value, _scientific(value, step)) for value in values]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [Tick(value, _signed(f"{value:.{decimals}f}")) for value in values]


def _scientific(value: float, step: float) -> str:
    """``value`` with just the digits in which it differs from its neighbours ``step`` away."""
    if value == 0:
        return "0"
    digits = math.floor(math.log10(abs(value)) + 1e-9) - math.floor(math.log10(step) + 1e-9)
    mantissa, exponent = f"{value:.{max(digits, 0)}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return _signed(f"{mantissa}e{int(exponent)}")


def step_ticks(low: float, high: float, count: int) -> list[Tick]:
    """Round whole steps with SI prefixes: "0", "500", "1k", "1.5k", "200k", "2M"."""
    values = [value for value in nice_ticks(low, high, count) if value == math.floor(value)]
    if not values:
        return (
            [Tick(low, si_label(low))]
            if low == high and _fits(low, high)
            else number_ticks(low, high, count)
        )
    return [Tick(value, si_label(value)) for value in values]


def si_label(value: float) -> str:
    """A number with an SI prefix from 1,000 up: "999", "1.5k", "−2M"."""
    for size, prefix in SI_PREFIXES:
        if abs(value) >= size:
            return _signed(f"{value / size:.6g}{prefix}")
    return _signed(f"{value:.6g}")


def log_ticks(low: float, high: float, count: int) -> list[Tick]:
    """Powers of ten of a positive range, each labelled; 2 and 5 beside them where there is room.

    Wide ranges skip powers evenly so that no more than about ``count`` are labelled; a range
    within one power falls back to round numbers.
    """
    if not (0 < low < high and _fits(low, high)):
        return []
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = last - first + 1
    if powers < 2:
        return number_ticks(low, high, count)
    if powers > count:
        stride = math.ceil(powers / count)
        return [Tick(10.0**power, power_label(power)) for power in range(first, last + 1, stride)]
    factors = (1, 2, 5) if powers * 3 <= count + 2 else (1,)
    return [
        Tick(factor * 10.0**power, power_label(power, factor))
        for power in range(first - 1, last + 1)
        for factor in factors
        if low <= factor * 10.0**power <= high
    ]


def power_label(power: int, factor: int = 1) -> str:
    """``factor`` times ten to ``power``: "0.001", "100", "1e5"."""
    if -4 < power < 5:
        return f"{factor * 10.0**power:.{max(0, -power)}f}"
    return _signed(f"{factor}e{power}")


def relative_ticks(low: float, high: float, count: int) -> list[Tick]:
    """Spans of time in seconds at round multiples of the clock: "0", "30 s", "5 min", "2 h"."""
    span = high - low
    if not (span > 0 and _fits(low, high)):
        return [Tick(low, _span_label(low, SECOND))] if _fits(low, low) else []
    if span < 4 * SECOND:
        ticks = number_ticks(low, high, count)
        return [Tick(value, f"{label} s" if value else "0") for value, label in ticks]
    step = _clock_step(span, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [Tick(index * step, _span_label(index * step, step)) for index in range(first, last + 1)]


def _clock_step(span: float, count: int) -> float:
    rough = span / max(count, 1)
    for step in CLOCK_STEPS:
        if step >= rough:
            return step
    return nice_step(0.0, span / DAY, count) * DAY


def _span_label(seconds: float, step: float) -> str:
    if seconds == 0:
        return "0"
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if step >= size or (
            abs(seconds) >= size and seconds % (size / 2) == 0 and step * 2 >= size
        ):
            return _signed(f"{seconds / size:.6g} {unit}")
    if abs(seconds) < MINUTE:
        return _signed(f"{seconds:.6g} s")
    minutes, rest = divmod(abs(seconds), MINUTE)
    return _signed(f"{'-' if seconds < 0 else ''}{minutes:.0f}:{rest:02.0f}")


def wall_ticks(low: float, high: float, count: int) -> list[Tick]:
    """Moments in seconds since 1970 as UTC: "09:12" within a day, "14 Mar", "Mar 2026".

    The first tick of each day carries its date. Falls back to plain numbers outside the years that
    a calendar knows.
    """
    if not (0 <= low <= high <= LAST_MOMENT):
        return number_ticks(low, high, count)
    if high - low < SECOND:
        return [Tick(low, f"{_moment(low):%H:%M:%S}")]
    step = max(_clock_step(high - low, count), SECOND)
    if step >= 28 * DAY:
        return _month_ticks(low, high, step)
    first, last = math.ceil(low / step), math.floor(high / step)
    ticks: list[Tick] = []
    day = ""
    for index in range(first, last + 1):
        moment = _moment(index * step)
        date = f"{moment.day} {MONTHS[moment.month - 1]}"
        clock = f"{moment:%H:%M:%S}" if step < MINUTE else f"{moment:%H:%M}"
        ticks.append(Tick(index * step, clock if date == day and step < DAY else date))
        if not day and step < DAY:
            ticks[-1] = Tick(index * step, f"{date} {clock}")
        day = date
    return ticks


def _moment(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _month_ticks(low: float, high: float, step: float) -> list[Tick]:
    """The first days of months, ``step`` seconds apart in round numbers of months or years."""
    months = min((1, 3, 6, 12, 24, 60, 120, 600), key=lambda m: abs(m * 30.4 * DAY - step))
    ticks: list[Tick] = []
    start = _moment(low)
    index = (start.year * 12 + start.month - 1) // months * months
    while True:
        year, month = divmod(index, 12)
        if year > 9999:
            return ticks
        moment = datetime(year, month + 1, 1, tzinfo=UTC)
        if moment.timestamp() > high:
            return ticks
        if moment.timestamp() >= low:
            name = "" if months >= 12 else MONTHS[month] + " "
            ticks.append(Tick(moment.timestamp(), f"{name}{year}"))
        index += months


def _fits(low: float, high: float) -> bool:
    """Whether numbers of this size can be reckoned with; false for NaN."""
    return -WIDEST <= low <= high <= WIDEST


def _signed(label: str) -> str:
    return label.replace("-", MINUS)
