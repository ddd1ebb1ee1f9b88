"""Words among points: on a plate of a colour or with the ground kept clear round them.

No word covers another: it moves up or down if it may, else it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.canvas import EDGE, Canvas
from tbreport.charts.palette import INK_LEVELS
from tbreport.charts.text import text_height, text_ink, text_width

Bytes = NDArray[np.uint8]

TRIES = 9  # places for a word that may move: its own, then by turns below and above
APART = (6.0, 2.0)  # CSS pixels between words side by side, and one above the other
PLATE = (3.0, 2.0)  # CSS pixels of a plate beside and above a word
HALO = 1.5  # CSS pixels that are kept clear round a word or plate
FAINTEST = 4  # ink level that counts as part of a letter


class Stamp(NamedTuple):
    """A word whose middle is to be at (x, y), device pixels, y upwards.

    On a plate of ``colour`` the word is left out of it, so that the ground shows; without a colour
    it is written in ink.
    """

    x: float
    y: float
    word: str
    colour: str = ""


class _Box(NamedTuple):
    left: int
    top: int
    right: int
    bottom: int

    def near(self, other: _Box, across: int, down: int) -> bool:
        beside = self.left - across < other.right and other.left - across < self.right
        return beside and self.top - down < other.bottom and other.top - down < self.bottom


def stamp(canvas: Canvas, stamps: Iterable[Stamp], moving: bool, most: int) -> None:
    """Write up to ``most`` words into the plot, the first first; ``moving`` ones may give way."""
    taken: list[_Box] = []
    across, down = map(canvas.device, APART)
    for one in stamps:
        if len(taken) == most:
            return
        boxes = _boxes(canvas, one, TRIES if moving else 1)
        free = (box for box in boxes if not any(box.near(other, across, down) for other in taken))
        box = next(free, None)
        if box is not None:
            taken.append(box)
            _write(canvas, box, one)


def _boxes(canvas: Canvas, one: Stamp, tries: int) -> Iterator[_Box]:
    """Where it may stand within the plot, best first."""
    beside, above = (canvas.device(length) if one.colour else 0 for length in PLATE)
    width = text_width(one.word, canvas.scale) + 2 * beside + 1
    height = text_height(canvas.scale) + 2 * above
    edge = canvas.device(EDGE)
    left = min(max(round(one.x - width / 2), canvas.left + edge), canvas.right - edge - width)
    for turn in range(tries):
        away = (turn + 1) // 2 * (1 if turn % 2 else -1) * (height + edge)
        top = round(canvas.height * canvas.scale - one.y - height / 2) + away
        if left >= canvas.left and canvas.top + edge <= top <= canvas.bottom - height - edge:
            yield _Box(left, top, left + width, top + height)


def _write(canvas: Canvas, box: _Box, one: Stamp) -> None:
    """Clear the ground, then lay the plate and the word."""
    clear = canvas.device(HALO)
    ink = _heavy(text_ink(one.word, canvas.scale))
    rows, columns = box.bottom - box.top, box.right - box.left
    beside, above = (canvas.device(length) if one.colour else 0 for length in PLATE)
    letters = np.zeros((rows + 2 * clear, columns + 2 * clear), np.uint8)
    room = letters[clear + above :, clear + beside :]
    ink = ink[: room.shape[0], : room.shape[1]]
    room[: ink.shape[0], : ink.shape[1]] = ink
    if one.colour:
        shape = np.zeros(letters.shape, np.bool_)
        shape[clear:-clear, clear:-clear] = True
        levels = np.where(shape, INK_LEVELS - letters, 0)
        shades = [canvas.palette.index(one.colour, level / INK_LEVELS) for level in range(1, 16)]
        marks = np.array([0, *shades], np.uint8)[levels]
    else:
        shape = letters >= FAINTEST
        marks = letters
    target = canvas.shell[box.top - clear : box.bottom + clear, box.left - clear :]
    target = target[:, : columns + 2 * clear]
    marks, near = marks[: target.shape[0]], _grown(shape, clear)[: target.shape[0]]
    marks, near = marks[:, : target.shape[1]], near[:, : target.shape[1]]
    target[near] = marks[near]


def _heavy(ink: Bytes) -> Bytes:
    """Bold: each letter also one pixel further right."""
    wide = np.pad(ink, ((0, 0), (0, 1)))
    return np.maximum(wide, np.roll(wide, 1, axis=1))


def _grown(shape: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """A shape with what is within ``steps`` pixels of it, corners rounded."""
    for step in range(steps):
        grown = shape.copy()
        grown[1:] |= shape[:-1]
        grown[:-1] |= shape[1:]
        wide = grown if step % 2 else shape
        grown = grown.copy()
        grown[:, 1:] |= wide[:, :-1]
        grown[:, :-1] |= wide[:, 1:]
        shape = grown
    return shape
