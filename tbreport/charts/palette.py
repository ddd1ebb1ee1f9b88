"""The at most 255 colours of one picture, each with its opacity, and the PNG that holds them.

Pictures are palette PNGs: a third of the bytes of RGBA and encoded five times as fast. Opacity
lives in the palette (tRNS), so anti-aliased edges are right on any ground.
"""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.style import DARK_GROUND, INK, LIGHT_GROUND, rgb

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

INK_LEVELS = 14  # palette entries 1..14 are ink of rising opacity; 0 is nothing at all
LARGEST = 255  # entries; the index 255 stands for "not yet looked up"
UNKNOWN = 255
# How much red, green and blue matter to the eye, on the light ground and on the dark one.
WEIGHTS = np.array((3.0, 6.0, 1.0, 3.0, 6.0, 1.0))
LEVELS = 8  # opacities of one colour: 15 cost 8 % more bytes and look the same
# (share, opacity): lines that cross, faint areas that overlap, dense areas that do, and between.
MIXES = ((0.5, 1.0), (0.5, 0.46), (0.8, 0.94), (0.7, 0.7), (0.7, 1.0), (0.7, 0.46))


class Palette:
    """Ink, each given colour in rising opacities, and mixtures of every two of them.

    ``entries`` is RGBA, uint8, shape (n, 4). The colours are "#rrggbb" and must be every colour the
    picture uses: one that is missing would come out as its nearest neighbour. ``levels`` is the
    most opacities of a colour that are kept, as far as there is room.
    """

    def __init__(self, colours: Sequence[str], levels: int = LEVELS) -> None:
        ink = [(*rgb(INK), level / INK_LEVELS) for level in range(INK_LEVELS + 1)]
        room = LARGEST - len(ink)
        if len(colours) > room:
            raise ValueError(f"a palette holds {room} colours, not {len(colours)}")
        pairs = len(colours) * (len(colours) - 1)
        kept = (room - (pairs if pairs < room // 2 else 0)) // max(len(colours), 1)
        self.levels = max(1, min(levels, kept))
        ramps = [
            (*rgb(colour), level / self.levels)
            for colour in colours
            for level in range(1, self.levels + 1)
        ]
        mixes = _mixtures(colours, room - len(ramps))
        scaled = np.array(ink + ramps + mixes) * (1, 1, 1, 255)
        self.entries: Bytes = scaled.round().astype(np.uint8)
        self._first = {
            colour: len(ink) + place * self.levels for place, colour in enumerate(colours)
        }
        self._looks = _looks(self.entries)
        self._over: Bytes = np.full(1 << 16, UNKNOWN, np.uint8)
        self._covers: dict[int, bytes] = {}
        self._table: Bytes = np.full(1 << 16, UNKNOWN, np.uint8)
        # Of entries with one key the last one here wins: plain colours over mixtures, the most
        # opaque over the others.
        plain = len(ink) + len(ramps)
        order = np.roll(np.arange(len(self.entries)), -plain)
        self._table[_keys(self.entries)[order]] = order
        self._table[np.arange(1 << 12)] = 0  # what is hardly there is not there

    def index(self, colour: str, opacity: float = 1.0) -> int:
        """The entry of one of the given colours at about this opacity (0..1]."""
        return self._first[colour] + max(1, round(opacity * self.levels)) - 1

    def indices(self, pixels: Bytes) -> Bytes:
        """The nearest entry of each pixel: ``pixels`` is RGBA (h, w, 4), the result (h, w).

        Pixels are told apart by four bits a channel. A kind of pixel is compared with the palette
        when it is first met, so no table has to be built beforehand; its entry depends on nothing
        but its key and the palette.
        """
        keys = _keys(pixels)
        found = self._table.take(keys)
        unknown = found == UNKNOWN
        if unknown.any():
            new = np.unique(keys[unknown])
            nibbles = np.stack([new >> shift & 15 for shift in (0, 4, 8, 12)], axis=-1)
            self._table[new] = self._nearest(_looks(nibbles * 17))
            found = self._table.take(keys)
        return found

    def over(self, top: Bytes, below: Bytes) -> Bytes:
        """The entries that look most like entries ``top`` painted over entries ``below``.

        Both have one shape. Like ``indices``, it works out a pair when it is first met.
        """
        keys = top.astype(np.uint16) << 8 | below
        found = self._over.take(keys)
        unknown = found == UNKNOWN
        if unknown.any():
            new = np.unique(keys[unknown])
            opacity = self.entries[new >> 8, 3:] / 255.0
            clear = _looks(self.entries[:1])  # what the grounds themselves look like
            added = self._looks[new >> 8] - clear * (1 - opacity)
            self._over[new] = self._nearest(
                np.round(added + self._looks[new & 255] * (1 - opacity))
            )
            found = self._over.take(keys)
        return found

    def cover(self, colour: str, opacity: float) -> bytes:
        """What an entry at ``index(colour, opacity)`` makes of each one below: 256 entries."""
        top = self.index(colour, opacity)
        if top not in self._covers:
            below = np.arange(len(self.entries), dtype=np.uint8)
            made = self.over(np.full_like(below, top), below)
            self._covers[top] = made.tobytes().ljust(256, b"\0")
        return self._covers[top]

    def _nearest(self, looks: Floats) -> NDArray[np.intp]:
        """The entries nearest to ``looks``, shape (n, 6).

        All numbers are whole and below 2^53, so the result is exact, whatever multiplies it.
        """
        mine = self._looks * WEIGHTS
        # |a - b|^2 without |a|^2, which is the same for every entry
        distance = (mine * self._looks).sum(axis=1) - 2 * (looks @ mine.T)
        nearest: NDArray[np.intp] = distance.argmin(axis=1)
        return nearest

    def png(self, rows: Bytes) -> bytes:
        """The PNG of indices (h, 1 + w), uint8, with a leading 0 in each row: PNG's filter."""
        height, width = rows.shape
        header = struct.pack(">IIBBBBB", width - 1, height, 8, 3, 0, 0, 0)
        return b"".join(
            (
                b"\x89PNG\r\n\x1a\n",
                _chunk(b"IHDR", header),
                _chunk(b"PLTE", self.entries[:, :3].tobytes()),
                _chunk(b"tRNS", self.entries[:, 3].tobytes()),
                _chunk(b"IDAT", _compressed(rows)),
                _chunk(b"IEND", b""),
            )
        )


@functools.lru_cache(maxsize=64)
def palette_of(colours: tuple[str, ...], levels: int = LEVELS) -> Palette:
    """The palette of these colours, made once; 64 are kept at 64 KiB each."""
    return Palette(colours, levels)


def _mixtures(colours: Sequence[str], room: int) -> list[tuple[float, float, float, float]]:
    """Mixtures of every two colours, in as many proportions as there is room for."""
    mixes: list[tuple[float, float, float, float]] = []
    if len(colours) * (len(colours) - 1) > 2 * room:
        return mixes
    for share, opacity in MIXES:
        some = [
            (*(share * a + (1 - share) * b for a, b in zip(rgb(one), rgb(other), strict=True)),)
            for place, one in enumerate(colours)
            for rank, other in enumerate(colours)
            if rank < place or (rank != place and share != 0.5)
        ]
        if len(mixes) + len(some) > room:
            break
        mixes += [(red, green, blue, opacity) for red, green, blue in some]
    return mixes


def _keys(pixels: Bytes) -> NDArray[np.uint32]:
    """Four bits of each channel as one number: red lowest, opacity highest."""
    whole: NDArray[np.uint32] = np.ascontiguousarray(pixels).view("<u4")[..., 0]
    packed = whole >> np.uint32(4)
    packed &= 0x0F0F0F0F
    packed |= packed >> np.uint32(4)
    keys = packed >> np.uint32(8)
    keys &= 0xFF00
    packed &= 0xFF
    keys |= packed
    return keys


def _looks(pixels: NDArray[np.generic]) -> Floats:
    """How RGBA colours look on the light and on the dark ground: (n, 6) whole numbers to 255^2."""
    rgba = np.asarray(pixels, dtype=np.float64)
    colour, opacity = rgba[..., :3], rgba[..., 3:]
    return np.concatenate(
        [
            colour * opacity + np.array(rgb(ground)) * (255 - opacity)
            for ground in (LIGHT_GROUND, DARK_GROUND)
        ],
        axis=-1,
    )


def _compressed(rows: Bytes) -> bytes:
    """Rows of indices as PNG's data: as they are, or as differences to the row above.

    Differences in plain runs suit crowded pictures, which are spikes and fills: 18 % fewer bytes
    than zlib's level 6 in a quarter of its time (8 noisy curves). Whichever changes less often
    along its rows turns out smaller, in 38 of 40 pictures tried.
    """
    above = rows.copy()
    above[1:, 1:] -= rows[:-1, 1:]
    above[1:, 0] = 2  # PNG's filter type "up"
    if _changes(above) >= _changes(rows):
        return zlib.compress(rows.data, 4)  # 5 takes up to 70 % longer for 1 to 9 % fewer bytes
    runs = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    return runs.compress(above.data) + runs.flush()


def _changes(rows: Bytes) -> int:
    return int(np.count_nonzero(rows[:, 1:] != rows[:, :-1]))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
