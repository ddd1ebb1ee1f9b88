"""Layered layout of directed graphs, by igraph (Sugiyama, Tagawa and Toda 1981).

igraph 1.0 reads beyond its memory, and dies now and then, in telling where edges bend: if a graph
has several components, and if its first edge is turned to break a cycle. Here neither happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Point = tuple[float, float]
Edges = Sequence[tuple[int, int]]

_NUDGE = 1 / 64  # of the gap between neighbours


def layered(count: int, edges: Edges) -> tuple[list[Point], list[list[Point]]]:
    """Where ``count`` vertices stand, and where each edge bends: (across, layer), both from 0.

    An edge (source, target) bends in every layer between its ends, and is told from its source on.
    Most lead from lower layers to higher ones; components stand side by side. No two places are
    the same.
    """
    import igraph

    coords: list[Point] = [(0.0, 0.0)] * count
    bends: list[list[Point]] = [[] for _ in edges]
    left = 0.0
    for members in igraph.Graph(n=count, edges=edges).connected_components():
        own = [number for number, edge in enumerate(edges) if edge[0] in members]
        own, layout = _component(members, own, edges)
        routes = layout.edge_routing
        places = _apart([*layout.coords, *(point for points in routes for point in points)])
        left -= min(x for x, _ in places)
        following = iter([(left + x, layer) for x, layer in places])
        for vertex in members:
            coords[vertex] = next(following)
        for number, points in zip(own, routes, strict=False):
            source, target = edges[number]
            turned = coords[source][1] > coords[target][1]
            own_bends = [next(following) for _ in points]
            bends[number] = sorted(own_bends, key=lambda point: point[1], reverse=turned)
        left += max(x for x, _ in places) + 1
    return coords, bends


def _component(members: Sequence[int], own: list[int], edges: Edges) -> tuple[list[int], Any]:
    """The layout of one component, and the order in which it has the edges ``own``."""
    import igraph

    place = {vertex: number for number, vertex in enumerate(members)}
    for _ in own:
        inner = [(place[edges[one][0]], place[edges[one][1]]) for one in own]
        graph = igraph.Graph(n=len(members), edges=inner, directed=True)
        if 0 not in graph.feedback_arc_set(method="eades"):  # what the layout turns, and loops
            return own, graph.layout_sugiyama(maxiter=200)
        own = [*own[1:], own[0]]
    # There are none but loops, which bend nowhere.
    return own, igraph.Graph(n=len(members), directed=True).layout_sugiyama()


def _apart(points: Iterable[Sequence[float]]) -> list[Point]:
    """The points, moved a little to the right where one before stands at the same place."""
    taken: dict[Point, None] = {}
    for x, layer in points:
        while (x, layer) in taken:
            x += _NUDGE
        taken[x, layer] = None
    return list(taken)
