import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tbreport.charts import BadData, Chart
from tbreport.charts.photo import Photo


def encoded(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def noise(width, height, channels=3):
    shape = (height, width, channels)[: 3 if channels > 1 else 2]
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))


def ramp(width, height):
    values = np.add.outer(np.arange(height), np.arange(width)) % 256
    return Image.fromarray(values.astype(np.uint8))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def drawn(data, **options):
    drawing = Photo("a picture", data, **options).draw()
    return drawing, Image.open(io.BytesIO(drawing.png))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
def test_every_allowed_format_becomes_png(form):
    drawing, image = drawn(encoded(noise(100, 80), form))
    assert image.format == "PNG"
    assert image.size == (100, 80) == (drawing.width, drawing.height)
    assert not drawing.pixelated
    assert drawing.note == ""


def test_pixels_of_a_small_image_are_exact():
    picture = noise(100, 80)
    _, image = drawn(encoded(picture))
    np.testing.assert_array_equal(np.asarray(image), np.asarray(picture))


def test_transparency_is_kept():
    _, image = drawn(encoded(noise(100, 80, 4)))
    assert image.mode == "RGBA"


def test_an_opaque_fourth_channel_is_dropped():
    pixels = np.asarray(noise(100, 80, 4)).copy()
    pixels[:, :, 3] = 255
    _, image = drawn(encoded(Image.fromarray(pixels)))
    assert image.mode == "RGB"


@pytest.mark.parametrize(("size", "shown"), [(28, 140), (64, 128), (1, 160), (16, 160)])
def test_tiny_images_keep_their_pixels_and_are_shown_large(size, shown):
    drawing, image = drawn(encoded(noise(size, size, 1)))
    assert drawing.pixelated
    assert (drawing.width, drawing.height) == (shown, shown)
    assert image.size == (size, size)


def test_large_images_are_shrunk_and_shown_at_two_pixels_for_one():
    drawing, image = drawn(encoded(ramp(2400, 1200)))
    assert image.size == (640, 320)
    assert (drawing.width, drawing.height) == (320, 160)


def test_a_ribbon_does_not_vanish_when_it_is_shrunk():
    _, image = drawn(encoded(ramp(5000, 1)))
    assert image.size == (640, 1)


def test_a_heavy_photograph_is_reduced():
    drawing, image = drawn(encoded(noise(900, 700)))
    assert image.mode == "P"
    assert len(drawing.png) < len(encoded(noise(640, 497)))


def test_metadata_and_tails_are_left_behind():
    exif = Image.Exif()
    exif[0x010E] = "a secret caption"
    data = encoded(noise(100, 80), "JPEG", exif=exif, comment=b"a secret comment")
    drawing, image = drawn(data + b"<script>secret()</script>")
    assert b"secret" not in drawing.png
    assert not image.info


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_becomes_a_strip_of_frames(form):
    frames = [Image.new("L", (100, 70), 10 + level * 5) for level in range(48)]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
    drawing, image = drawn(data, frames=6)
    assert drawing.note == "6 of 48 frames"
    assert image.size == (6 * 100 + 5 * 4, 70)
    grey = np.asarray(image.convert("RGBA"))[35, :, 0].astype(int)
    assert abs(grey[50] - 10) < 4
    assert abs(grey[-50] - (10 + 47 * 5)) < 4


def test_a_short_animation_shows_all_its_frames():
    frames = [Image.new("L", (20, 20), level * 50) for level in range(3)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    drawing, image = drawn(data)
    assert drawing.note == "3 frames"
    assert drawing.pixelated
    assert image.width == 3 * 20 + 2 * 1


@pytest.mark.parametrize(
    "values",
    [
        np.array([[0, 32768, 65535]], np.uint16),
        np.array([[0, 500, 1000]], np.int32),
        np.array([[-1.0, 0.0, 1.0]], np.float32),
    ],
)
def test_deep_numbers_are_scaled_to_eight_bits(values):
    _, image = drawn(encoded(Image.fromarray(values), "TIFF"))
    np.testing.assert_allclose(np.asarray(image), [[0, 127, 255]], atol=1.5)


@pytest.mark.parametrize("values", [np.full((3, 3), np.nan), np.full((3, 3), np.inf)])
def test_deep_numbers_that_are_none_are_black(values):
    _, image = drawn(encoded(Image.fromarray(values.astype(np.float32)), "TIFF"))
    assert not np.asarray(image).any()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The image is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG or HTML"),
        (b"\n<!DOCTYPE html><script>", "SVG or HTML"),
        (b"%PDF-1.7", "no known format"),
        (png_claiming(30000, 30000), "too many pixels"),
        (png_claiming(13000, 13000), "too many pixels"),
        (png_claiming(5001, 5000), "5,001 × 5,000 pixels"),
        (png_claiming(0, 5), "no known format"),
        (png_claiming(100, 100), "damaged"),
        (encoded(noise(100, 80))[:900], "damaged"),
        (encoded(noise(100, 80), "JPEG")[:900], "damaged"),
        (encoded(noise(100, 80), "GIF")[:900], "damaged"),
    ],
)
def test_what_can_not_be_shown_is_said_in_a_sentence(data, sentence):
    with pytest.raises(BadData) as caught:
        Photo("", data).draw()
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")
    assert " at 0x" not in str(caught.value)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
@settings(max_examples=25, deadline=None)
@given(place=st.integers(0, 400), byte=st.integers(0, 255), cut=st.integers(0, 400))
def test_damaged_bytes_are_drawn_or_refused(form, place, byte, cut):
    data = bytearray(encoded(ramp(16, 9), form))
    data[place % len(data)] = byte
    try:
        drawing, _ = drawn(bytes(data[: len(data) - cut % len(data)]))
    except BadData:
        return
    assert drawing.png


def test_a_photo_is_a_chart():
    assert isinstance(Photo("a cat", b""), Chart)
