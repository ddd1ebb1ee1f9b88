"""TFRecord files: framed records with two checksums each, read whatever has happened to the file.

A record is ``length (u64) | masked CRC of the length (u32) | payload | masked CRC of the payload
(u32)``, little-endian. A record is accepted only if both checksums hold. After a failure the reader
slides to the next offset where they do; it never jumps by the length of a record whose payload is
wrong, since a lost block can make that length land inside a later record.

Files are read through windows of ``pread``, never mapped: a writer that truncates a mapped file
kills its reader. The size is fixed when the file is opened, so that a growing file has an end.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tbreport.limits import DEFAULT, Limits
from tbreport.model import Gap, GapKind
from tbreport.read import crc
from tbreport.read.gaplist import GapList

HEADER = 12  # bytes: length and its checksum
FOOTER = 4  # bytes: the payload's checksum
WINDOW = 1 << 20  # bytes read at a time
_FIRST_LOOK = 1 << 9  # bytes looked through first: most damage is small

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_LENGTH = struct.Struct("<Q")
_CHECKSUM = struct.Struct("<I")


class RecordFile:
    """One open TFRecord file; iterating gives ``(offset, payload)`` of each whole record in order.

    ``name`` is what gaps call the file; ``size`` is in bytes as of opening, or at most what is
    given; ``gaps`` grows while iterating; ``records`` counts what was given so far. Raises OSError
    when the file can't be opened, with errno EINVAL when it is no regular file (a FIFO would hang,
    a device never ends).
    """

    def __init__(
        self, path: str | Path, name: str, size: int | None = None, limits: Limits = DEFAULT
    ) -> None:
        self.name = name
        self.gaps: list[Gap] = GapList(limits)
        self._limits = limits
        self.records = 0
        self._fd = os.open(path, _FLAGS)
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(self._fd)
            raise OSError(errno.EINVAL, "not a regular file")
        self.size = status.st_size if size is None else min(size, status.st_size)
        self._window = b""
        self._window_start = 0
        self._budget = limits.search_factor * self.size + WINDOW

    def __enter__(self) -> RecordFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def read(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes at ``offset``; fewer at the end or when the file has shrunk."""
        start = offset - self._window_start
        if start < 0 or start + length > len(self._window):
            self._window = self._pread(max(length, WINDOW), offset)
            self._window_start, start = offset, 0
        return self._window[start : start + length]

    def _pread(self, length: int, offset: int) -> bytes:
        length = min(length, self.size - offset)
        parts: list[bytes] = []
        while length > 0:
            part = _pread(self._fd, length, offset)
            if not part:
                break
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return self.iterate(0)

    def iterate(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """The whole records from ``offset`` on, which must be where a record can begin."""
        while offset < self.size:
            payload = self.record_at(offset)
            if payload is None:
                offset = self.recover(offset)
                continue
            self.records += 1
            yield offset, payload
            offset += HEADER + len(payload) + FOOTER

    def recover(self, offset: int) -> int:
        """Note the gap at ``offset``, where no record stands, and give the offset of its end."""
        found = self._search(offset + 1)
        end = self.size if found is None else found
        self._note_gap(offset, end)
        return end

    def fill(self, buffer: NDArray[np.uint8], offset: int) -> int:
        """Read into ``buffer`` from ``offset`` on; the number of bytes that were there."""
        length = min(len(buffer), self.size - offset)
        filled = 0
        while filled < length:
            part = _pread_into(self._fd, buffer.data[filled:length], offset + filled)
            if not part:
                break
            filled += part
        return filled

    def _length_at(self, offset: int) -> int | None:
        """The payload length in a header whose checksum holds."""
        header = self.read(offset, HEADER)
        if len(header) < HEADER or crc.masked(header[:8]) != _CHECKSUM.unpack_from(header, 8)[0]:
            return None
        return int(_LENGTH.unpack_from(header)[0])

    def record_at(self, offset: int) -> bytes | None:
        """The payload of the record at ``offset``, or None unless both its checksums hold."""
        length = self._length_at(offset)
        if length is None or offset + HEADER + length + FOOTER > self.size:
            return None
        if length > self._limits.record_bytes:
            return None
        body = self.read(offset + HEADER, length + FOOTER)
        if len(body) < length + FOOTER:
            return None
        payload = body[:length]
        if crc.masked(payload) != _CHECKSUM.unpack_from(body, length)[0]:
            return None
        return payload

    def _search(self, offset: int) -> int | None:
        """The next offset at which a whole record stands, or None."""
        length = _FIRST_LOOK
        while offset + HEADER + FOOTER <= self.size:
            if length == WINDOW:
                offset = self._skip_hole(offset)
            block = self._pread(length, offset)
            length = min(2 * length, WINDOW)
            if len(block) < HEADER + FOOTER:
                return None
            if block.count(0) == len(block):  # each zero may begin a length, and none is a header
                offset += len(block) - (HEADER - 1)
                continue
            for candidate in _header_offsets(block, self.size - offset):
                place = offset + int(candidate)
                self._budget -= self._length_at(place) or 0
                if self._budget < 0:
                    return None
                if self.record_at(place) is not None:
                    return place
            offset += len(block) - (HEADER - 1)
        return None

    def _skip_hole(self, offset: int) -> int:
        """The next offset that may hold data: sparse files can have terabytes of nothing."""
        if not hasattr(os, "SEEK_DATA"):
            return offset
        try:
            # A record's length may begin with zero bytes, and these stand in the hole.
            return max(offset, os.lseek(self._fd, offset, os.SEEK_DATA) - _LENGTH.size)
        except OSError as error:
            # ENXIO: there is no more data; anything else: the file system does not know holes.
            return self.size if error.errno == errno.ENXIO else offset

    def _note_gap(self, start: int, end: int) -> None:
        length = end - start
        if self._budget < 0:
            told = self._limits.told("search_factor")
            kind, reason = GapKind.LIMIT, f"gave up searching: too many false headers ({told})"
        elif end == self.size and self._is_partial(start):
            kind, reason = (
                GapKind.PARTIAL_TAIL,
                "the last record is still being written, or was cut",
            )
        elif end == self.size and self._is_zero(start):
            kind, reason = GapKind.ZERO_TAIL, "zero bytes at the end: preallocated, or lost power"
        elif self._limits.record_bytes < (claimed := self._length_at(start) or 0) < length:
            told = self._limits.told("record_bytes")
            kind, reason = GapKind.LIMIT, f"a record of {claimed} bytes ({told})"
        else:
            kind, reason = GapKind.DAMAGED, "no record with two right checksums"
        self.gaps.append(Gap(kind, self.name, reason, start, length))

    def _is_partial(self, start: int) -> bool:
        """Whether what stands at ``start`` is a right header whose payload goes past the end."""
        if self.size - start < HEADER:
            return not self._is_zero(start)
        length = self._length_at(start)
        return length is not None and start + HEADER + length + FOOTER > self.size

    def _is_zero(self, start: int) -> bool:
        """Whether nothing but zero bytes follow; holes are not read."""
        while (start := self._skip_hole(start)) < self.size:
            block = self._pread(WINDOW, start)
            if not block or block.count(0) != len(block):
                return False
            start += len(block)
        return True


def _header_offsets(block: bytes, remaining: int) -> NDArray[np.int64]:
    """Where in ``block`` twelve bytes stand that are a right header of a record that could fit."""
    buffer = np.frombuffer(block, np.uint8)
    count = len(block) - (HEADER - 1)
    lengths = np.ndarray((count,), "<u8", buffer, strides=(1,))
    checksums = np.ndarray((count,), "<u4", buffer, offset=8, strides=(1,))
    offsets = np.flatnonzero(lengths <= max(remaining - HEADER - FOOTER, 0))
    right = crc.masked_of_eight(buffer, offsets) == checksums[offsets]
    found: NDArray[np.int64] = offsets[right]
    return found


def _pread(fd: int, length: int, offset: int) -> bytes:
    """``os.pread`` where there is one (POSIX), elsewhere a seek and a read."""
    if hasattr(os, "pread"):
        return os.pread(fd, length, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, length)


def _pread_into(fd: int, view: memoryview, offset: int) -> int:
    """Read at ``offset`` into ``view``; the number of bytes read."""
    if hasattr(os, "preadv"):
        return os.preadv(fd, [view], offset)
    part = _pread(fd, len(view), offset)
    view[: len(part)] = part
    return len(part)
