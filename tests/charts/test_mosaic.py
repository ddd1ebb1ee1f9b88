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
from tbreport.charts.mosaic import SCALE, Mosaic

LEAST, ZERO, GREATEST = (style.rgb(SCALE[place]) for place in (0, 2, 4))


def drawn(kernels, **options):
    drawing = Mosaic("kernels", np.asarray(kernels, dtype=float), **options).draw()
    return drawing, np.asarray(Image.open(io.BytesIO(drawing.png)).convert("RGBA"))


def test_each_weight_is_one_pixel_scaled_symmetrically_round_zero():
    drawing, seen = drawn([[[-2.0, 0.0, 1.0, 2.0]], [[0.0, 0.0, 0.0, 0.0]]], columns=1)
    assert seen.shape == (5, 6, 4)
    assert [tuple(seen[1, x, :3].tolist()) for x in (1, 2, 4)] == [LEAST, ZERO, GREATEST]
    assert tuple(seen[1, 3, :3].tolist()) not in {LEAST, ZERO, GREATEST}
    assert drawing.note == "blue is −2, white 0, orange 2"
    for row in (0, 2, 4):
        assert (seen[row] == [*style.rgb(style.INK), 255]).all()


def test_it_is_enlarged_by_a_whole_factor():
    drawing, seen = drawn(np.random.default_rng(0).normal(size=(64, 7, 7)))
    assert drawing.pixelated
    assert drawing.width % seen.shape[1] == drawing.height % seen.shape[0] == 0
    assert drawing.width > drawing.height


def test_a_huge_one_is_not_enlarged():
    drawing, seen = drawn(np.zeros((4, 10, 700)), columns=4)
    assert not drawing.pixelated
    assert drawing.width < seen.shape[1]


def test_nothing_surrounds_tiles_that_are_not_there():
    _, seen = drawn(np.ones((3, 2, 2)), columns=2)
    assert seen.shape == (7, 7, 4)
    assert not seen[4:, 4:, 3].any()
    assert seen[:, :4, 3].all()


def test_what_is_no_number_is_clear_and_infinity_is_the_end():
    _, seen = drawn([[[math.nan, math.inf, -math.inf, 3.0]]])
    assert seen[1, 1, 3] == 0
    assert [tuple(seen[1, x, :3].tolist()) for x in (2, 3, 4)] == [GREATEST, LEAST, GREATEST]


def test_three_channels_are_colours_round_grey():
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 1] = [4.0, -4.0, 0.0]
    kernel[0, 0, 2] = math.nan
    drawing, seen = drawn(kernel)
    assert seen[1, 1].tolist() == [128, 128, 128, 255]
    assert seen[1, 2].tolist() == [255, 0, 128, 255]
    assert seen[1, 3, 3] == seen[0, 0, 3] == 0
    assert drawing.note == "mid-grey is 0, full colour 4"


@pytest.mark.parametrize("shape", [(1, 1, 1), (512, 3, 3), (2, 11, 11, 3), (1, 1, 1, 3)])
def test_kernels_of_any_shape(shape):
    chart = Mosaic("kernels", np.random.default_rng(0).normal(size=shape))
    assert isinstance(chart, Chart)
    assert pickle.loads(pickle.dumps(chart)).draw() == chart.draw()


@settings(max_examples=25, deadline=None)
@given(hnp.arrays(np.float64, (2, 3, 2), elements=st.floats()))
def test_whatever_was_saved_can_be_drawn(kernels):
    drawn(kernels)
