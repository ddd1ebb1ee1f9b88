"""Cursors: protobuf messages that are alike, walked together, each at its own place in a buffer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Floats, Ints
from tbreport.read.arrays import numbers_at

_VARINT, _DOUBLE, _BYTES = 0, 1, 2  # wire types
_LAST = 63  # bits before those of the tenth byte of a varint, which is its last

Mask = NDArray[np.bool_]
Spans = tuple[Ints, Ints]  # where bytes begin and end


class Cursors:
    """One cursor in each of n messages, which end at ``end`` (int64, shape (n,)).

    ``fits`` (bool) tells the messages in which all that was asked for was there; what is read from
    the others means nothing. Cursors in inner messages have the same ``fits``.
    """

    def __init__(
        self, buffer: NDArray[np.uint8], start: Ints, end: Ints, fits: Mask | None = None
    ) -> None:
        self._buffer = buffer
        self._at = start.copy()
        self.end = end
        self.fits = np.ones(len(start), bool) if fits is None else fits

    def among(self, places: Ints) -> Cursors:
        """Cursors at the same places in some of the messages, with ``fits`` of their own."""
        return Cursors(self._buffer, self._at[places], self.end[places])

    def expect(self, data: bytes) -> None:
        """Step over bytes that must be there."""
        for byte in data:
            self.fits &= self._is_at(byte)
            self._at += 1

    def expect_end(self) -> None:
        """There must be nothing more."""
        self.fits &= self._at == self.end

    def has_bytes(self, field: int) -> Mask:
        """Which cursors stand at this field, with bytes for content."""
        return self._is_at(field << 3 | _BYTES)

    def double(self, field: int) -> Floats:
        """A field of 64 bits; 0 where it is not there."""
        there = self._is_at(field << 3 | _DOUBLE)
        last = len(self._buffer) - 8
        numbers = numbers_at(self._buffer, "<f8", np.clip(self._at + 1, 0, last))
        found = np.where(there, numbers, 0.0)
        self._at += 9 * there
        return found

    def integer(self, field: int) -> Ints:
        """A varint field, as int64; 0 where it is not there."""
        return self._varint(self._step_in(field, _VARINT))

    def content(self, field: int, optional: bool = False) -> Spans:
        """Step over a field of bytes; where its content stands, of length 0 if it is not there."""
        there = self._step_in(field, _BYTES)
        if not optional:
            self.fits &= there
        length = self._varint(there)
        self.fits &= (length >= 0) & (length <= self.end - self._at)
        start = self._at.copy()
        self._at += length
        return start, self._at.copy()

    def message(self, field: int) -> Cursors:
        """Step over a field that holds a message; cursors in it."""
        return Cursors(self._buffer, *self.content(field), self.fits)

    def _is_at(self, byte: int) -> Mask:
        there: Mask = (self._buffer.take(self._at, mode="clip") == byte) & (self._at < self.end)
        return there

    def _step_in(self, field: int, wire: int) -> Mask:
        """Step over the key of a field where it is there."""
        there = self._is_at(field << 3 | wire)
        self._at += there
        return there

    def _varint(self, there: Mask) -> Ints:
        value = np.zeros(len(self._at), np.uint64)
        more = there.copy()
        for shift in range(0, _LAST + 1, 7):
            byte = self._buffer.take(self._at, mode="clip")
            if shift == _LAST:  # there is room for one bit
                self.fits &= ~more | (byte <= 1)
            part = (byte & np.uint8(127)).astype(np.uint64)
            part *= more
            value |= part << np.uint64(shift) if shift else part
            self._at += more
            more &= byte >= 128
            if not more.any():
                break
        self.fits &= ~more
        return value.view(np.int64)
