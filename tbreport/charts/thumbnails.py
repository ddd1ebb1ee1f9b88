"""Thumbnails of points on their map: on a grid, one a cell, so that none covers another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import BadData
from tbreport.charts.photo import decoded
from tbreport.charts.style import rgb

if TYPE_CHECKING:
    from PIL.Image import Image

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST, LARGEST = 23.0, 46.0  # CSS pixels: the side of a square as large as a cell
CELLS = 0.6  # side of that square, by what each point would have if all had the same
LONGEST = 3.0  # a cell's longer side by its shorter one
FRAME = 2  # device pixels of colour round a thumbnail
BLOCKY = 16  # pixels of a tile's side up to which it is enlarged by nearest neighbour


@dataclass(frozen=True, eq=False)
class Sprite:
    """An encoded image of tiles in row order, left to right and down.

    ``tile``: width and height of one in pixels; ``numbers`` int64 (n,) says which tile is each
    point's.
    """

    data: bytes
    tile: tuple[int, int]
    numbers: Ints


def mosaic(
    sprite: Sprite, where: Floats, colours: Sequence[str], width: int, height: int, scale: int
) -> tuple[Bytes, int]:
    """RGBA pixels (height, width, 4) and how many thumbnails are on them; device pixels.

    ``where`` (n, 2): the places of points, from 0 to 1 rightwards and upwards; ``colours`` of their
    frames, "" for none. Raises BadData for a sprite that can't be decoded or has too few tiles.
    """
    sheet = decoded(sprite.data, 1)[0][0]
    wide, high = sprite.tile
    across = sheet.width // wide if wide > 0 and high > 0 else 0
    tiles = across * (sheet.height // high) if across else 0
    if len(sprite.numbers) == 0 or tiles <= int(sprite.numbers.max()):
        raise BadData(
            f"The sprite of {sheet.width:,} × {sheet.height:,} pixels has {tiles:,} tiles of"
            f" {wide:,} × {high:,}, too few for its points."
        )
    ratio = math.sqrt(min(max(wide / high, 1 / LONGEST), LONGEST))
    side = CELLS * math.sqrt(width * height / len(where))
    side = min(max(side, SMALLEST * scale), LARGEST * scale)
    columns, rows = max(1, round(width / (side * ratio))), max(1, round(height / (side / ratio)))
    size = width // columns, height // rows
    pixels = np.zeros((height, width, 4), np.uint8)
    taken = seats(where, columns, rows)
    for point, (column, row) in taken.items():
        number = int(sprite.numbers[point])
        left, top = number % across * wide, number // across * high
        thumbnail = _framed(sheet.crop((left, top, left + wide, top + high)), size, colours[point])
        bottom = height - row * size[1] - (size[1] - thumbnail.shape[0]) // 2
        start = column * size[0] + (size[0] - thumbnail.shape[1]) // 2
        pixels[bottom - thumbnail.shape[0] : bottom, start : start + thumbnail.shape[1]] = thumbnail
    return pixels, len(taken)


def seats(where: Floats, columns: int, rows: int) -> dict[int, tuple[int, int]]:
    """The points that are shown and the cell (column, row from below) of each; one point a cell.

    ``where`` (n, 2) from 0 to 1. Of the points in a cell the one nearest to its middle is shown, so
    that the grid has the shape of the map.
    """
    size = columns, rows
    cells = np.clip((where * size).astype(np.int64), 0, np.array(size) - 1)
    away = ((where * size - 0.5 - cells) ** 2).sum(axis=1)
    order = np.argsort(away, kind="stable")
    _, first = np.unique(cells[order] @ (rows, 1), return_index=True)
    column, row = cells[order[first]].T.tolist()
    return dict(zip(order[first].tolist(), zip(column, row, strict=True), strict=True))


def _framed(tile: Image, cell: tuple[int, int], colour: str) -> Bytes:
    """A tile as large as fits into a cell, in its frame: RGBA (h, w, 4)."""
    from PIL.Image import Resampling

    room = cell[0] - 2 * FRAME - 2, cell[1] - 2 * FRAME - 2
    factor = max(min(room[0] / tile.width, room[1] / tile.height), 1e-9)
    size = max(1, int(tile.width * factor)), max(1, int(tile.height * factor))
    blocky = max(tile.size) <= BLOCKY
    way = Resampling.NEAREST if blocky else Resampling.LANCZOS
    pixels = np.asarray(tile.convert("RGBA").resize(size, way))
    if not colour:
        return pixels
    framed = np.empty((size[1] + 2 * FRAME, size[0] + 2 * FRAME, 4), np.uint8)
    framed[:] = (*rgb(colour), 255)
    framed[FRAME:-FRAME, FRAME:-FRAME] = pixels
    return framed
