"""A directed graph of boxes in layers: numbered, sized by weight, coloured by kind."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbreport.charts import Drawing
from tbreport.charts.layered import Point, layered
from tbreport.charts.style import INK, RUN_COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BOX_HEIGHT = 30.0  # CSS pixels
BOX_WIDTHS = (84.0, 210.0)  # smallest and largest
LAYER_GAP, SIDEWAYS_GAP = 34.0, 46.0  # between layers that follow downward and to the right
SIDE_GAP = 18.0
MOST_WIDTH, LEAST_WIDTH = 1150.0, 240.0  # CSS pixels: the column of a wide page, and a small box
PORT_GAP = 14.0  # CSS pixels between arrows at one side of a box
HEAD = 7.0  # CSS pixels of an arrow head
LABEL_CHARACTER = 5.4  # CSS pixels
MOST_SHARP = 900_000  # square CSS pixels; a larger picture is drawn at one pixel each
_LABEL = 24  # characters of a name that fit into a box; the key beside the picture has it whole


@dataclass(frozen=True)
class MapBox:
    """One box: ``label`` is drawn as far as it fits, ``weight`` (0..1) widens it.

    ``kind`` colours it: an index into the picture's kinds, -1 for others; ``scope`` rounds its
    corners less.
    """

    label: str
    kind: int = -1
    weight: float = 0.0
    scope: bool = False


@dataclass(frozen=True)
class MapEdge:
    """An arrow between the boxes at two places, with a short label such as a shape."""

    source: int
    target: int
    label: str = ""
    weight: int = 1


@dataclass(frozen=True, eq=False)
class GraphMap:
    """Boxes and arrows; boxes carry their place in ``boxes``, from 1, as their number.

    Layers are found by igraph's Sugiyama layout, drawn downward or to the right, whichever fits a
    page better.
    """

    alt: str
    boxes: tuple[MapBox, ...]
    edges: tuple[MapEdge, ...]

    def draw(self) -> Drawing:
        """Lay out and draw."""
        import matplotlib

        from tbreport.charts import figure as surface

        plan = _layout(self.boxes, self.edges)
        scale = surface.SCALE if plan.width * plan.height < MOST_SHARP else 1
        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(round(plan.width), round(plan.height), scale)
            _draw(figure, self, plan)
            return surface.finish(figure)


@dataclass(frozen=True)
class _Plan:
    """Where everything goes, in CSS pixels, y downward; ``down`` is the way the layers follow."""

    centres: list[Point]
    routes: list[list[Point]]
    width: float
    height: float
    down: bool


def _layout(boxes: Sequence[MapBox], edges: Sequence[MapEdge]) -> _Plan:
    """Downward where that fits the page, else to the right, or whichever is less wide."""
    coords, bends = layered(len(boxes), [(edge.source, edge.target) for edge in edges])
    down = _plan(coords, bends, boxes, edges, True)
    if down.width <= MOST_WIDTH:
        return down
    return min(down, _plan(coords, bends, boxes, edges, False), key=lambda plan: plan.width)


def _plan(
    coords: Sequence[Point],
    bends: Sequence[Sequence[Point]],
    boxes: Sequence[MapBox],
    edges: Sequence[MapEdge],
    down: bool,
) -> _Plan:
    widths = {point: _width(box) for point, box in zip(coords, boxes, strict=True)}
    points = [*coords, *(point for bend in bends for point in bend)]
    place = _places(points, widths, down)
    left = min(x - widths.get(point, 0) / 2 for point, (x, _) in place.items()) - SIDE_GAP
    right = max(x + widths.get(point, 0) / 2 for point, (x, _) in place.items()) + SIDE_GAP
    top = min(y for _, y in place.values()) - BOX_HEIGHT / 2 - SIDE_GAP
    bottom = max(y for _, y in place.values()) + BOX_HEIGHT / 2 + SIDE_GAP
    spare = max(LEAST_WIDTH - (right - left), 0) / 2
    place = {point: (x - left + spare, y - top) for point, (x, y) in place.items()}
    centres = [place[point] for point in coords]
    routes = [
        [centres[edge.source], *(place[point] for point in bend), centres[edge.target]]
        for edge, bend in zip(edges, bends, strict=True)
    ]
    routes = _attached(routes, centres, boxes, edges, down)
    return _Plan(centres, routes, right - left + 2 * spare, bottom - top, down)


def _places(
    points: Sequence[Point], widths: Mapping[Point, float], down: bool
) -> dict[Point, Point]:
    """Layer coordinates to pixels; in a layer boxes take the room they need, bends a little.

    Neighbours that the layout puts too close are pushed apart.
    """
    mean = sum(widths.values()) / len(widths)
    unit = (mean if down else BOX_HEIGHT) + SIDE_GAP
    left = min(across for across, _ in points)
    layers: dict[float, list[Point]] = {}
    for point in sorted(set(points)):
        layers.setdefault(point[1], []).append(point)
    result = {}
    along = 0.0
    for layer in sorted(layers):
        deep = BOX_HEIGHT if down else max(widths.get(point, 0) for point in layers[layer])
        free = -math.inf
        for point in layers[layer]:
            room = (widths[point] if down else BOX_HEIGHT) if point in widths else 0.0
            across = max((point[0] - left) * unit, free + room / 2)
            free = across + room / 2 + SIDE_GAP
            middle = along + deep / 2
            result[point] = (across, middle) if down else (middle, across)
        along += deep + (LAYER_GAP if down else SIDEWAYS_GAP)
    return result


def _attached(
    routes: Sequence[Sequence[Point]],
    centres: Sequence[Point],
    boxes: Sequence[MapBox],
    edges: Sequence[MapEdge],
    down: bool,
) -> list[list[Point]]:
    """The routes from side to side of their boxes; those of one side spread out, uncrossed."""
    across, along = (0, 1) if down else (1, 0)
    ends: dict[tuple[int, int], list[tuple[float, int, int]]] = {}
    for number, (edge, route) in enumerate(zip(edges, routes, strict=True)):
        for box, end, inner in ((edge.source, 0, 1), (edge.target, -1, -2)):
            side = 1 if route[inner][along] >= route[end][along] else -1
            ends.setdefault((box, side), []).append((route[inner][across], number, end))
    result = [list(route) for route in routes]
    for (box, side), found in ends.items():
        x, y = centres[box]
        width = _width(boxes[box])
        length, depth = (width, BOX_HEIGHT) if down else (BOX_HEIGHT, width)
        step = min(PORT_GAP, (length - 12) / max(len(found) - 1, 1))
        for place, (_, number, end) in enumerate(sorted(found)):
            aside, out = (place - (len(found) - 1) / 2) * step, side * depth / 2
            result[number][end] = (x + aside, y + out) if down else (x + out, y + aside)
    return result


def _width(box: MapBox) -> float:
    """A box is as wide as its name, and wider when it weighs more."""
    text = 40 + 6.9 * min(len(box.label), _LABEL)
    low, high = BOX_WIDTHS
    return min(max(text, low) + (high - low) * 0.3 * box.weight, high)


def _draw(figure: Figure, chart: GraphMap, plan: _Plan) -> None:
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, plan.width)
    axes.set_ylim(plan.height, 0)
    axes.set_axis_off()
    for edge, route in zip(chart.edges, plan.routes, strict=True):
        _draw_edge(axes, edge, route, plan.down)
    for number, (box, place) in enumerate(zip(chart.boxes, plan.centres, strict=True), 1):
        _draw_box(axes, number, box, place)
    for (x, y), label in _labels(chart, plan):
        axes.text(x, y, label, color=INK, size=7, va="center", zorder=5)


def _labels(chart: GraphMap, plan: _Plan) -> Iterator[tuple[Point, str]]:
    """The shapes beside their arrows, each shape once a source, where nothing is in the way."""
    taken = [
        (x - _width(box) / 2, y - BOX_HEIGHT / 2, x + _width(box) / 2, y + BOX_HEIGHT / 2)
        for box, (x, y) in zip(chart.boxes, plan.centres, strict=True)
    ]
    lines = [_sampled(route, plan.down) for route in plan.routes]
    said = set()
    for edge, line in zip(chart.edges, lines, strict=True):
        if not edge.label or (edge.source, edge.label) in said:
            continue
        for share in (0.5, 0.35, 0.65, 0.2):
            x, y = line[int(share * (len(line) - 1))]
            left, right = x + 4, x + 6 + LABEL_CHARACTER * len(edge.label)
            box = (left, y - 7, right, y + 7)
            if right < plan.width and not any(_overlap(box, other) for other in taken):
                if any(_crosses(box, other) for other in lines):
                    continue
                taken.append(box)
                said.add((edge.source, edge.label))
                yield (left, y), edge.label
                break


_Rectangle = tuple[float, float, float, float]


def _overlap(one: _Rectangle, other: _Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _crosses(box: _Rectangle, line: Sequence[Point]) -> bool:
    return any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in line)


def _sampled(route: Sequence[Point], down: bool) -> list[Point]:
    """Points along an arrow, close enough that none jumps over a label."""
    points = []
    for start, end in itertools.pairwise(route):
        count = 2 + int(math.hypot(end[0] - start[0], end[1] - start[1]) / 5)
        for place in range(count):
            t = place / count
            smooth = t * t * (3 - 2 * t)
            straight, curved = (1, 0) if down else (0, 1)
            point = [0.0, 0.0]
            # Control points at half the way along: 3/2 t (1 - t) + t³ along, a smooth step across.
            point[straight] = start[straight] + (end[straight] - start[straight]) * (
                1.5 * t * (1 - t) + t**3
            )
            point[curved] = start[curved] + (end[curved] - start[curved]) * smooth
            points.append((point[0], point[1]))
    return [*points, route[-1]]


def _draw_box(axes: Any, number: int, box: MapBox, place: Point) -> None:
    from matplotlib.patches import FancyBboxPatch

    colour = RUN_COLOURS[box.kind % len(RUN_COLOURS)] if box.kind >= 0 else INK
    width = _width(box)
    x, y = place[0] - width / 2, place[1] - BOX_HEIGHT / 2
    style = f"round,pad=0,rounding_size={6 if box.scope else 14}"
    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, BOX_HEIGHT, style, facecolor=colour, edgecolor="none", zorder=3
        )
    )
    label = box.label if len(box.label) <= _LABEL else f"{box.label[:11]}…{box.label[-12:]}"
    shown = (
        label if label.replace("…", "").isascii() and label.isprintable() else ""
    )  # other scripts need fonts that may not be there
    axes.text(
        x + 8, place[1], str(number), color="white", alpha=0.85, size=6.6, va="center", zorder=4
    )
    axes.text(
        place[0] + 9, place[1], shown.replace("…", "..."), color="white", size=7.6, weight="bold",
        ha="center", va="center", zorder=4,
    )  # fmt: skip


def _draw_edge(axes: Any, edge: MapEdge, route: Sequence[Point], down: bool) -> None:
    from matplotlib.patches import PathPatch, Polygon

    along = 1 if down else 0
    way = math.copysign(HEAD, route[-1][along] - route[-2][along])
    tip = route[-1]
    neck = (tip[0], tip[1] - way) if down else (tip[0] - way, tip[1])
    aside = (HEAD / 2, 0.0) if down else (0.0, HEAD / 2)
    path = _smooth([*route[:-1], neck], down)
    width = 0.8 + 0.35 * math.log2(1 + edge.weight)
    axes.add_patch(
        PathPatch(path, facecolor="none", edgecolor=INK, linewidth=width, alpha=0.75, zorder=2)
    )
    corners = [
        tip,
        (neck[0] - aside[0], neck[1] - aside[1]),
        (neck[0] + aside[0], neck[1] + aside[1]),
    ]
    axes.add_patch(Polygon(corners, facecolor=INK, edgecolor="none", zorder=2))


def _smooth(points: Sequence[Point], down: bool) -> Any:
    """A path through the points, at each of them in the direction of the layers."""
    from matplotlib.path import Path

    vertices, codes = [points[0]], [Path.MOVETO]
    for start, end in itertools.pairwise(points):
        middle_x, middle_y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        if down:
            vertices += [(start[0], middle_y), (end[0], middle_y), end]
        else:
            vertices += [(middle_x, start[1]), (middle_x, end[1]), end]
        codes += [Path.CURVE4] * 3
    return Path(vertices, codes)
