"""The mosaic: the kernels of a layer, one beside the other, as they are."""

from __future__ import annotations

import functools
import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.palette import INK_LEVELS, palette_of
from tbreport.charts.style import blend
from tbreport.stats import format_number

Floats = NDArray[np.float64]

SHADES = 201  # an odd number: the middle one is 0
# From the least through 0 to the greatest value: blue against orange, told apart by all sights.
SCALE = ("#00436b", "#2f8fc4", "#f7f7f7", "#e8894a", "#8f3d00")
GRID = 2.0  # what stands for a line among values from -1 to 1
ASPECT = 2.0  # how much wider than high the mosaic is made
WIDTH = 480  # CSS pixels that a mosaic is enlarged towards, by a whole factor
LARGEST_FACTOR = 12
WIDEST = 1120  # pixels; a wider mosaic is shown at two of them for one CSS pixel


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Kernels as tiles, one pixel for each weight, to be enlarged by nearest neighbour.

    ``kernels`` float64 (n, h, w), or (n, h, w, 3) for kernels over red, green and blue. All are
    scaled alike and symmetrically round 0, which is white (grey where there are three channels).
    NaN is left clear; infinities take the colour of their end. Rows of tiles hold ``columns``, by
    default so many that the mosaic is twice as wide as high.
    """

    alt: str
    kernels: Floats
    columns: int = 0

    def draw(self) -> Drawing:
        """Draw it. The note says what the colours stand for."""
        kernels = np.asarray(self.kernels, dtype=np.float64)
        finite = np.abs(kernels[np.isfinite(kernels)])
        limit = float(finite.max(initial=0.0))
        scaled = np.clip(kernels / (limit or 1.0), -1, 1)
        count, height, width = scaled.shape[:3]
        columns = self.columns or round(math.sqrt(count * ASPECT * (height + 1) / (width + 1)))
        columns = max(1, min(columns, count))
        if scaled.ndim == 4:
            png, shape = _coloured(_tiles(scaled, columns))
            note = f"mid-grey is 0, full colour {format_number(limit)}"
        else:
            png, shape = _plain(_tiles(scaled, columns))
            note = f"blue is −{format_number(limit)}, white 0, orange {format_number(limit)}"
        factor = max(1, min(LARGEST_FACTOR, WIDTH // shape[1]))
        if shape[1] > WIDEST:
            return Drawing(png, shape[1] // 2, shape[0] // 2, note=note)
        return Drawing(png, shape[1] * factor, shape[0] * factor, True, note)


def _tiles(kernels: Floats, columns: int) -> Floats:
    """The tiles in rows with lines of ``GRID`` between and round them; missing ones are NaN."""
    count, height, width = kernels.shape[:3]
    rows = -(-count // columns)
    tile = np.full((rows * columns, height + 1, width + 1, *kernels.shape[3:]), GRID)
    tile[:count, 1:, 1:] = kernels
    tile = tile.reshape(rows, columns, *tile.shape[1:]).swapaxes(1, 2)
    board = tile.reshape(rows * (height + 1), columns * (width + 1), *kernels.shape[3:])
    border = [(0, 1), (0, 1)] + [(0, 0)] * (board.ndim - 2)
    board = np.pad(board, border, constant_values=GRID)
    last = count - (rows - 1) * columns
    if last < columns:  # no lines round tiles that aren't there
        board[(rows - 1) * (height + 1) + 1 :, last * (width + 1) + 1 :] = np.nan
    return board


def _plain(board: Floats) -> tuple[bytes, tuple[int, ...]]:
    """One channel: values from -1 to 1 are palette entries, above 1 is the grid."""
    shades = _diverging()
    palette = palette_of(shades, 1)
    first = palette.index(shades[0])
    rows = np.zeros((board.shape[0], board.shape[1] + 1), np.uint8)
    number = np.isfinite(board)
    place = first + np.round((np.where(number, board, 0.0) + 1) / 2 * (SHADES - 1))
    rows[:, 1:] = np.where(board == GRID, INK_LEVELS, np.where(number, place, 0))
    return palette.png(rows), board.shape


def _coloured(board: Floats) -> tuple[bytes, tuple[int, ...]]:
    """Three channels: -1 to 1 is 0 to 255; NaN and the grid are clear, as grey is a value here."""
    from PIL import Image

    seen = (np.isfinite(board) & (board <= 1)).all(axis=2)
    pixels = np.zeros((*seen.shape, 4), np.uint8)
    pixels[seen, :3] = np.round((board[seen] + 1) / 2 * 255)
    pixels[seen, 3] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue(), board.shape


@functools.cache
def _diverging() -> tuple[str, ...]:
    """``SHADES`` colours along ``SCALE``."""
    steps = len(SCALE) - 1
    shades = []
    for place in np.linspace(0, steps, SHADES).tolist():
        start = min(int(place), steps - 1)
        shades.append(blend(SCALE[start], SCALE[start + 1], place - start))
    return tuple(shades)
