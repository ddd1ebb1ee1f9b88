import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tbreport.charts import Chart, style
from tbreport.charts.ridges import HEIGHT, MOST, WIDTH, Ridges, shades


def pixels(ridges):
    drawing = ridges.draw()
    image = Image.open(io.BytesIO(drawing.png))
    assert (drawing.width, drawing.height) == (WIDTH, HEIGHT)
    assert image.mode == "P"
    return np.asarray(image.convert("RGBA"))


def bell(centre, count=1000.0):
    edges = np.linspace(-3, 3, 31)
    counts = count * np.exp(-(((edges[1:] + edges[:-1]) / 2 - centre) ** 2))
    return np.column_stack([edges[:-1], edges[1:], counts])


def rows_of(seen, colour):
    return np.flatnonzero((seen[:, :, :3] == style.rgb(colour)).all(axis=2).any(axis=1))


def test_the_newest_stands_in_front_at_the_bottom_and_is_the_darkest():
    seen = pixels(Ridges.of("", [bell(0)] * 5, np.arange(5.0), 2))
    fills, _ = shades(style.run_colour(2))
    oldest, newest = rows_of(seen, fills[0]), rows_of(seen, fills[-1])
    assert oldest.min() < newest.min()
    assert oldest.max() < newest.max()
    assert sum(style.rgb(fills[0])) > sum(style.rgb(fills[-1]))


def test_a_single_histogram_takes_the_whole_height():
    fills, _ = shades(style.run_colour(0))
    rows = rows_of(pixels(Ridges.of("", [bell(0)], np.array([7.0]), 0)), fills[-1])
    assert np.ptp(rows) > HEIGHT


@pytest.mark.parametrize("count", [0, 1, 2, MOST, 500])
def test_any_number_of_slices_keeps_the_first_and_the_last(count):
    chart = Ridges.of("histograms", [bell(0)] * count, np.arange(float(count)), 0)
    assert isinstance(chart, Chart)
    assert len(chart.counts) == len(chart.y) == min(count, MOST)
    if count:
        assert (chart.y[0], chart.y[-1]) == (0, count - 1)
    assert pickle.loads(pickle.dumps(chart)).draw() == chart.draw()


def test_slices_given_directly_are_thinned_out_too():
    counts = np.ones((200, 4))
    chart = Ridges("", np.linspace(0, 1, 5), counts, np.arange(200.0), 0)
    kept = Ridges("", np.linspace(0, 1, 5), counts[:MOST], np.linspace(0, 199, MOST).round(), 0)
    assert chart.draw() == kept.draw()


def test_empty_histograms_are_flat():
    pixels(Ridges.of("", [np.zeros((0, 3))] * 3, np.arange(3.0), 0))


def test_equal_steps_stand_at_one_place():
    pixels(Ridges.of("", [bell(0), bell(1)], np.array([4.0, 4.0]), 0))


@settings(max_examples=25, deadline=None)
@given(hnp.arrays(np.float64, (3, 4, 3), elements=st.floats()), st.sampled_from(["step", "wall"]))
def test_whatever_was_logged_can_be_drawn(slices, axis):
    pixels(Ridges.of("", list(slices), np.arange(3.0), 0, axis))
