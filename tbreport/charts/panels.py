"""Clouds of points side by side on one sheet, with the same axes and one unit both ways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.axes import Axis
from tbreport.charts.canvas import EDGE, FRAME, GRID, LABEL_GAP, TICK_LENGTH, Canvas
from tbreport.charts.cloud import Look, Numbers, cloud
from tbreport.charts.palette import palette_of
from tbreport.charts.ramps import bar_space, colour_bar
from tbreport.charts.text import text_height, text_width
from tbreport.charts.ticks import number_ticks
from tbreport.stats import WIDEST

Floats = NDArray[np.float64]

WIDTH, WIDE = 520, 1060  # CSS pixels of one panel; of two or three side by side
FLATTEST, STEEPEST = 0.45, 0.85  # height of a plot by its width
GAP = 14.0  # CSS pixels between panels
ONE_PLACE = 1e-9  # points nearer to each other, by their distance from 0, are in one place
ROOM = 1.05  # what the axes span, by what the points do
TICK_APART = 70  # CSS pixels
SCALE = 2


@dataclass(frozen=True, eq=False)
class Step:
    """The points of one step, (n, d) finite numbers, and how they look.

    ``title`` is written above its panel, printable ASCII, where there are several.
    """

    points: NDArray[Any]
    look: Look
    title: str = ""


def sheet(
    steps: Sequence[Step],
    places: Sequence[Floats],
    titles: tuple[str, str] | None = None,
    below: int = 0,
    scale: int = SCALE,
) -> Canvas:
    """A canvas with one panel a step, its points at ``places`` (n, 2).

    ``titles`` of x and y, printable ASCII, make numbered axes; a map without them gets an outline,
    as its axes mean nothing. ``below`` CSS pixels are left free under the panels; ``scale`` device
    pixels make one.
    """
    grid = _Grid.of(steps, places, titles is not None, scale)
    colours = tuple(dict.fromkeys(colour for step in steps for colour in step.look.colours))
    height = -(-(grid.bottom + grid.foot) // scale) + below
    canvas = Canvas(grid.width // scale, height, palette_of(colours), scale)
    for number, (step, where) in enumerate(zip(steps, places, strict=True)):
        canvas.left, canvas.right = grid.left(number), grid.left(number) + grid.plot
        canvas.top, canvas.bottom = grid.top, grid.bottom
        canvas.x, canvas.y = grid.x, grid.y
        grid_lines(canvas)
        cloud(canvas, where, step.look)
        if titles is None:
            _outline(canvas)
        else:
            _label(canvas, titles, first=number == 0, last=number == len(steps) - 1)
        if len(steps) > 1:
            middle = (canvas.left + canvas.right) / 2
            canvas.text(middle, canvas.top - canvas.device(LABEL_GAP), step.title)
    look = steps[-1].look
    if isinstance(look, Numbers):
        colour_bar(canvas, look.scale, look.shades(canvas))
    return canvas


@dataclass(frozen=True)
class _Grid:
    """Where panels are, in device pixels: ``plot`` wide, from ``top`` to ``bottom``."""

    width: int
    margin: int  # left of the first panel
    plot: int
    gap: int  # between panels
    top: int
    bottom: int
    foot: int  # below the panels
    x: Axis
    y: Axis

    @classmethod
    def of(
        cls, steps: Sequence[Step], places: Sequence[Floats], numbered: bool, scale: int
    ) -> _Grid:
        count = len(steps)
        width = (WIDE if count > 1 else WIDTH) * scale
        gap, line = round(GAP * scale), text_height(scale) + round(LABEL_GAP * scale)
        x, y, flat = _axes(np.concatenate(places), width / scale / count if numbered else 0.0)
        edge = round(EDGE * scale)
        margin = edge
        if numbered:
            widest = max((text_width(tick.label, scale) for tick in y.ticks), default=0)
            margin += widest + round(LABEL_GAP * scale)
        bars = [step.look.scale for step in steps if isinstance(step.look, Numbers)]
        bar = math.ceil(max((bar_space(one, scale) for one in bars), default=0.0) * scale)
        plot = (width - margin - bar - edge - gap * (count - 1)) // count
        top = edge + line * numbered + line * (count > 1)
        foot = edge + (round(TICK_LENGTH * scale) + 2 * line) * numbered
        return cls(width, margin, plot, gap, top, top + round(plot * flat), foot, x, y)

    def left(self, number: int) -> int:
        """Where the panel with this number begins."""
        return self.margin + number * (self.plot + self.gap)


def _axes(places: Floats, length: float) -> tuple[Axis, Axis, float]:
    """Both axes, with one unit, and the height of the plot by its width.

    There are ticks for a plot ``length`` CSS pixels wide, none for 0.
    """
    places = np.clip(places, -WIDEST, WIDEST)
    low, high = places.min(axis=0), places.max(axis=0)
    wide, tall = (high - low).tolist()
    flat = min(max(tall / wide if wide > 0 else 1.0, FLATTEST), STEEPEST)
    middle = (low / 2 + high / 2).tolist()
    half = ROOM / 2 * max(wide, tall / flat)
    away = max(map(abs, middle))
    if half <= away * ONE_PLACE:
        half = away / 2 or 1.0
    return _axis(middle[0], half, length), _axis(middle[1], half * flat, length * flat), flat


def _axis(middle: float, half: float, length: float) -> Axis:
    low, high = middle - half, middle + half
    ticks = number_ticks(low, high, max(2, round(length / TICK_APART))) if length else ()
    return Axis(low, high, ticks)


def grid_lines(canvas: Canvas) -> None:
    """Lines across the plot at the ticks of both axes."""
    thick, height = canvas.device(0.5), canvas.height * canvas.scale
    for x in canvas.across(np.array([tick.value for tick in canvas.x.ticks])).tolist():
        canvas.rule(x - thick / 2, canvas.top, x - thick / 2 + thick, canvas.bottom, GRID)
    for y in canvas.up(np.array([tick.value for tick in canvas.y.ticks])).tolist():
        row = height - y - thick / 2
        canvas.rule(canvas.left, row, canvas.right, row + thick, GRID)


def _outline(canvas: Canvas) -> None:
    thick = canvas.device(0.5)
    left, top, right, bottom = canvas.left, canvas.top, canvas.right, canvas.bottom
    canvas.rule(left, top, right, top + thick, FRAME // 2)
    canvas.rule(left, bottom - thick, right, bottom, FRAME // 2)
    canvas.rule(left, top, left + thick, bottom, FRAME // 2)
    canvas.rule(right - thick, top, right, bottom, FRAME // 2)


def _label(canvas: Canvas, titles: tuple[str, str], first: bool, last: bool) -> None:
    """Ticks and titles of the axes; y's only at the first of several panels, x's at the last."""
    if not first:
        canvas.y = replace(canvas.y, ticks=())
    canvas.label_axes()
    line = text_height(canvas.scale) + canvas.device(LABEL_GAP)
    ticks = canvas.device(TICK_LENGTH)
    if last:
        canvas.text(canvas.right, canvas.bottom + ticks + 2 * line, titles[0], align=1.0)
    if first:
        canvas.text(canvas.device(EDGE), text_height(canvas.scale) + 1, titles[1], align=0.0)
