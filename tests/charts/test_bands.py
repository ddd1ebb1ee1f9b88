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
from tbreport.charts.bands import COLUMNS, HEIGHT, OPACITIES, WIDTH, Bands


def pixels(bands):
    drawing = bands.draw()
    image = Image.open(io.BytesIO(drawing.png))
    assert (drawing.width, drawing.height) == (WIDTH, HEIGHT)
    assert image.mode == "P"
    return np.asarray(image.convert("RGBA"))


def spread(count):
    return np.linspace(-1, 1, 9) * np.linspace(1, 2, count)[:, None]


def test_bands_have_tensorboards_opacities_from_the_outside_in():
    seen = pixels(Bands.of("", np.arange(50.0), spread(50), 4))
    column = seen[:, seen.shape[1] // 2]
    blue = column[(column[:, :3] == style.rgb(style.run_colour(4))).all(axis=1)]
    found = np.unique(blue[:, 3]) / 255
    for opacity in (*OPACITIES, 1.0):
        assert np.abs(found - opacity).min() < 0.04


@pytest.mark.parametrize("count", [1, 2, 100, 10_000])
def test_any_number_of_steps_is_kept_within_the_pixels(count):
    chart = Bands.of("", np.arange(float(count)), spread(count), 0)
    assert isinstance(chart, Chart)
    assert len(chart.x) <= COLUMNS
    assert (np.diff(chart.levels, axis=1) >= 0).all()
    assert chart.levels.min() == spread(count).min()
    assert (chart.x[0], chart.x[-1]) == (0, count - 1)
    again = pickle.loads(pickle.dumps(chart))
    assert again.draw() == chart.draw()
    assert [*style.rgb(style.run_colour(0)), 255] in pixels(chart).reshape(-1, 4).tolist()


@pytest.mark.parametrize("fill", [0.0, 5.0, math.nan, math.inf, 1e308])
def test_odd_levels_make_a_picture(fill):
    pixels(Bands.of("", np.arange(4.0), np.full((4, 9), fill), 0))


def test_no_steps_make_an_empty_frame():
    pixels(Bands.of("", np.zeros(0), np.zeros((0, 9)), 0))


@settings(max_examples=25, deadline=None)
@given(hnp.arrays(np.float64, (5, 9), elements=st.floats()), st.sampled_from(["step", "wall"]))
def test_whatever_was_logged_can_be_drawn(levels, axis):
    pixels(Bands.of("", np.arange(5.0), np.sort(levels, axis=1), 0, axis))
