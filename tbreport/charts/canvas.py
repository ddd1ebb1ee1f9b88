"""The surface charts are drawn on: matplotlib's Agg for the data, cached bitmaps for the rest.

Agg rasterises lines, areas and dots only. Grid, frame, ticks and labels are laid straight into
palette indices: that is what makes a chart 15 times as fast as a figure of pyplot. Lengths are CSS
pixels unless called device pixels; ``scale`` device pixels make one of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.agg import give_back, identity, marker, path, take_surface
from tbreport.charts.axes import Axis
from tbreport.charts.palette import INK_LEVELS, Palette
from tbreport.charts.style import (
    DARK_GROUND,
    FRAME_OPACITY,
    GRID_OPACITY,
    LIGHT_GROUND,
    LINE_WIDTH,
    rgb,
)
from tbreport.charts.text import text_height, text_ink, text_width
from tbreport.charts.ticks import Tick

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

GRID = round(GRID_OPACITY * INK_LEVELS)  # palette indices of ink
FRAME = round(FRAME_OPACITY * INK_LEVELS)
TICK_LENGTH = 3.5
LABEL_GAP = 4.0  # between an axis and its labels
EDGE = 2.0  # left free at the border of the picture
FAINT = 0.5  # opacity
BEVELLED = 100  # points of a line from which its corners need no rounding, which takes time
# Rows turned into palette indices at a time: a block and its keys stay in the second-level cache.
BLOCK = 64
STRIP = 128  # columns filled at a time: a curve that falls covers few rows of each strip


class Canvas:
    """One picture in the making.

    ``width`` and ``height`` in CSS pixels; ``palette`` holds all that the data will be drawn in.
    ``frame`` lays out the axes first; then come ``stroke``, ``area`` and ``dots`` in painting
    order, and ``drawing`` encodes it all. ``left``, ``right``, ``top`` and ``bottom`` bound the
    plot, in device pixels from the upper left corner.
    """

    def __init__(self, width: int, height: int, palette: Palette, scale: int = 2) -> None:
        self.width, self.height, self.scale = width, height, scale
        self.palette = palette
        self._renderer, self._pixels = take_surface(width * scale, height * scale)
        # PNG wants a 0, the filter type, before each row.
        self._rows: Bytes = np.zeros((height * scale, 1 + width * scale), np.uint8)
        self.shell: Bytes = self._rows[:, 1:]
        self.left, self.right = 0, width * scale
        self.top, self.bottom = 0, height * scale
        self.x = self.y = Axis(0.0, 1.0)
        self._on_right = False
        self._contexts: dict[tuple[object, ...], Any] = {}

    def device(self, length: float) -> int:
        """A length in device pixels, at least one."""
        return max(1, round(length * self.scale))

    def frame(self, x: Axis, y: Axis, on_right: bool = False, spare: float = 0.0) -> None:
        """Lay out both axes, the margins as wide as the labels need.

        ``on_right`` puts the numbers of the y axis there; ``spare`` keeps a right margin free.
        """
        self.x, self.y, self._on_right = x, y, on_right
        digits = text_height(self.scale)
        widest = max((text_width(tick.label, self.scale) for tick in y.ticks), default=0)
        labels, edge = widest + self.device(LABEL_GAP + EDGE), self.device(2 * EDGE)
        self.left = edge if on_right else labels
        self.right = (
            self.width * self.scale - (labels if on_right else edge) - round(spare * self.scale)
        )
        self.top = digits // 2 + self.device(EDGE)
        self.bottom = (
            self.height * self.scale - digits - self.device(TICK_LENGTH + LABEL_GAP + EDGE)
        )
        self._grid()

    # ---- where things are

    def across(self, values: Floats) -> Floats:
        """Device x of values on the x axis."""
        return self.left + self.x.place(values) * (self.right - self.left)

    def up(self, values: Floats) -> Floats:
        """Device y of values on the y axis, counted upwards from the bottom as Agg does."""
        base = self.height * self.scale - self.bottom
        return base + self.y.place(values) * (self.bottom - self.top)

    # ---- data, rasterised by Agg: x and y are device coordinates from ``across`` and ``up``

    def stroke(
        self,
        x: Floats,
        y: Floats,
        colour: str,
        opacity: float = 1.0,
        width: float = LINE_WIDTH,
        dash: Sequence[float] = (),
    ) -> None:
        """A line through the points, shape (n,); it breaks where y is NaN."""
        join = "bevel" if len(x) > BEVELLED else "round"
        context = self._context(width, opacity, join=join, dash=tuple(dash))
        context.set_foreground(self._face(colour, opacity), isRGBA=True)
        self._renderer.draw_path(context, path(x, y), identity(), None)

    def area(self, x: Floats, low: Floats, high: Floats, colour: str, opacity: float = 1.0) -> None:
        """The area between two curves, shape (n,), without an outline; no NaN."""
        around = path(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]))
        context = self._context(0, opacity)
        self._renderer.draw_path(context, around, identity(), self._face(colour, opacity))

    def outlined(self, x: Floats, y: Floats, fill: str, outline: str, width: float) -> None:
        """The area between a curve, shape (n,), and its chord, and a line along the curve.

        Edges are sharp: anti-aliased ones double the bytes of many areas in a row, and a hairline
        hides the difference.
        """
        context = self._context(width, sharp=True)
        context.set_foreground(self._face(outline, 1.0), isRGBA=True)
        self._renderer.draw_path(context, path(x, y), identity(), self._face(fill, 1.0))

    def columns(
        self, x: Floats, low: Floats, high: Floats, colour: str, opacity: float = 1.0
    ) -> None:
        """The area between two curves, shape (n,), x ascending, filled column by column; no NaN.

        For dense noise: edges are not anti-aliased, which takes a quarter of Agg's time. It lies
        under all that Agg draws. The extremes given are reached at their pixel.
        """
        plot, size = self._plot(), self.height * self.scale
        place = x - self.left - 0.5
        start, stop = max(0, math.ceil(place[0])), min(plot.shape[1], math.floor(place[-1]) + 1)
        own = np.clip(np.round(place).astype(np.int64), 0, plot.shape[1] - 1)
        start, stop = min(start, int(own[0])), max(stop, int(own[-1]) + 1)
        at = np.arange(start, stop)
        bottom, top = np.interp(at, place, low), np.interp(at, place, high)
        np.minimum.at(bottom, own - start, low)
        np.maximum.at(top, own - start, high)
        first = np.round(size - self.top - top)
        last = np.maximum(np.round(size - self.top - bottom), first + 1)
        first, last = (np.clip(edge, 0, len(plot)).astype(np.int16) for edge in (first, last))
        cover = self.palette.cover(colour, opacity)
        for left in range(0, len(at), STRIP):
            strip = slice(left, left + STRIP)
            _paint(plot[:, start:stop][:, strip], first[strip], last[strip], cover)

    def dots(
        self,
        x: Floats,
        y: Floats,
        colour: str,
        radius: float,
        opacity: float = 1.0,
        shape: str = "dot",
    ) -> None:
        """A filled shape round each point, shape (n,): "dot", "up", "down", "cross" or "bar"."""
        from matplotlib.transforms import Affine2D

        size = Affine2D().scale(radius * self.scale)
        face = self._face(colour, opacity)
        points = path(x, y)
        self._renderer.draw_markers(self._context(0), marker(shape), size, points, identity(), face)

    def _context(
        self,
        width: float,
        opacity: float = 1.0,
        sharp: bool = False,
        join: str = "round",
        dash: tuple[float, ...] = (),
    ) -> Any:
        """How Agg is to draw; made once for all that is drawn alike, of which only colours vary."""
        size = self.height * self.scale
        clip = (self.left, size - self.bottom, self.right, size - self.top)
        # At 2x the rough edges of what is faint do not show; smooth ones cost 15 % of the bytes.
        smooth = not sharp and (opacity > FAINT or self.scale == 1)
        key = (clip, width, smooth, join, dash)
        if key not in self._contexts:
            from matplotlib.transforms import Bbox

            context = self._contexts[key] = self._renderer.new_gc()
            context.set_clip_rectangle(Bbox.from_extents(*clip))
            context.set_linewidth(width * self.scale)
            context.set_joinstyle(join)
            context.set_capstyle("butt")
            context.set_antialiased(smooth)
            if dash:
                context.set_dashes(0, [length * self.scale for length in dash])
        return self._contexts[key]

    def _face(self, colour: str, opacity: float) -> tuple[float, float, float, float]:
        red, green, blue = rgb(colour)
        return red / 255, green / 255, blue / 255, opacity

    # ---- the shell, in palette indices

    def text(self, x: float, y: float, label: str, align: float = 0.5) -> None:
        """A label whose digits stand on device row ``y``; ``align`` 0 begins, 1 ends it at ``x``.

        Moved inwards where it would leave the picture.
        """
        ink = text_ink(label, self.scale)
        digits = text_height(self.scale)
        left = max(0, min(round(x - align * ink.shape[1]), self.shell.shape[1] - ink.shape[1]))
        top = max(0, min(round(y) - digits, self.shell.shape[0] - digits))
        room = self.shell[top : top + ink.shape[0], left : left + ink.shape[1]]
        np.maximum(room, ink[: room.shape[0], : room.shape[1]], out=room)

    def badge(self, x: float, y: float, label: str) -> None:
        """A label round a place, light on dark so that it reads over data on any ground.

        The palette has to hold both grounds' colours.
        """
        ink = text_ink(label, self.scale)[: text_height(self.scale)]
        pad = self.device(2)
        plate = np.pad(ink, ((pad, pad), (pad, pad)))
        dark, light = np.array(rgb(DARK_GROUND)), np.array(rgb(LIGHT_GROUND))
        share = np.arange(INK_LEVELS + 1)[:, None] / INK_LEVELS
        shades = np.hstack([dark + share * (light - dark), np.full((INK_LEVELS + 1, 1), 255)])
        levels = self.palette.indices(shades.astype(np.uint8)[None])[0]
        height, width = plate.shape
        left = max(0, min(round(x - width / 2), self.shell.shape[1] - width))
        top = max(0, min(round(y - height / 2), self.shell.shape[0] - height))
        self.shell[top : top + height, left : left + width] = levels[plate]

    def rule(self, left: float, top: float, right: float, bottom: float, index: int) -> None:
        """A filled rectangle of one palette index, in device pixels."""
        self.shell[round(top) : round(bottom), round(left) : round(right)] = index

    def settle(self) -> None:
        """Put what Agg has drawn into the shell, over the grid and the columns."""
        plot = self._plot()
        pixels = self._pixels[self.top : self.bottom, self.left : self.right]
        for start in range(0, len(plot), BLOCK):
            block = self.palette.indices(pixels[start : start + BLOCK])
            below = plot[start : start + BLOCK]
            below[...] = self.palette.over(block, below)

    def _plot(self) -> Bytes:
        return self.shell[self.top : self.bottom, self.left : self.right]

    def _grid(self) -> None:
        plot, thick = self._plot(), self.device(0.5)
        for y in self.up(_values(self.y.ticks)).tolist():
            start = round(self.height * self.scale - y - self.top - thick / 2)
            if 0 <= start < len(plot):
                plot[start : start + thick] = GRID

    def label_axes(self) -> None:
        """Baseline, ticks below it and the labels of both axes."""
        thick, digits = self.device(0.5), text_height(self.scale)
        below = self.bottom + self.device(TICK_LENGTH)
        self.rule(self.left, self.bottom, self.right, self.bottom + thick, FRAME)
        end = -math.inf
        for tick, x in zip(self.x.ticks, self.across(_values(self.x.ticks)), strict=True):
            self.rule(x - thick / 2, self.bottom, x - thick / 2 + thick, below, FRAME)
            half = text_width(tick.label, self.scale) / 2
            if x - half > end:  # a label that would run into its neighbour is left out
                self.text(x, below + self.device(LABEL_GAP) + digits, tick.label)
                end = x + half + 0.6 * digits
        for tick, y in zip(self.y.ticks, self.up(_values(self.y.ticks)), strict=True):
            row = self.height * self.scale - y + digits / 2
            if self._on_right:
                self.text(self.right + self.device(LABEL_GAP), row, tick.label, align=0.0)
            else:
                self.text(self.left - self.device(LABEL_GAP), row, tick.label, align=1.0)

    def drawing(self, note: str = "") -> Drawing:
        """The picture, encoded; nothing can be drawn after it."""
        give_back(self._renderer, self._pixels)
        sides = (self.left, self.top, self.right, self.bottom)
        left, top, right, bottom = (side / self.scale for side in sides)
        png = self.palette.png(self._rows)
        return Drawing(png, self.width, self.height, note=note, frame=(left, top, right, bottom))


def _paint(plot: Bytes, first: NDArray[np.int16], last: NDArray[np.int16], cover: bytes) -> None:
    """Let ``cover`` change each column of ``plot`` from its ``first`` row up to its ``last``."""
    rows = slice(int(first.min()), int(last.max()))
    row = np.arange(rows.start, rows.stop, dtype=np.int16)[:, None]
    inside = row >= first
    inside &= row < last
    below = plot[rows]
    change = np.frombuffer(bytearray(below.tobytes().translate(cover)), np.uint8)
    # The difference of old and new, where it is painted: these passes of bit operations take half
    # the time of a masked copy.
    change = change.reshape(below.shape)
    change ^= below
    change &= np.negative(inside.view(np.uint8))
    below ^= change


def _values(ticks: Sequence[Tick]) -> Floats:
    return np.array([tick.value for tick in ticks], dtype=np.float64)
