"""The scatter chart: points of an embedding, coloured by class or by a number."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.charts import Drawing
from tbreport.charts.axes import Axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.ramps import bar_axis, bar_space, colour_bar, sequence
from tbreport.charts.style import DARK_GROUND, INK, LIGHT_GROUND, run_colour
from tbreport.charts.text import has_glyphs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDE = 440  # CSS pixels
ROOM = 0.04  # of the range, free at each side
RADII = ((500, 3.0), (2000, 2.2), (6000, 1.7))  # up to so many points, CSS pixels
SMALLEST = 1.2
OPACITY = 0.8
SHADES = 16  # of a number
SEEN = (0.22, 0.87)  # of viridis: its ends would be swallowed by one of the grounds
BAR_INSET = 20  # CSS pixels above and below the colour bar
LONGEST_NAME = 16  # characters: longer names stay in the legend
MOST_NAMES = 30
ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Scatter:
    """Points in the plane, 440 x 440 CSS pixels, at one scale on both axes, which bear no numbers.

    ``points`` float64 (n, 2); rows that aren't finite are left out. ``groups`` int64 (n,) colours
    by class, in the order of the run colours, -1 for a point without one; ``names`` are written at
    the centres of the classes where they are short. ``values`` float64 (n,) colours by a number
    instead, from dark (low) to light, explained by a bar at the right. With neither, all points
    have the first colour. ``scale`` is how many device pixels make one CSS pixel.
    """

    alt: str
    points: Floats
    groups: Ints | None = None
    names: tuple[str, ...] = ()
    values: Floats | None = None
    scale: int = 2

    def draw(self) -> Drawing:
        """Draw it; without a finite point the picture is empty."""
        points = np.asarray(self.points, dtype=np.float64).reshape(-1, 2)
        rows: Ints = np.flatnonzero(np.isfinite(points).all(axis=1))
        points = np.clip(points[rows], -stats.WIDEST, stats.WIDEST)
        if self.values is not None:
            return self._numbered(points, np.asarray(self.values, dtype=np.float64)[rows])
        groups = np.zeros(len(rows), np.int64)
        if self.groups is not None:
            groups = np.asarray(self.groups, dtype=np.int64)[rows]
        used = [_class_colour(group) for group in np.unique(groups).tolist()]
        canvas = self._canvas(SIDE, [*used, DARK_GROUND, LIGHT_GROUND])
        if len(points):
            x, y = _placed(canvas, points)
            _paint(canvas, x, y, groups, _class_colour)
            canvas.settle()
            self._name(canvas, x, y, groups)
        return canvas.drawing()

    def _numbered(self, points: Floats, values: Floats) -> Drawing:
        """Points coloured by a number, with a bar that explains the colours."""
        number = np.isfinite(values)
        ends = (values[number].min(), values[number].max()) if number.any() else (0.0, 1.0)
        bar, colours = bar_axis(float(ends[0]), float(ends[1])), sequence(SHADES, *SEEN)
        space = bar_space(bar, self.scale)
        canvas = self._canvas(SIDE + math.ceil(space), [*colours])
        canvas.right = SIDE * self.scale
        if len(points):
            place = np.nan_to_num(bar.place(values), nan=-1.0)
            shade = np.minimum(np.floor(place * SHADES), SHADES - 1).astype(np.int64)
            shade[~number] = -1
            x, y = _placed(canvas, points)
            _paint(canvas, x, y, shade, lambda level: colours[level] if level >= 0 else INK)
            canvas.settle()
        canvas.top, canvas.bottom = BAR_INSET * self.scale, (SIDE - BAR_INSET) * self.scale
        shades = np.array([canvas.palette.index(colour) for colour in colours], np.uint8)
        colour_bar(canvas, bar, shades)
        return canvas.drawing()

    def _canvas(self, width: int, colours: list[str]) -> Canvas:
        return Canvas(width, SIDE, palette_of(tuple(dict.fromkeys(colours))), self.scale)

    def _name(self, canvas: Canvas, x: Floats, y: Floats, groups: Ints) -> None:
        """Write the names of the classes at their medians, large classes over small ones."""
        if self.groups is None or len(self.names) > MOST_NAMES:
            return
        sizes = np.bincount(groups[groups >= 0], minlength=len(self.names))
        for group in np.argsort(sizes[: len(self.names)], kind="stable").tolist():
            name = self.names[group]
            if sizes[group] and 0 < len(name) <= LONGEST_NAME and has_glyphs(name):
                mine = groups == group
                row = canvas.height * canvas.scale - float(np.median(y[mine]))
                canvas.badge(float(np.median(x[mine])), row, name)


def _class_colour(group: int) -> str:
    return run_colour(group) if group >= 0 else INK


def _placed(canvas: Canvas, points: Floats) -> tuple[Floats, Floats]:
    """Device coordinates of the points, both axes at one scale."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle = low / 2 + high / 2
    half = float((high / 2 - low / 2).max()) * (1 + 2 * ROOM) or 1.0
    canvas.x, canvas.y = (Axis(float(at) - half, float(at) + half) for at in middle)
    return canvas.across(points[:, 0]), canvas.up(points[:, 1])


def _paint(
    canvas: Canvas, x: Floats, y: Floats, member: Ints, colour: Callable[[int], str]
) -> None:
    """Dots in turns: some of each class, then more of each, so that no class hides the others."""
    radius = next((radius for most, radius in RADII if len(x) <= most), SMALLEST)
    order = np.argsort(member, kind="stable")
    places = np.split(order, np.flatnonzero(np.diff(member[order])) + 1)
    for turn in range(ROUNDS):
        for mine in places:
            some = mine[turn::ROUNDS]
            if len(some):
                canvas.dots(x[some], y[some], colour(int(member[some[0]])), radius, OPACITY)
