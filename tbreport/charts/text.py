"""The numbers on an axis as bitmaps: each glyph is drawn once a process, then only put in line.

Drawing a label of five characters afresh takes 300 us, putting five cached glyphs in line 10 us.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.agg import new_renderer
from tbreport.charts.palette import INK_LEVELS
from tbreport.charts.style import FONT_SIZE

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

Bytes = NDArray[np.uint8]

ASCENT = 0.76  # of the font size: the height of a digit, rounded up
DESCENT = 0.24  # below the baseline


class _Glyph(NamedTuple):
    ink: Bytes  # levels 0..INK_LEVELS, as high as a line of text
    advance: int  # device pixels to the next glyph


def text_height(scale: int) -> int:
    """The height of a digit in device pixels."""
    return round(FONT_SIZE * ASCENT * scale)


def text_width(text: str, scale: int) -> int:
    """The width of a label in device pixels."""
    return sum(_glyph(char, scale).advance for char in text)


def text_ink(text: str, scale: int) -> Bytes:
    """A label as ink levels (palette indices), uint8 (h, w); digits fill ``text_height``."""
    glyphs = [_glyph(char, scale) for char in text]
    height = text_height(scale) + round(FONT_SIZE * DESCENT * scale)
    line = np.zeros((height, sum(glyph.advance for glyph in glyphs) + 1), np.uint8)
    start = 0
    for ink, advance in glyphs:
        room = line[:, start : start + ink.shape[1]]
        np.maximum(room, ink[:, : room.shape[1]], out=room)
        start += advance
    return line


@functools.lru_cache(maxsize=1024)
def _glyph(char: str, scale: int) -> _Glyph:
    """Draw one character with Agg; its advance is what it adds between two zeros."""
    import matplotlib

    size = round(FONT_SIZE * scale)
    pad = size // 4
    base = text_height(scale)
    height = base + round(FONT_SIZE * DESCENT * scale)
    # The machine's own matplotlibrc must not change the picture.
    with matplotlib.rc_context({"text.hinting": "force_autohint", "text.antialiased": True}):
        renderer = new_renderer(2 * size + 2 * pad, height)
        font = _font(size)
        apart, _, _ = renderer.get_text_width_height_descent(f"0{char}0", font, False)
        together, _, _ = renderer.get_text_width_height_descent("00", font, False)
        context = renderer.new_gc()
        context.set_foreground((0.0, 0.0, 0.0))
        renderer.draw_text(context, pad, base, char, font, 0)
    cover = np.asarray(renderer.buffer_rgba())[:, :, 3].astype(np.uint16)
    ink = ((cover * INK_LEVELS + 127) // 255).astype(np.uint8)
    advance = round(apart - together)
    return _Glyph(ink[:, pad : pad + max(advance, 1) + 1], advance)


@functools.lru_cache(maxsize=8)
def _font(size: int) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=_font_file(), size=size)


def has_glyphs(text: str) -> bool:
    """Whether the font can write all of a text (Latin, Greek, Cyrillic and signs)."""
    return all(ord(char) in _characters() for char in text)


@functools.cache
def _characters() -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(_font_file()).get_charmap())


def _font_file() -> str:
    """The font that matplotlib carries with it, so that every machine draws the same."""
    import matplotlib

    return f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf"
