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
from tbreport.charts.heatmap import SHADES, WIDTH, Heatmap
from tbreport.charts.palette import palette_of
from tbreport.charts.ramps import sequence

LOW, HIGH = (style.rgb(sequence(SHADES)[place]) for place in (0, -1))


def pixels(chart):
    drawing = chart.draw()
    image = Image.open(io.BytesIO(drawing.png))
    assert drawing.width == WIDTH
    assert image.size == (2 * drawing.width, 2 * drawing.height)
    assert image.mode == "P"
    return np.asarray(image.convert("RGBA"))


def cell(seen, row, column, rows, columns):
    """The colour in the middle of a cell, measured against the plot's opaque extent."""
    opaque = (seen[:, :, 3] == 255) & (np.ptp(seen[:, :, :3].astype(int), axis=2) > 20)
    tall = np.flatnonzero(opaque.mean(axis=1) > 0.3)
    wide = np.flatnonzero(opaque[tall].mean(axis=0) > 0.9)
    wide = wide[: np.flatnonzero(np.diff(np.append(wide, 10**6)) > 1)[0] + 1]
    y = tall[0] + round((row + 0.5) / rows * len(tall))
    x = wide[0] + round((column + 0.5) / columns * len(wide))
    return tuple(seen[y, x, :3].tolist())


def test_the_first_row_is_at_the_top_and_high_is_light():
    values = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    seen = pixels(Heatmap("", values, np.arange(3.0)))
    assert cell(seen, 0, 0, 3, 3) == LOW
    assert cell(seen, 1, 1, 3, 3) == HIGH
    assert cell(seen, 2, 2, 3, 3) == HIGH


def test_by_logarithm_decades_are_even_and_zero_is_lowest():
    values = np.array([[1e-6, 1e-3, 1.0, 0.0, math.inf, -math.inf]])
    seen = pixels(Heatmap("", values, np.arange(6.0), log=True))
    middle = style.rgb(sequence(SHADES)[SHADES // 2])
    found = [cell(seen, 0, column, 1, 6) for column in range(6)]
    assert found == [LOW, middle, HIGH, LOW, HIGH, LOW]


def test_what_is_no_number_looks_like_no_number():
    seen = pixels(Heatmap("", np.array([[0.0, math.nan, 1.0]]), np.arange(3.0)))
    grey = palette_of(sequence(SHADES), 1).entries[5]
    assert (seen == grey).all(axis=2).sum() > 1000


def test_columns_stand_where_they_were_measured():
    early = pixels(Heatmap("", np.array([[0.0, 1.0, 1.0]]), np.array([0.0, 90.0, 100.0])))
    late = pixels(Heatmap("", np.array([[0.0, 1.0, 1.0]]), np.array([0.0, 10.0, 100.0])))
    lows = [(seen[:, :, :3] == LOW).all(axis=2).sum() for seen in (early, late)]
    assert lows[0] > 3 * lows[1]


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (1, 700), (60, 200), (300, 3)])
@pytest.mark.parametrize("log", [False, True])
def test_maps_of_any_shape(shape, log):
    values = np.random.default_rng(0).lognormal(size=shape)
    chart = Heatmap("layers", values, np.arange(float(shape[1])), log=log)
    assert isinstance(chart, Chart)
    assert pickle.loads(pickle.dumps(chart)).draw() == chart.draw()
    pixels(chart)


def test_thinned_out_columns_are_means_of_what_is_finite():
    values = np.tile([0.0, math.nan, 1.0, math.inf], 500)[None]
    seen = pixels(
        Heatmap("", np.vstack([values, np.zeros((1, 2000)), np.ones((1, 2000))]), np.arange(2000.0))
    )
    assert cell(seen, 0, 100, 3, 500) == style.rgb(sequence(SHADES)[SHADES // 2])


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.float64, (3, 4), elements=st.floats()), st.booleans())
def test_whatever_was_logged_can_be_drawn(values, log):
    pixels(Heatmap("", values, np.arange(4.0), log=log))
