import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tbreport.charts import style
from tbreport.charts.palette import INK_LEVELS, Palette, palette_of

COLOURS = style.RUN_COLOURS


def test_painting_over_is_what_the_eye_sees():
    palette = Palette(COLOURS[:2])
    blue, orange = (palette.index(colour) for colour in COLOURS[:2])
    faint = palette.index(COLOURS[1], 0.25)
    top = np.array([orange, 0, faint, blue, faint], np.uint8)
    below = np.array([blue, blue, 0, 3, orange], np.uint8)
    over = palette.over(top, below)
    assert over[:4].tolist() == [orange, blue, faint, blue]
    assert over[4] == orange


def test_a_palette_has_no_room_for_more_colours_than_bytes_have_values():
    with pytest.raises(ValueError, match="240 colours, not 300"):
        Palette([f"#0000{value % 256:02x}" for value in range(300)])


@pytest.mark.parametrize("count", range(len(COLOURS) + 1))
def test_a_palette_holds_every_colour_as_it_is(count):
    palette = Palette(COLOURS[:count])
    assert len(palette.entries) <= 255
    for colour in COLOURS[:count]:
        assert palette.entries[palette.index(colour)].tolist() == [*style.rgb(colour), 255]
    assert palette.entries[0, 3] == 0
    assert palette.entries[INK_LEVELS].tolist() == [*style.rgb(style.INK), 255]


@pytest.mark.parametrize("colour", COLOURS)
def test_an_opaque_pixel_gets_its_own_colour_among_all(colour):
    pixel = np.array([[[*style.rgb(colour), 255]]], np.uint8)
    assert Palette(COLOURS).indices(pixel) == Palette(COLOURS).index(colour)


def test_nothing_stays_nothing():
    pixel = np.array([[[255, 255, 255, 0], [0, 0, 0, 0]]], np.uint8)
    assert Palette(COLOURS).indices(pixel).tolist() == [[0, 0]]


@settings(max_examples=30)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 4), min_size=1, max_size=30), st.integers(0, 29))
def test_an_entry_does_not_depend_on_what_was_met_before(pixels, middle):
    pixels = np.array([pixels], np.uint8)
    palette = Palette(COLOURS[:3])
    parts = [palette.indices(pixels[:, middle:]), palette.indices(pixels[:, :middle])]
    whole = Palette(COLOURS[:3]).indices(pixels)
    np.testing.assert_array_equal(np.concatenate(parts[::-1], axis=1), whole)


def test_half_of_a_colour_is_that_colour_at_half_opacity():
    red, green, blue = style.rgb(COLOURS[1])
    palette = Palette(COLOURS[:4])
    entry = palette.entries[palette.indices(np.array([[[red, green, blue, 128]]], np.uint8))[0, 0]]
    assert entry[:3].tolist() == [red, green, blue]
    assert abs(int(entry[3]) - 128) <= 25


def test_two_colours_across_each_other_mix():
    one, other = COLOURS[0], COLOURS[1]
    mixed = (np.array(style.rgb(one)) + style.rgb(other)) // 2
    palette = Palette([one, other])
    entry = palette.entries[palette.indices(np.array([[[*mixed, 255]]], np.uint8))[0, 0]]
    np.testing.assert_allclose(entry, [*mixed, 255], atol=6)


@pytest.mark.parametrize("noisy", [True, False])
def test_a_png_holds_the_indices(noisy):
    palette = palette_of(COLOURS[:2])
    indices = np.zeros((150, 401), np.uint8)
    if noisy:
        count = len(palette.entries)
        indices[:, 1:] = np.random.default_rng(0).integers(0, count, (150, 400))
    else:
        indices[40:60, 30:90] = 7
    png = palette.png(indices)
    image = Image.open(io.BytesIO(png))
    assert (image.mode, image.size, image.info.keys()) == ("P", (400, 150), {"transparency"})
    np.testing.assert_array_equal(np.asarray(image), indices[:, 1:])
    shown = np.asarray(image.convert("RGBA"))
    np.testing.assert_array_equal(shown, palette.entries[indices[:, 1:]])
