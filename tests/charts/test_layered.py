"""Layered layouts: every edge bends in the layers between its ends, and nowhere else."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from tbreport.charts.layered import layered

VERTEX = st.integers(0, 11)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(VERTEX, VERTEX), max_size=24))
def test_edges_bend_in_the_layers_between_their_ends(edges):
    coords, bends = layered(12, edges)
    places = [*coords, *(point for points in bends for point in points)]
    assert len(set(places)) == len(places)
    assert all(math.isfinite(x) and x >= 0 and layer == int(layer) for x, layer in places)
    for (source, target), points in zip(edges, bends, strict=True):
        start, stop = int(coords[source][1]), int(coords[target][1])
        step = 1 if start <= stop else -1
        assert [layer for _, layer in points] == list(range(start + step, stop, step))


def test_components_stand_side_by_side():
    fan = [(0, 8), (1, 7), (2, 6), (3, 4), (3, 5), (4, 8), (5, 8), (6, 8), (7, 8)]
    edges = [*fan, *((source + 9, target + 9) for source, target in fan)]
    coords, bends = layered(18, edges)
    one, other = layered(9, fan)[0], coords[9:]
    assert coords[:9] == one
    assert min(x for x, _ in other) > max(x for x, _ in one)
    assert any(bends[:9])


def test_the_first_edge_may_close_a_cycle():
    coords, bends = layered(4, [(2, 0), (0, 1), (1, 2), (2, 3)])
    assert [layer for _, layer in coords] == [0, 1, 2, 3]
    assert [len(points) for points in bends] == [1, 0, 0, 0]


def test_loops_and_single_vertices_have_their_place():
    assert layered(0, []) == ([], [])
    assert layered(3, [(1, 1)]) == ([(0, 0), (1, 0), (2, 0)], [[]])
