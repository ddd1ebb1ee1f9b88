"""Colours that stand for numbers: an even sequence, and the bar that explains it."""

from __future__ import annotations

import functools
import math

import numpy as np

from tbreport.charts.axes import Axis
from tbreport.charts.canvas import FRAME, LABEL_GAP, Canvas
from tbreport.charts.palette import Bytes
from tbreport.charts.style import SEQUENCE
from tbreport.charts.text import text_height, text_width
from tbreport.charts.ticks import log_ticks, number_ticks

BAR, BAR_GAP, BAR_TICK = 10.0, 12.0, 2.0  # CSS pixels: its width, what is before it, a tick
TICKS = 5


@functools.cache
def sequence(count: int, start: float = 0.0, stop: float = 1.0) -> tuple[str, ...]:
    """``count`` colours of viridis, dark to light: even to the eye, in print and for all sights.

    ``start`` and ``stop`` cut off its darkest and lightest ends.
    """
    import matplotlib

    shades = matplotlib.colormaps[SEQUENCE](np.linspace(start, stop, count), bytes=True)
    return tuple(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue, _ in shades.tolist())


def bar_axis(low: float, high: float, log: bool = False) -> Axis:
    """The axis along a colour bar."""
    logarithmic = log and low < high
    return Axis(low, high, (log_ticks if logarithmic else number_ticks)(low, high, TICKS), log)


def bar_space(bar: Axis, scale: int) -> float:
    """The CSS pixels that a colour bar takes at the right of the plot."""
    widest = max((text_width(tick.label, scale) for tick in bar.ticks), default=0)
    return BAR_GAP + BAR + LABEL_GAP + widest / scale


def colour_bar(canvas: Canvas, bar: Axis, shades: Bytes) -> None:
    """Draw the bar beside the plot: ``shades`` are palette indices, those of low values first."""
    left = canvas.right + canvas.device(BAR_GAP)
    right, height = left + canvas.device(BAR), canvas.bottom - canvas.top
    place = np.arange(height)[::-1] * len(shades) // max(height, 1)
    canvas.shell[canvas.top : canvas.bottom, left:right] = shades[place][:, None]
    digits, free = text_height(canvas.scale), math.inf
    for tick in bar.ticks:
        row = canvas.bottom - float(bar.place(np.array([tick.value]))[0]) * height
        if row > free:  # it would run into the label below
            continue
        canvas.rule(right, row - 1, right + canvas.device(BAR_TICK), row + 1, FRAME)
        canvas.text(right + canvas.device(LABEL_GAP), row + digits / 2, tick.label, align=0.0)
        free = row - 1.5 * digits
