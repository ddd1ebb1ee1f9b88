"""A cloud of points in a panel: coloured by class or by number, or named one by one.

What a picture says of its points is a *look*: a small value that knows its colours, paints points
and writes what belongs at them. All coordinates are device pixels, y upwards as Agg counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.axes import Axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.ramps import bar_axis, sequence
from tbreport.charts.stamps import Stamp, stamp
from tbreport.charts.style import INK, RUN_COLOURS
from tbreport.stats import WIDEST

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHAPES = ("dot", "up")  # a round of colours each: classes of one colour differ in their shape
SIZES = {"dot": 1.0, "up": 1.3}  # radii that look alike
MOST_CLASSES = len(RUN_COLOURS) * len(SHAPES)  # that are told apart
REST = -1  # the class of all that are not; they are grey
REST_SIZE, REST_OPACITY = 0.7, 0.4
STEPS = 12  # colours of a scale of numbers
SCALE_ENDS = (0.2, 0.85)  # of the sequence: what both grounds show
MOST_WORDS = 48
BEHIND = 0.7  # opacity of points behind words, by that of others
LAYERS = 3  # in which points are painted, so that no class covers the others
ABOVE = 7.0  # CSS pixels from a point to the middle of its name
CELLS = 8  # along each side of what a class covers, to find where it is densest
MARK = 11  # CSS pixels of a class's mark in a table


@dataclass(frozen=True, eq=False)
class Classes:
    """Points by class: ``of`` int64 (n,) numbers each point's class, or is -1 for the grey rest.

    ``names`` are written at the centres of the classes: printable ASCII; "" writes nothing.
    """

    of: Ints
    names: tuple[str, ...]

    @property
    def colours(self) -> tuple[str, ...]:
        """All colours that it paints in."""
        return (*RUN_COLOURS[: len(self.names)], INK)

    def paint(self, canvas: Canvas, x: Floats, y: Floats, radius: float, opacity: float) -> None:
        """The points in layers, each with some of every class, over the rest."""
        order = np.random.default_rng(0).permutation(len(x))
        rest = order[self.of[order] == REST]
        canvas.dots(x[rest], y[rest], INK, radius * REST_SIZE, REST_OPACITY)
        for layer in np.array_split(order, LAYERS):
            for place in range(len(self.names)):
                some = layer[self.of[layer] == place]
                if len(some):
                    colour, shape = class_mark(place)
                    size = radius * SIZES[shape]
                    canvas.dots(x[some], y[some], colour, size, opacity, shape)

    def each(self) -> list[str]:
        """The colour of every point."""
        return [class_mark(place)[0] for place in self.of.tolist()]

    def write(self, canvas: Canvas, x: Floats, y: Floats) -> None:
        """The names, each where its class is densest; the largest classes first."""
        counts = np.bincount(self.of[self.of >= 0], minlength=len(self.names))
        stamps = []
        for place in np.argsort(-counts, kind="stable").tolist():
            mine = self.of == place
            if counts[place] and self.names[place]:
                name, (colour, _) = self.names[place], class_mark(place)
                stamps.append(Stamp(*_densest(x[mine], y[mine]), name, colour))
        stamp(canvas, stamps, moving=True, most=MOST_CLASSES)


@dataclass(frozen=True, eq=False)
class Numbers:
    """Points on a scale of colours: ``values`` float64 (n,); what isn't finite is grey.

    ``ends`` are those of the scale, by default of the values.
    """

    values: Floats
    ends: tuple[float, float] | None = None

    @property
    def colours(self) -> tuple[str, ...]:
        """All colours that it paints in."""
        return (*sequence(STEPS, *SCALE_ENDS), INK)

    @property
    def scale(self) -> Axis:
        """The axis that values stand on."""
        finite = self.values[np.isfinite(self.values)]
        ends = [finite.min(), finite.max()] if len(finite) else [0.0, 1.0]
        low, high = np.clip(ends if self.ends is None else self.ends, -WIDEST, WIDEST).tolist()
        room = 0.0 if low < high else max(0.5, abs(low) / 2)
        return bar_axis(low - room, high + room)

    def paint(self, canvas: Canvas, x: Floats, y: Floats, radius: float, opacity: float) -> None:
        """The points, in layers with some of every colour."""
        steps = self._steps()
        order = np.random.default_rng(0).permutation(len(x))
        for layer in np.array_split(order, LAYERS):
            for number, colour in zip((*range(STEPS), REST), self.colours, strict=True):
                some = layer[steps[layer] == number]
                if len(some):
                    canvas.dots(x[some], y[some], colour, radius, opacity)

    def each(self) -> list[str]:
        """The colour of every point."""
        colours = self.colours
        return [colours[step] for step in self._steps().tolist()]

    def shades(self, canvas: Canvas) -> NDArray[np.uint8]:
        """The palette indices of the scale's colours, low first."""
        return np.array([canvas.palette.index(colour) for colour in self.colours[:-1]], np.uint8)

    def _steps(self) -> Ints:
        """Which colour each point has; -1, the last, where its value isn't finite."""
        place = self.scale.place(self.values)
        steps = np.full(len(place), REST)
        there = np.isfinite(place)
        steps[there] = np.minimum((place[there] * STEPS).astype(np.int64), STEPS - 1)
        return steps

    def write(self, canvas: Canvas, x: Floats, y: Floats) -> None:
        """Nothing: the scale stands beside the plot."""


@dataclass(frozen=True, eq=False)
class Words:
    """Points of one colour, some with their names: one of ``texts`` (printable ASCII) a point.

    "" names nothing. As many as have room are written, the first first.
    """

    texts: tuple[str, ...]
    colour: str

    @property
    def colours(self) -> tuple[str, ...]:
        """The one colour that it paints in."""
        return (self.colour,)

    def paint(self, canvas: Canvas, x: Floats, y: Floats, radius: float, opacity: float) -> None:
        """All points alike."""
        canvas.dots(x, y, self.colour, radius, opacity * BEHIND)

    def each(self) -> list[str]:
        """No colour for any point, as all have the same."""
        return [""] * len(self.texts)

    def write(self, canvas: Canvas, x: Floats, y: Floats) -> None:
        """The names of points that have room, above them."""
        above = canvas.device(ABOVE)
        named = zip(x.tolist(), y.tolist(), self.texts, strict=True)
        stamps = (Stamp(left, up + above, text) for left, up, text in named if text)
        stamp(canvas, stamps, moving=False, most=MOST_WORDS)


Look = Classes | Numbers | Words


def class_mark(place: int) -> tuple[str, str]:
    """The colour and shape of the class with this number, from 0; grey dots for the rest."""
    if place < 0:
        return INK, "dot"
    return RUN_COLOURS[place % len(RUN_COLOURS)], SHAPES[place // len(RUN_COLOURS) % len(SHAPES)]


def dot_size(count: int, area: float) -> tuple[float, float]:
    """Radius in CSS pixels and opacity of ``count`` points on ``area`` square CSS pixels.

    Small ones are opaque: see-through they take 14 % more bytes and tell no more.
    """
    radius = min(3.2, max(1.4, 0.16 * math.sqrt(area / max(count, 1))))
    return radius, 0.9 if radius > 2 else 1.0


def cloud(canvas: Canvas, places: Floats, look: Look) -> None:
    """Paint the points at ``places`` (n, 2) into the plot and write what belongs at them."""
    x, y = canvas.across(places[:, 0]), canvas.up(places[:, 1])
    area = (canvas.right - canvas.left) * (canvas.bottom - canvas.top) / canvas.scale**2
    look.paint(canvas, x, y, *dot_size(len(x), area))
    canvas.settle()
    look.write(canvas, x, y)


def _densest(x: Floats, y: Floats) -> tuple[float, float]:
    """The middle of the points where they are densest: on a class that falls in two, in one."""
    column, row = _cells(x), _cells(y)
    counts = np.zeros((CELLS + 2, CELLS + 2))
    np.add.at(counts, (column + 1, row + 1), 1)
    around = sum(counts[a : a + CELLS, b : b + CELLS] for a in range(3) for b in range(3))
    best = np.unravel_index(int(np.argmax(around)), (CELLS, CELLS))
    near = (abs(column - best[0]) <= 1) & (abs(row - best[1]) <= 1)
    return float(np.median(x[near])), float(np.median(y[near]))


def _cells(along: Floats) -> Ints:
    """Which of equal parts of their range places fall into."""
    low, high = float(along.min()), float(along.max())
    if not low < high:
        return np.zeros(len(along), np.int64)
    return np.minimum((CELLS * (along - low) / (high - low)).astype(np.int64), CELLS - 1)


@dataclass(frozen=True)
class ClassMark:
    """The mark of a class beside its name in a table: the size of a letter."""

    place: int
    alt: str = ""

    def draw(self) -> Drawing:
        """Draw it."""
        colour, shape = class_mark(self.place)
        canvas = Canvas(MARK, MARK, palette_of((colour,)))
        middle = np.array([MARK * canvas.scale / 2])
        canvas.dots(middle, middle, colour, MARK / 2 - 1, shape=shape)
        canvas.settle()
        return canvas.drawing()
