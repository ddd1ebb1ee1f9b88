import dataclasses
import io
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tbreport import stats
from tbreport.charts import Chart, style
from tbreport.charts.lines import COLUMNS, HEIGHT, WIDTH, Band, Line, Lines
from tbreport.stats import Envelope

NAN, INF = math.nan, math.inf


def smoothed(x, y, colour, weight):
    """The line of values smoothed with ``weight``; of the values alone for 0."""
    return Line.of(x, y, colour, stats.smooth(y, weight) if weight else None)


def decay(count, colour=0, weight=0.6, noise=0.1):
    steps = np.arange(float(count))
    values = np.exp(-steps / count) + noise * np.random.default_rng(colour).normal(size=count)
    return smoothed(steps, values, colour, weight)


def opened(chart):
    drawing = chart.draw()
    image = Image.open(io.BytesIO(drawing.png))
    assert image.mode == "P"
    assert image.width in (drawing.width, 2 * drawing.width)
    return image


def opaque_colours(image):
    pixels = image.convert("RGBA")
    colours = pixels.getcolors(pixels.width * pixels.height)
    return {colour[:3] for _, colour in colours if colour[3] == 255}


def has(image, *runs):
    return {style.rgb(style.run_colour(run)) for run in runs} <= opaque_colours(image)


def test_a_line_chart_is_a_chart_that_travels():
    chart = Lines("Loss falls to 0.3.", (decay(50),))
    assert isinstance(chart, Chart)
    again = pickle.loads(pickle.dumps(chart))
    assert again.alt == "Loss falls to 0.3."
    assert again.draw() == chart.draw()


def test_a_line_is_bounded_by_pixels_not_by_events():
    assert len(pickle.dumps(decay(1_000_000))) < 60_000


def test_a_few_lines_are_sharp_and_a_crowd_is_light():
    assert opened(Lines("", (decay(50),))).size == (2 * WIDTH, 2 * HEIGHT)
    crowd = Lines("", tuple(decay(50, run) for run in range(10)))
    assert opened(crowd).size == (WIDTH, HEIGHT)
    assert opened(dataclasses.replace(crowd, scale=2)).size == (2 * WIDTH, 2 * HEIGHT)


@pytest.mark.parametrize("count", [1, 2, 20, 300, 5000])
@pytest.mark.parametrize("runs", [1, 3, 10])
def test_every_run_shows_in_its_colour(count, runs):
    lines = tuple(
        smoothed(np.arange(float(count)), np.full(count, float(run)), run, 0.6)
        for run in range(runs)
    )
    assert has(opened(Lines("", lines, scale=2)), *range(runs))


def test_the_order_of_drawing_does_not_change_the_bytes():
    some, other = Lines("", (decay(300), decay(300, 3))), Lines("", (decay(5000, 1),))
    first = some.draw()
    other.draw()
    assert some.draw() == first


@pytest.mark.parametrize(
    "values",
    [[], [1.0], [NAN], [INF], [NAN, NAN, NAN], [2.0, 2.0], [0.0, 0.0], [-INF, 1, NAN, INF, 3]],
)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("weight", [0.0, 0.6])
def test_odd_series_make_a_picture_without_a_warning(values, log, weight):
    line = smoothed(np.arange(float(len(values))), np.array(values), 0, weight)
    for axis in ("step", "relative", "wall"):
        assert opened(Lines("", (line,), axis, log_y=log)).size == (2 * WIDTH, 2 * HEIGHT)


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(np.float64, st.integers(0, 30), elements=st.floats()),
    hnp.arrays(np.float64, st.just(30), elements=st.floats()),
    st.sampled_from(["step", "relative", "wall"]),
    st.booleans(),
    st.sampled_from([0.0, 0.6]),
)
def test_whatever_is_logged_can_be_drawn(x, y, axis, log, weight):
    line = smoothed(x, y[: len(x)], 0, weight)
    opened(Lines("", (line,), axis, log_y=log, marks=(3.0, NAN)))


def test_a_single_point_is_a_dot():
    assert has(opened(Lines("", (Line.of(np.array([5.0]), np.array([0.7]), 2),))), 2)


def test_a_point_between_gaps_is_a_dot():
    values = np.full(100, NAN)
    values[50] = 1.0
    assert has(opened(Lines("", (Line.of(np.arange(100.0), values, 4),))), 4)


def test_no_lines_make_an_empty_frame():
    assert opaque_colours(opened(Lines("", ()))) == {style.rgb(style.INK)}


def test_values_that_are_no_numbers_are_kept_with_their_place():
    values = np.array([1.0, NAN, INF, -INF, 2.0])
    line = smoothed(np.arange(5.0), values, 0, 0.6)
    assert line.nonfinite == ((1, "nan"), (2, "+inf"), (3, "-inf"))


def test_values_that_are_no_numbers_show_even_alone():
    line = smoothed(np.arange(40.0), np.full(40, NAN), 5, 0.6)
    assert has(opened(Lines("", (line,))), 5)
    assert len(Line.of(np.arange(1e5), np.full(100_000, NAN), 5).nonfinite) <= 2 * COLUMNS


def test_points_beyond_the_range_leave_a_bar_at_the_edge():
    line = Line.of(np.arange(3.0), np.array([9.0, 9.0, 9.0]), 3)
    assert has(opened(Lines("", (line,), y_range=(0.0, 1.0))), 3)
    assert has(opened(Lines("", (line,), y_range=(20.0, 30.0))), 3)


def test_a_mark_is_drawn_where_it_falls_in_range():
    plain = Lines("", (decay(50),))
    assert dataclasses.replace(plain, marks=(20.0,)).draw() != plain.draw()
    assert dataclasses.replace(plain, marks=(2000.0,)).draw() == plain.draw()


def test_a_band_is_shaded_behind_the_lines():
    x = np.arange(50.0)
    band = Envelope(x, np.zeros(50), np.ones(50))
    plain = Lines("", (decay(50),), y_range=(0.0, 2.0))
    shaded = opened(dataclasses.replace(plain, bands=(Band(band, 3),)))
    rgba = np.asarray(shaded.convert("RGBA")).reshape(-1, 4)
    pink = (rgba[:, :3] == style.rgb(style.run_colour(3))).all(axis=1)
    assert pink.sum() > rgba.shape[0] / 5
    assert rgba[pink, 3].max() < 128


def test_lines_behind_are_faint_and_show_no_edge_marks():
    front = Lines("", (decay(50),), y_range=(0.0, 0.5))
    behind = dataclasses.replace(front, lines=(dataclasses.replace(decay(50), behind=True),))
    assert has(opened(front), 0)
    assert not has(opened(behind), 0)
    assert behind.draw() != Lines("", (), x_range=(0.0, 49.0), y_range=(0.0, 0.5)).draw()


def test_runs_beyond_the_palette_are_dashed():
    steps, values = np.arange(100.0), np.zeros(100)
    solid = opened(Lines("", (Line.of(steps, values, 0),), y_range=(-1.0, 1.0)))
    dashed = opened(Lines("", (Line.of(steps, values, 10),), y_range=(-1.0, 1.0)))
    assert has(dashed, 10)
    counts = [
        (np.asarray(image.convert("RGBA"))[:, :, 3] == 255).sum() for image in (solid, dashed)
    ]
    assert counts[1] < counts[0]


def test_steps_that_go_back_are_put_in_order():
    line = Line.of(np.array([5.0, 1.0, 3.0]), np.array([50.0, 10.0, 30.0]), 0)
    assert line.raw.x.tolist() == [1, 3, 5]


def test_smoothing_comes_before_thinning_out():
    steps, values = np.arange(100_000.0), np.random.default_rng(0).normal(size=100_000)
    line = smoothed(steps, values, 0, 0.999)
    assert line.smooth is not None
    assert line.read is line.smooth
    late = slice(COLUMNS // 2, None)
    assert np.abs(line.smooth.high[late]).max() < 0.2
    assert Line.of(steps, values, 0).read.high.max() > 3


def test_shadows_are_grey_and_behind():
    grey = style.rgb(style.BASELINE)
    x = np.arange(20.0)
    shadow = Envelope(x, np.full(20, 1.0), np.full(20, 1.0))
    line = Line.of(x, np.linspace(0.0, 2.0, 20), 1)
    image = opened(Lines("", (line,), shadows=(shadow,)))
    pixels = {colour[:3] for _, colour in image.convert("RGBA").getcolors(10**7) if colour[3] > 99}
    assert grey in pixels and has(image, 1)
    single = Envelope(x[:1], shadow.low[:1], shadow.high[:1])
    nothing = Envelope(x[:0], x[:0], x[:0])
    assert opened(Lines("", (line,), shadows=(single, nothing))).size == (2 * WIDTH, 2 * HEIGHT)
