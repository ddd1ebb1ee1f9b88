"""An axis: its range, its ticks, and where a value falls on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.ticks import (
    Tick,
    log_ticks,
    number_ticks,
    relative_ticks,
    step_ticks,
    wall_ticks,
)

Floats = NDArray[np.float64]

FAR = 4.0  # axis lengths beyond which coordinates are cut: Agg counts in 32 bits
ROOM = 0.01  # of the x range, left free at both ends so that the last dot is whole
TICK_WIDTH, TICK_HEIGHT = 85, 45  # CSS pixels of an axis for one tick

X_TICKS: dict[str, Callable[[float, float, int], list[Tick]]] = {
    "step": step_ticks,
    "relative": relative_ticks,
    "wall": wall_ticks,
}


@dataclass(frozen=True)
class Axis:
    """A range of data and its ticks; on a logarithmic axis both ends are positive.

    An axis whose low end is the greater number runs backwards.
    """

    low: float
    high: float
    ticks: Sequence[Tick] = ()
    log: bool = False

    def place(self, values: Floats) -> Floats:
        """Where values fall, 0 at the low end and 1 at the high one; NaN where they can't.

        What is far outside comes out as -4 or 5.
        """
        values = np.asarray(values, dtype=np.float64)
        low, high = self.low, self.high
        if self.log:
            values = np.log10(np.where(values > 0, values, np.nan))
            low, high = math.log10(low), math.log10(high)
        width = high / 2 - low / 2  # halves, as the whole range may not fit a float
        if width == 0 or width != width:
            return np.where(np.isfinite(values), 0.5, np.nan)
        with np.errstate(over="ignore"):
            place: Floats = (values / 2 - low / 2) / width
        # np.clip takes twice as long for as many values as a curve has.
        return np.minimum(np.maximum(place, -FAR), 1 + FAR)


def x_axis(kind: str, low: float, high: float, width: float) -> Axis:
    """The axis of "step", "relative" (seconds) or "wall" (seconds since 1970, shown in UTC).

    ``width`` is that of the picture in CSS pixels.
    """
    room = (high - low) * ROOM if high > low else 0.5
    ticks = X_TICKS[kind](low, high, max(2, round(width / TICK_WIDTH)))
    return Axis(low - room, high + room, ticks)


def y_axis(low: float, high: float, height: float, log: bool = False) -> Axis:
    """The axis of values; a range without a width gets one. ``height`` in CSS pixels."""
    if log and not 0 < low < high:
        low, high = 0.1, 1.0
    if not low < high:
        low, high = low - 0.5, high + 0.5
    ticks = (log_ticks if log else number_ticks)(low, high, max(2, round(height / TICK_HEIGHT)))
    return Axis(low, high, ticks, log)
