"""Columns: the values of one tag as they arrive, in pieces that arrived together or one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbreport.model import Floats, Ints
from tbreport.read.payloads import Payloads, detached, unpacked, weight, weight_of_all

if TYPE_CHECKING:
    from tbreport.read.room import Room


@dataclass(slots=True, eq=False)
class Piece:
    """Values of one tag that came together, in order of arrival.

    ``steps`` int64 and ``wall_times`` float64 have shape (n,), and so have ``payloads`` if they are
    the float32 numbers of scalars; other payloads are a list or ``Buckets``. ``ordered`` says that
    the steps are known not to fall. ``first`` is the number of the first value among those of
    its tag and segment, and ``places`` (int64, shape (n,)) those of all where some were left out.
    """

    steps: Ints
    wall_times: Floats
    payloads: Payloads
    ordered: bool = False
    first: int = 0
    places: Ints | None = None

    def detached(self) -> Piece:
        """The same in memory of its own, so that the block that it was cut out of can go."""
        steps, wall_times = self.steps.copy(), self.wall_times.copy()
        return Piece(steps, wall_times, detached(self.payloads), self.ordered)

    def pick(self, which: Ints) -> Piece:
        """Those at ``which`` places of the piece, in memory of their own."""
        payloads: Payloads
        if isinstance(self.payloads, list):
            payloads = [self.payloads[one] for one in which.tolist()]
        elif isinstance(self.payloads, np.ndarray):
            payloads = self.payloads[which]
        else:
            payloads = self.payloads.pick(which).copy()
        steps, walls, places = self.steps[which], self.wall_times[which], self.numbers()[which]
        return Piece(steps, walls, payloads, self.ordered, places=places)

    def numbers(self) -> Ints:
        """The numbers of the values among those of their tag and segment: int64, shape (n,)."""
        if self.places is not None:
            return self.places
        return np.arange(self.first, self.first + len(self.steps))


class Pieces:
    """One tag's values in one segment, in order of arrival: pieces, then values that came alone.

    Each of these is a list of step, wall time and payload. ``count`` is how many arrived, whatever
    was thinned out since.
    """

    __slots__ = ("alone", "count", "done", "segment")

    def __init__(self, segment: int) -> None:
        self.segment = segment
        self.count = 0
        self.done: list[Piece] = []
        self.alone: list[list[Any]] = []

    def add(self, row: list[Any]) -> None:
        """Append one value."""
        self.alone.append(row)
        self.count += 1

    def extend(self, piece: Piece) -> None:
        """Append values that came together."""
        self.close()
        piece.first = self.count
        self.done.append(piece)
        self.count += len(piece.steps)

    def close(self) -> None:
        """Make a piece of the values that came alone."""
        if self.alone:
            steps, walls, payloads = zip(*self.alone, strict=True)
            columns = np.array(steps, np.int64), np.array(walls, np.float64)
            self.done.append(Piece(*columns, list(payloads), first=self.count - len(steps)))
            self.alone = []

    def thin(self, stride: int) -> None:
        """Keep each ``stride``-th value and the last."""
        self.close()
        kept = []
        for piece in self.done:
            wanted = piece.numbers() % stride == 0
            wanted[-1] |= piece is self.done[-1]
            if wanted.all():
                kept.append(piece)
            elif wanted.any():
                kept.append(piece.pick(np.flatnonzero(wanted)))
        self.done = kept


class Column:
    """The values of one tag in one dialect; ``room``, once there is one, takes account of them."""

    __slots__ = ("parts", "room")

    def __init__(self) -> None:
        self.parts: list[Pieces] = []
        self.room: Room | None = None

    def add(self, segment: int, step: int, wall_time: float, payload: Any) -> None:
        """Append one value that arrived in ``segment``."""
        self._part(segment).add([step, wall_time, payload])

    def extend(self, segment: int, piece: Piece) -> None:
        """Append values that arrived together in ``segment``."""
        self._part(segment).extend(piece)

    def thin(self, stride: int) -> int:
        """Keep each ``stride``-th value of each segment and the last; gives what they weigh."""
        for part in self.parts:
            part.thin(stride)
        return sum(weight_of_all(piece.payloads) for part in self.parts for piece in part.done)

    def close(self) -> None:
        """No more values come."""
        for part in self.parts:
            part.close()

    def _part(self, segment: int) -> Pieces:
        if not self.parts or self.parts[-1].segment != segment:
            self.parts.append(Pieces(segment))
        return self.parts[-1]


class ThinnedColumn(Column):
    """A column of heavy payloads, which are thinned out evenly: about ``keep`` stay.

    A thinned payload is None; its step and wall time stay. The first and the last are always kept.
    ``weight`` is what the kept payloads weigh, in bytes.
    """

    __slots__ = ("_held", "_keep", "_seen", "_stride", "weight")

    def __init__(self, keep: int) -> None:
        super().__init__()
        self.weight = 0
        self._keep = keep
        self._stride = 1
        self._seen = 0
        self._held: list[tuple[int, list[Any]]] = []

    def add(self, segment: int, step: int, wall_time: float, payload: Any) -> None:
        """Append one value that arrived in ``segment``."""
        row = [step, wall_time, payload]
        self._part(segment).add(row)
        self._thin(row)

    def extend(self, segment: int, piece: Piece) -> None:
        """Append values that arrived together in ``segment``."""
        rows = (piece.steps.tolist(), piece.wall_times.tolist(), unpacked(piece.payloads))
        for step, wall_time, payload in zip(*rows, strict=True):
            self.add(segment, step, wall_time, payload)

    def keep_fewer(self) -> bool:
        """Thin out twice as much from now on; False if that is no more possible."""
        if self._keep < 2:
            return False
        self._keep //= 2
        while len(self._held) > 2 * self._keep:  # ends: the stride outgrows the places
            self._thin_held()
        return True

    def forget(self) -> None:
        """Let go of all payloads that were kept so far."""
        for held in self._held:
            self._release(held)
        self._held = []

    def _thin(self, row: list[Any]) -> None:
        if self._held and self._held[-1][0] % self._stride:
            self._release(self._held.pop())
        self._held.append((self._seen, row))
        self.weight += weight(row[2])
        self._seen += 1
        if len(self._held) > 2 * self._keep:
            self._thin_held()

    def _thin_held(self) -> None:
        self._stride *= 2
        last = self._held.pop()
        for held in self._held:
            if held[0] % self._stride:
                self._release(held)
        self._held = [held for held in self._held if held[0] % self._stride == 0] + [last]

    def _release(self, held: tuple[int, list[Any]]) -> None:
        self.weight -= weight(held[1][2])
        held[1][2] = None
