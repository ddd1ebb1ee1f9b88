"""Pictures of clouds of points: what is in them, told by their colours, sizes and words."""

import io
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tbreport.charts import BadData, Chart, style
from tbreport.charts.bars import ROW, Bar, Bars
from tbreport.charts.canvas import Canvas
from tbreport.charts.cloud import (
    MOST_CLASSES,
    REST,
    Classes,
    ClassMark,
    Numbers,
    Words,
    class_mark,
)
from tbreport.charts.palette import palette_of
from tbreport.charts.panels import STEEPEST, WIDE, WIDTH, Step
from tbreport.charts.projection import Scatter, TsneMap, maps_of
from tbreport.charts.stamps import Stamp, stamp
from tbreport.charts.thumbnails import Sprite, mosaic, seats

BLUE = style.RUN_COLOURS[0]
AXES = ("PC 1, 60.0% of variance", "PC 2, 20.0% of variance")


def two_clouds(count=30, dimensions=2, seed=0):
    points = np.random.default_rng(seed).normal(size=(2 * count, dimensions)).astype(np.float32)
    points[count:, 0] += 12
    return points


def by_half(count=30, names=("left", "right")):
    return Classes(np.repeat([0, 1], count), names)


def opened(drawing):
    image = Image.open(io.BytesIO(drawing.png))
    assert image.size == (2 * drawing.width, 2 * drawing.height)
    return image


def opaque_colours(image):
    rgba = np.asarray(image.convert("RGBA")).reshape(-1, 4)
    return {tuple(pixel[:3]) for pixel in np.unique(rgba, axis=0).tolist() if pixel[3] == 255}


def encoded(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sprite_of(count, across, colour=(200, 30, 30)):
    rows = math.ceil(count / across)
    return encoded(Image.new("RGB", (8 * across, 8 * rows), colour))


@pytest.mark.parametrize(
    "chart",
    [
        Scatter("Two clouds.", (Step(two_clouds(), by_half()),), AXES),
        TsneMap("Two clouds.", (Step(two_clouds(), by_half()),)),
        Bars("Two classes.", (Bar("left", 3, BLUE), Bar("right", 1, BLUE))),
        ClassMark(11, "The twelfth class."),
    ],
)
def test_they_are_charts_that_travel(chart):
    assert isinstance(chart, Chart)
    again = pickle.loads(pickle.dumps(chart))
    assert again.alt == chart.alt != ""
    assert again.draw() == chart.draw() == chart.draw()


def test_a_scatter_shows_each_class_in_its_colour():
    image = opened(Scatter("", (Step(two_clouds(), by_half()),), AXES).draw())
    assert {style.rgb(class_mark(place)[0]) for place in (0, 1)} <= opaque_colours(image)
    assert image.width == 2 * WIDTH


def test_every_class_that_is_told_apart_has_a_mark_of_its_own():
    marks = [class_mark(place) for place in range(MOST_CLASSES)]
    assert len(set(marks)) == MOST_CLASSES == 20
    assert class_mark(REST) == (style.INK, "dot")


@pytest.mark.parametrize(
    "look",
    [
        Classes(np.full(60, REST), ()),
        Classes(np.arange(60) % 20, tuple(f"class {place}" for place in range(20))),
        Classes(np.repeat([REST, 0], 30), ("",)),
        Numbers(np.arange(60.0)),
        Numbers(np.full(60, 7.0)),
        Numbers(np.full(60, np.nan)),
        Numbers(np.where(np.arange(60) % 2, np.inf, -1e300)),
        Words(("word",) * 60, BLUE),
        Words(("",) * 60, BLUE),
    ],
)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_every_look_draws_at_any_number_of_steps(look, steps):
    chart = Scatter("", (Step(two_clouds(), look, "step 1"),) * steps, AXES)
    image = opened(chart.draw())
    assert image.width == 2 * (WIDTH if steps == 1 else WIDE)
    assert len(look.each()) == 60
    assert set(look.each()) <= {*look.colours, ""}


def test_numbers_have_a_scale_and_what_is_none_is_grey():
    image = opened(Scatter("", (Step(two_clouds(), Numbers(np.arange(60.0))),), AXES).draw())
    look = Numbers(np.array([0.0, 5.0, 10.0, np.nan]))
    assert {style.rgb(colour) for colour in look.colours[:-1]} <= opaque_colours(image)
    assert look.each() == [*(look.colours[at] for at in (0, 6, 11)), style.INK]


@pytest.mark.parametrize(
    "places",
    [
        np.zeros((1, 2)),
        np.ones((5, 2)),
        np.array([[0.0, 0.0], [1.0, 0.0]]),
        np.array([[0.0, 0.0], [0.0, 1.0]]),
        np.array([[-1e308, 0.0], [1e308, 1.0]]),
        np.array([[0.0, 0.0], [5e-324, 0.0]]),
        np.full((3, 2), 1e300),
    ],
)
def test_odd_places_make_a_picture(places):
    look = Words(("here",) * len(places), BLUE)
    opened(Scatter("", (Step(places, look),), AXES).draw())


def test_a_picture_is_never_higher_than_its_share_of_the_width():
    tall = np.array([[0.0, 0.0], [0.0, 9.0], [1.0, 5.0]])
    drawing = Scatter("", (Step(tall, Words(("",) * 3, BLUE)),), AXES).draw()
    assert drawing.height < STEEPEST * WIDTH + 40


@pytest.mark.parametrize("places", [np.zeros((0, 2)), np.array([[0.0, np.nan]])])
def test_a_scatter_without_places_says_so(places):
    chart = Scatter("", (Step(places, Words(("",) * len(places), BLUE)),), AXES)
    with pytest.raises(BadData, match="no points, or some whose places are no numbers"):
        chart.draw()


def test_a_map_says_how_far_to_trust_it():
    note = TsneMap("", (Step(two_clouds(), by_half()),)).draw().note
    assert note.startswith("trustworthiness 0.9")
    assert "; KL divergence " in note and note.endswith("; perplexity 19.7")


def test_a_map_that_is_not_to_be_trusted_is_called_so():
    noise = np.random.default_rng(0).normal(size=(200, 100))
    assert " (low); KL" in TsneMap("", (Step(noise, Words(("",) * 200, BLUE)),)).draw().note


def test_maps_of_the_same_points_lie_on_each_other():
    first = two_clouds(40, 5)
    later = first + 0.01 * np.random.default_rng(1).normal(size=first.shape)
    one, other = maps_of([first, later], same_points=True)
    spread = np.linalg.norm(one.places, axis=1).mean()
    assert np.linalg.norm(other.places - one.places, axis=1).mean() < 0.6 * spread
    assert maps_of([first, later], same_points=False)[0].places.tolist() == one.places.tolist()


def test_thumbnails_stand_below_their_map_in_one_picture():
    step = Step(two_clouds(), by_half())
    sprite = Sprite(sprite_of(60, 8), (8, 8), np.arange(60))
    plain, pictured = TsneMap("", (step,)).draw(), TsneMap("", (step,), sprite=sprite).draw()
    assert pictured.width == plain.width and pictured.height > plain.height + 300
    assert (200, 30, 30) in opaque_colours(opened(pictured))
    assert pictured.note.startswith(f"{plain.note}; ")
    assert pictured.note.endswith(" of 60 thumbnails, one a cell of the grid")


@pytest.mark.parametrize(
    ("data", "tile", "said"),
    [
        (b"", (8, 8), "The image is empty"),
        (b"<svg/>", (8, 8), "SVG"),
        (sprite_of(60, 8)[:60], (8, 8), "damaged"),
        (sprite_of(40, 8), (8, 8), "has 40 tiles of 8 × 8, too few"),
        (sprite_of(60, 8), (0, 0), "has 0 tiles"),
        (sprite_of(60, 8), (1000, 1000), "has 0 tiles"),
    ],
)
def test_an_ill_sprite_costs_the_thumbnails_not_the_map(data, tile, said):
    step = Step(two_clouds(), by_half())
    drawing = TsneMap("", (step,), sprite=Sprite(data, tile, np.arange(60))).draw()
    assert "; no thumbnails: " in drawing.note and said in drawing.note
    assert drawing.png == TsneMap("", (step,)).draw().png


@given(
    st.lists(st.tuples(st.floats(-0.1, 1.1), st.floats(-0.1, 1.1)), min_size=1, max_size=80),
    st.integers(1, 12),
    st.integers(1, 12),
)
def test_no_two_thumbnails_share_a_cell(where, columns, rows):
    taken = seats(np.array(where), columns, rows)
    cells = list(taken.values())
    assert len(set(cells)) == len(cells) >= 1
    for point, (column, row) in taken.items():
        assert 0 <= column < columns and 0 <= row < rows
        x, y = (min(max(place, 0), 1) for place in where[point])
        assert abs(x * columns - 0.5 - column) <= 0.5 + 1e-9
        assert abs(y * rows - 0.5 - row) <= 0.5 + 1e-9


def test_thumbnails_stand_where_their_points_do():
    tiles = Image.new("RGB", (16, 8), (0, 0, 255))
    tiles.paste((255, 255, 0), (8, 0, 16, 8))
    sprite = Sprite(encoded(tiles), (8, 8), np.array([1, 0]))
    where = np.array([[0.1, 0.1], [0.9, 0.9]])
    pixels, shown = mosaic(sprite, where, ["#ff0000", ""], 400, 400, 1)
    assert shown == 2
    (bottom_left, top_right) = pixels[200:, :200], pixels[:200, 200:]
    assert {tuple(p) for p in np.unique(bottom_left.reshape(-1, 4), axis=0).tolist()} == {
        (0, 0, 0, 0),
        (255, 0, 0, 255),
        (255, 255, 0, 255),
    }
    assert (top_right.reshape(-1, 4) == (0, 0, 255, 255)).all(axis=1).any()
    assert not pixels[:200, :200].any() and not pixels[200:, 200:].any()


@pytest.mark.parametrize("tile", [(100, 19), (3, 60), (1, 1), (28, 28)])
def test_tiles_of_any_shape_fit_their_cells(tile):
    image = encoded(Image.new("RGBA", (tile[0] * 2, tile[1] * 5), (9, 9, 9, 128)))
    where = np.random.default_rng(0).random((10, 2))
    sprite = Sprite(image, tile, np.arange(10))
    pixels, shown = mosaic(sprite, where, [BLUE] * 10, 300, 200, 2)
    assert pixels.shape == (200, 300, 4) and 1 <= shown <= 10


@pytest.mark.parametrize("moving", [True, False])
def test_words_never_cover_each_other(moving):
    canvas = Canvas(200, 100, palette_of((BLUE,)))
    stamp(canvas, [Stamp(200, 100, "88888888")], moving, 1)
    alone = canvas.shell.copy()
    stamps = [Stamp(200 + shift, 100, "88888888") for shift in range(0, 60, 3)]
    crowd = Canvas(200, 100, palette_of((BLUE,)))
    stamp(crowd, stamps, moving, 100)
    first = slice(100 - 12, 100 + 12)
    np.testing.assert_array_equal(crowd.shell[first], alone[first])
    assert (crowd.shell.astype(bool).sum() > 1.5 * alone.astype(bool).sum()) == moving


@pytest.mark.parametrize("at", [(-50, -50), (0, 0), (399, 199), (900, 100)])
@pytest.mark.parametrize("colour", [BLUE, ""])
def test_words_at_the_edge_stay_in_the_picture(at, colour):
    canvas = Canvas(200, 100, palette_of((BLUE,)))
    stamp(canvas, [Stamp(*at, "word" * size, colour) for size in (1, 5, 40)], True, 9)
    canvas.drawing()


def test_bars_are_as_long_as_their_counts():
    chart = Bars("", (Bar("a", 40, BLUE), Bar("b", 20, BLUE), Bar("none", 0, BLUE)))
    image = opened(chart.draw()).convert("RGBA")
    blue = (np.asarray(image) == (*style.rgb(BLUE), 255)).all(axis=2)
    lengths = [int(blue[round((row + 0.5) * 2 * ROW)].sum()) for row in range(3)]
    assert lengths[0] == pytest.approx(2 * lengths[1], abs=2) and lengths[0] > 700
    assert lengths[2] == 0
    with pytest.raises(BadData):
        Bars("", ()).draw()
