import io
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tbreport.charts import Chart, style
from tbreport.charts.scatter import SIDE, Scatter

RNG = np.random.default_rng(0)


def pixels(chart):
    drawing = chart.draw()
    image = Image.open(io.BytesIO(drawing.png))
    assert drawing.height == SIDE
    assert image.size == (2 * drawing.width, 2 * drawing.height)
    return np.asarray(image.convert("RGBA"))


def shows(seen, colour):
    return bool((seen[:, :, :3] == style.rgb(colour)).all(axis=2)[seen[:, :, 3] > 150].any())


def test_every_class_shows_in_its_colour():
    groups = np.arange(1000) % 10
    points = np.column_stack([groups, groups % 3]) + RNG.normal(0, 0.1, (1000, 2))
    chart = Scatter("digits", points, groups)
    assert isinstance(chart, Chart)
    seen = pixels(chart)
    assert all(shows(seen, style.run_colour(group)) for group in range(10))
    assert pickle.loads(pickle.dumps(chart)).draw() == chart.draw()


def test_points_without_a_class_are_ink():
    assert shows(pixels(Scatter("", RNG.normal(size=(50, 2)), np.full(50, -1))), style.INK)


def test_both_axes_have_one_scale():
    seen = pixels(Scatter("", np.array([[0.0, 0.0], [100.0, 0.0], [50.0, 10.0]])))
    rows = np.flatnonzero(seen[:, :, 3].any(axis=1))
    columns = np.flatnonzero(seen[:, :, 3].any(axis=0))
    assert np.ptp(columns) > 5 * np.ptp(rows)


def test_short_names_stand_at_the_centres():
    points, groups = RNG.normal(size=(100, 2)), np.zeros(100, np.int64)
    plain = Scatter("", points, groups).draw()
    assert Scatter("", points, groups, ("cat",)).draw() != plain
    for silent in ("", "a name that is much too long", "猫"):
        assert Scatter("", points, groups, (silent,)).draw() == plain


def test_more_names_than_classes_and_more_classes_than_names():
    points, groups = RNG.normal(size=(60, 2)), np.arange(60) % 6
    for count in (0, 3, 20, 50):
        pixels(Scatter("", points, groups, tuple(f"{k}" for k in range(count))))


def test_a_number_is_explained_by_a_bar():
    points = RNG.normal(size=(100, 2))
    plain, numbered = Scatter("", points), Scatter("", points, values=points[:, 0])
    assert numbered.draw().width > plain.draw().width == SIDE
    pixels(numbered)


@pytest.mark.parametrize("fill", [0.0, math.nan, math.inf])
def test_numbers_that_are_one_or_none(fill):
    pixels(Scatter("", RNG.normal(size=(10, 2)), values=np.full(10, fill)))


@pytest.mark.parametrize(
    "points",
    [np.zeros((0, 2)), np.full((3, 2), math.nan), np.zeros((5, 2)), np.full((1, 2), 1e308)],
)
def test_odd_points_make_a_picture(points):
    count = len(points)
    pixels(Scatter("", points))
    pixels(Scatter("", points, np.zeros(count, np.int64), ("all",)))
    pixels(Scatter("", points, values=np.arange(float(count))))


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(np.float64, (6, 2), elements=st.floats()),
    hnp.arrays(np.float64, 6, elements=st.floats()),
)
def test_whatever_was_reduced_can_be_drawn(points, values):
    pixels(Scatter("", points, values=values))
