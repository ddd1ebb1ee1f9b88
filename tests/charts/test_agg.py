import threading

import numpy as np
import pytest

from tbreport.charts import agg


def painted(surface):
    renderer, pixels = surface
    context = renderer.new_gc()
    square = agg.path(np.array([1.0, 5, 5, 1]), np.array([1.0, 1, 5, 5]))
    renderer.draw_path(context, square, agg.identity(), (1.0, 0.0, 0.0, 1.0))
    assert pixels.any()
    return surface


def test_a_surface_given_back_is_blank_when_taken_again():
    first = painted(agg.take_surface(31, 17))
    agg.give_back(*first)
    renderer, pixels = agg.take_surface(31, 17)
    assert renderer is first[0]
    assert pixels.shape == (17, 31, 4)
    assert not pixels[:, :, 3].any()


def test_a_surface_whose_drawing_failed_is_not_used_again():
    failed = painted(agg.take_surface(32, 18))
    assert agg.take_surface(32, 18)[0] is not failed[0]


def test_few_surfaces_are_kept():
    first = agg.take_surface(40, 40)
    agg.give_back(*first)
    for width in range(41, 41 + agg.KEPT):
        agg.give_back(*agg.take_surface(width, 40))
    assert agg.take_surface(40, 40)[0] is not first[0]


def test_threads_do_not_share_surfaces():
    mine = agg.take_surface(33, 19)
    agg.give_back(*mine)
    theirs = []
    thread = threading.Thread(target=lambda: theirs.append(agg.take_surface(33, 19)))
    thread.start()
    thread.join()
    assert theirs[0][0] is not mine[0]


@pytest.mark.parametrize("name", ["dot", "up", "down", "cross", "bar"])
def test_markers_are_about_the_same_size(name):
    corners = agg.marker(name).vertices
    assert 0.5 <= np.abs(corners).max() <= 1.1
