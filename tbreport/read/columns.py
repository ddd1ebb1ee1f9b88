"""Columns: the values of one tag as they arrive, in pieces that arrived together or one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tbreport.model import Floats, Ints
from tbreport.read.payloads import Payloads, detached, unpacked


@dataclass(slots=True, eq=False)
class Piece:
    """Values of one tag that came together, in order of arrival.

    ``steps`` int64 and ``wall_times`` float64 have shape (n,), and so have ``payloads`` if they are
    the float32 numbers of scalars; other payloads are a list or ``Buckets``. ``ordered`` says that
    the steps are known not to fall.
    """

    steps: Ints
    wall_times: Floats
    payloads: Payloads
    ordered: bool = False

    def detached(self) -> Piece:
        """The same in memory of its own, so that the block that it was cut out of can go."""
        steps, wall_times = self.steps.copy(), self.wall_times.copy()
        return Piece(steps, wall_times, detached(self.payloads), self.ordered)


class Pieces:
    """One tag's values in one segment, in order of arrival: pieces, then values that came alone.

    Each of these is a list of step, wall time and payload.
    """

    __slots__ = ("alone", "done", "segment")

    def __init__(self, segment: int) -> None:
        self.segment = segment
        self.done: list[Piece] = []
        self.alone: list[list[Any]] = []

    def __len__(self) -> int:
        return sum(len(piece.steps) for piece in self.done) + len(self.alone)

    def close(self) -> None:
        """Make a piece of the values that came alone."""
        if self.alone:
            steps, walls, payloads = zip(*self.alone, strict=True)
            columns = np.array(steps, np.int64), np.array(walls, np.float64)
            self.done.append(Piece(*columns, list(payloads)))
            self.alone = []


class Column:
    """The values of one tag in one dialect; with ``keep`` set, payloads are thinned out evenly.

    A thinned payload is None; its step and wall time stay. The first and the last are always kept.
    """

    __slots__ = ("_held", "_keep", "_seen", "_stride", "parts")

    def __init__(self, keep: int = 0) -> None:
        self.parts: list[Pieces] = []
        self._keep = keep
        self._stride = 1
        self._seen = 0
        self._held: list[tuple[int, list[Any]]] = []

    def add(self, segment: int, step: int, wall_time: float, payload: Any) -> None:
        """Append one value that arrived in ``segment``."""
        row = [step, wall_time, payload]
        self._part(segment).alone.append(row)
        if self._keep:
            self._thin(row)

    def extend(self, segment: int, piece: Piece) -> None:
        """Append values that arrived together in ``segment``."""
        if self._keep:
            rows = (piece.steps.tolist(), piece.wall_times.tolist(), unpacked(piece.payloads))
            for step, wall_time, payload in zip(*rows, strict=True):
                self.add(segment, step, wall_time, payload)
            return
        part = self._part(segment)
        if part.alone:
            part.close()
        part.done.append(piece)

    def close(self) -> None:
        """No more values come."""
        for part in self.parts:
            part.close()

    def _part(self, segment: int) -> Pieces:
        if not self.parts or self.parts[-1].segment != segment:
            self.parts.append(Pieces(segment))
        return self.parts[-1]

    def _thin(self, row: list[Any]) -> None:
        if self._held and self._held[-1][0] % self._stride:
            _release(self._held.pop())
        self._held.append((self._seen, row))
        self._seen += 1
        if len(self._held) > 2 * self._keep:
            self._stride *= 2
            last = self._held.pop()
            for held in self._held:
                if held[0] % self._stride:
                    _release(held)
            self._held = [held for held in self._held if held[0] % self._stride == 0] + [last]


def _release(held: tuple[int, list[Any]]) -> None:
    held[1][2] = None
