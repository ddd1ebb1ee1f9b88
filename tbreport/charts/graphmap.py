"""A directed graph of boxes in layers: numbered, sized by weight, coloured by kind."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbreport.charts import Drawing
from tbreport.charts.style import INK, RUN_COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BOX_HEIGHT = 30.0  # CSS pixels
BOX_WIDTHS = (84.0, 210.0)  # smallest and largest
LAYER_GAP = 34.0
SIDE_GAP = 18.0
MOST_WIDTH = 1180.0  # CSS pixels: the text column of a wide page
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

        places, routes = _layout(self.boxes, self.edges)
        width, height = _extent(places)
        scale = surface.SCALE if width * height < MOST_SHARP else 1
        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(round(width), round(height), scale)
            _draw(figure, width, height, self, places, routes)
            return surface.finish(figure)


_Point = tuple[float, float]


def _layout(
    boxes: Sequence[MapBox], edges: Sequence[MapEdge]
) -> tuple[list[_Point], list[list[_Point]]]:
    """Centres of the boxes and the points each edge runs through, in CSS pixels, y downward."""
    import igraph

    graph = igraph.Graph(
        n=len(boxes), edges=[(edge.source, edge.target) for edge in edges], directed=True
    )
    layout = graph.layout_sugiyama(maxiter=200)
    # Long edges get a control point in every layer that they cross; those of edges that close a
    # cycle come in the order of the turned edge.
    bends = [
        sorted(map(tuple, points), key=lambda point: point[1], reverse=turned)
        for points, turned in zip(layout.edge_routing, _turned(layout, edges), strict=True)
    ]
    points = [*map(tuple, layout.coords), *(point for bend in bends for point in bend)]
    rows = Counter(layer for _, layer in points)
    widest = max(rows.values())
    down = widest * (BOX_WIDTHS[1] * 0.75 + SIDE_GAP) <= MOST_WIDTH or widest <= len(rows)
    place = _places(points, boxes, down)
    centres = [place[tuple(point)] for point in layout.coords]
    routes = [
        [centres[edge.source], *(place[point] for point in bend), centres[edge.target]]
        for edge, bend in zip(edges, bends, strict=True)
    ]
    return centres, routes


def _turned(layout: Any, edges: Sequence[MapEdge]) -> list[bool]:
    return [layout.coords[edge.source][1] > layout.coords[edge.target][1] for edge in edges]


def _places(points: Sequence[_Point], boxes: Sequence[MapBox], down: bool) -> dict[_Point, _Point]:
    """Layer coordinates to pixels: a fixed distance between layers, nothing of a layer overlapping.

    The layout may put a bend half a place beside a box; neighbours are pushed apart to a whole one.
    """
    widest = max(_width(box) for box in boxes)
    across_unit = widest + SIDE_GAP if down else BOX_HEIGHT + SIDE_GAP
    along_unit = BOX_HEIGHT + LAYER_GAP if down else widest + LAYER_GAP * 2
    left = min(across for across, _ in points)
    layers: dict[float, list[_Point]] = {}
    for point in sorted(set(points)):
        layers.setdefault(point[1], []).append(point)
    result = {}
    for order, layer in enumerate(sorted(layers)):
        next_free = -math.inf
        for point in layers[layer]:
            across = max(point[0] - left, next_free)
            next_free = across + 1
            x, y = across * across_unit, order * along_unit
            result[point] = (x, y) if down else (y, x)
    return result


def _width(box: MapBox) -> float:
    """A box is as wide as its name, and wider when it weighs more."""
    text = 40 + 6.9 * min(len(box.label), _LABEL)
    low, high = BOX_WIDTHS
    return min(max(text, low) + (high - low) * 0.3 * box.weight, high)


def _extent(places: Sequence[_Point]) -> _Point:
    """The size of the picture in CSS pixels, with a margin for the widest box."""
    x = max(place[0] for place in places) + BOX_WIDTHS[1] + 2 * SIDE_GAP
    y = max(place[1] for place in places) + BOX_HEIGHT + 2 * SIDE_GAP
    return max(x, 240.0), max(y, 80.0)


def _draw(
    figure: Figure,
    width: float,
    height: float,
    chart: GraphMap,
    places: Sequence[_Point],
    routes: Sequence[Sequence[_Point]],
) -> None:
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    left, top = BOX_WIDTHS[1] / 2 + SIDE_GAP, BOX_HEIGHT / 2 + SIDE_GAP
    axes.set_xlim(-left, width - left)
    axes.set_ylim(height - top, -top)
    axes.set_axis_off()
    for edge, route in zip(chart.edges, routes, strict=True):
        _draw_edge(axes, edge, route, chart.boxes[edge.source], chart.boxes[edge.target])
    for number, (box, place) in enumerate(zip(chart.boxes, places, strict=True), 1):
        _draw_box(axes, number, box, place)


def _draw_box(axes: Any, number: int, box: MapBox, place: _Point) -> None:
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


def _draw_edge(
    axes: Any, edge: MapEdge, route: Sequence[_Point], source: MapBox, target: MapBox
) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    points = list(route)
    points[0] = _border(points[0], points[1], source)
    points[-1] = _border(points[-1], points[-2], target)
    width = 0.8 + 0.35 * math.log2(1 + edge.weight)
    path = _smooth(points, Path)
    axes.add_patch(
        FancyArrowPatch(
            path=path, arrowstyle="-|>,head_length=4,head_width=2.2", color=INK, linewidth=width,
            alpha=0.75, zorder=2, shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
    if edge.label:
        middle = points[len(points) // 2 - 1 : len(points) // 2 + 1]
        x = (middle[0][0] + middle[1][0]) / 2
        y = (middle[0][1] + middle[1][1]) / 2
        axes.text(x + 4, y, edge.label, color=INK, size=6.6, va="center", zorder=5)


def _border(point: _Point, toward: _Point, box: MapBox) -> _Point:
    """Where the edge leaves the box: on the side that faces the next point."""
    dx, dy = toward[0] - point[0], toward[1] - point[1]
    if abs(dy) >= abs(dx) * 0.2 or abs(dy) > BOX_HEIGHT:
        return point[0], point[1] + math.copysign(BOX_HEIGHT / 2, dy)
    return point[0] + math.copysign(_width(box) / 2, dx), point[1]


def _smooth(points: Sequence[_Point], path_class: Any) -> Any:
    """A path through the points with vertical tangents at each of them."""
    vertices, codes = [points[0]], [path_class.MOVETO]
    horizontal = abs(points[-1][0] - points[0][0]) > 2.5 * abs(points[-1][1] - points[0][1])
    for start, end in itertools.pairwise(points):
        middle_x, middle_y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        if horizontal:
            vertices += [(middle_x, start[1]), (middle_x, end[1]), end]
        else:
            vertices += [(start[0], middle_y), (end[0], middle_y), end]
        codes += [path_class.CURVE4] * 3
    return path_class(vertices, codes)
