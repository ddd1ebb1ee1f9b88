"""The records of a whole buffer: where each begins and how long it is, found all at once.

A buffer holds *stretches* one right after the other: one block of a large file, or many small
files. A stretch begins where a record can begin, and its records are a chain: each begins where
the one before ended. Nothing is trusted here but lengths: a chain is what a reader that jumps from
header to header would see, and the checksums of headers and payloads are for the caller to verify.

Jumping costs Python about 0.1 µs a record. Short records are hunted instead: eight bytes that are
a length below 256 hold four aligned zero bytes, and numpy compares those with zero many at a time.
The candidates are exact where each leads to the next; where one does not, the jumps take over.
"""

from __future__ import annotations

import bisect
import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Ints
from tbreport.read import crc
from tbreport.read.arrays import numbers_at
from tbreport.read.records import FOOTER, HEADER

OVERHEAD = HEADER + FOOTER
_SAMPLE = 1 << 14  # bytes that tell whether records are short
_SHORT = 300  # bytes; with longer records there is less to hunt for than to look through
_BLOCK = 1 << 16  # words looked through at a time, so that they stay in the cache
_MANY = 32  # a chain broken more often than once in so many records is followed by jumps

_length_at = struct.Struct("<Q").unpack_from


class Frames(NamedTuple):
    """The records of a buffer, int64.

    ``offsets`` (of the headers) and ``lengths`` (of the payloads, bytes) have shape (n,);
    the records ``bounds[i]`` to ``bounds[i + 1]`` are those of stretch ``i``, and ``ends[i]`` is
    where its last one ends: there is no whole record in the buffer from there on.
    """

    offsets: Ints
    lengths: Ints
    bounds: Ints
    ends: Ints


def frame(buffer: NDArray[np.uint8], starts: Ints) -> Frames:
    """Frame the stretches of ``buffer`` that begin at ``starts``, each up to the next one."""
    stops = np.append(starts[1:], len(buffer))
    sample = min(int(stops[0]), _SAMPLE)
    if sample > _SHORT * len(_jump(buffer, 0, sample)[0]):
        return _by_jumps(buffer, starts, stops)
    places = _hunt(buffer)
    places, following = _fitting(buffer, places)
    if _is_whole_chain(buffer, places, following, starts):
        bounds = np.append(np.searchsorted(places, starts), len(places))
        return Frames(places, following - places - OVERHEAD, bounds, following[bounds[1:] - 1])
    right = crc.masked_of_eight(buffer, places) == numbers_at(buffer, "<u4", places + 8)
    places, following = places[right], following[right]
    if _MANY * np.count_nonzero(following[:-1] != places[1:]) > len(places):
        return _by_jumps(buffer, starts, stops)
    return _by_runs(buffer, starts, stops, places, following)


def _hunt(buffer: NDArray[np.uint8]) -> Ints:
    """Every offset that may be a header of a payload of 1 to 255 bytes, ascending."""
    words = buffer[: len(buffer) // 4 * 4].view("<u4")
    found = []
    for start in range(0, len(words), _BLOCK):
        zeros = np.flatnonzero(words[start : start + _BLOCK] == 0)
        zeros += start
        found.append(zeros)
    zeros = np.concatenate(found)
    zeros = zeros[np.searchsorted(zeros, 1) :]  # nothing stands before the buffer
    # The length's low byte, not zero, stands one to four bytes before the first zero word.
    before = words.take(zeros - 1)
    if not before.all():
        zeros, before = zeros[before != 0], before[before != 0]
    places: Ints = zeros * 4
    places -= 1
    for unit in (1 << 24, 1 << 16, 1 << 8):
        places -= before < unit
    return places


def _fitting(buffer: NDArray[np.uint8], places: Ints) -> tuple[Ints, Ints]:
    """Those of ``places`` whose record fits into the buffer, and where each record ends."""
    places = places[: np.searchsorted(places, len(buffer) - OVERHEAD, "right")]
    following = numbers_at(buffer, "<u8", places)
    short = following < 256
    following += np.uint64(OVERHEAD)
    ends = following.view(np.int64)
    ends += places
    short &= ends <= len(buffer)
    return (places, ends) if short.all() else (places[short], ends[short])


def _is_whole_chain(buffer: NDArray[np.uint8], places: Ints, following: Ints, starts: Ints) -> bool:
    """Whether the candidates are all records that there are, linked from the first start on.

    If each stretch begins on that one chain, the chain is made of theirs.
    """
    if not len(places) or not np.array_equal(following[:-1], places[1:]):
        return False
    if _jump(buffer, int(following[-1]), len(buffer))[0]:
        return False
    at = np.searchsorted(places, starts)
    return bool(at[-1] < len(places) and np.array_equal(places[at], starts))


def _jump(buffer: NDArray[np.uint8], start: int, stop: int) -> tuple[list[int], list[int], int]:
    """Offsets and lengths of the chain from ``start`` to ``stop``, and where it ends."""
    view = buffer.data
    offsets: list[int] = []
    lengths: list[int] = []
    last = stop - OVERHEAD
    while start <= last:
        (length,) = _length_at(view, start)
        if length > last - start or (not length and _is_blank(view, start)):
            break
        offsets.append(start)
        lengths.append(length)
        start += length + OVERHEAD
    return offsets, lengths, start


def _is_blank(view: memoryview, start: int) -> bool:
    """Whether zeros stand where the checksum of a length of zero is never zero.

    Preallocated blocks are full of them, and each sixteen would pass for a record.
    """
    return not any(view[start + 8 : start + HEADER])


def _by_jumps(buffer: NDArray[np.uint8], starts: Ints, stops: Ints) -> Frames:
    """Frame each stretch from header to header."""
    offsets: list[int] = []
    lengths: list[int] = []
    bounds, ends = [0], []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        places, sizes, end = _jump(buffer, start, stop)
        offsets += places
        lengths += sizes
        bounds.append(len(offsets))
        ends.append(end)
    return _frames(offsets, lengths, bounds, ends)


def _by_runs(
    buffer: NDArray[np.uint8], starts: Ints, stops: Ints, places: Ints, following: Ints
) -> Frames:
    """Frame each stretch by runs of linked candidates and jumps over what is none."""
    run_ends = np.append(np.flatnonzero(following[:-1] != places[1:]) + 1, len(places)).tolist()
    view = buffer.data
    offsets: list[Ints] = []
    lengths: list[Ints] = []
    bounds, ends = [0], []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        count = bounds[-1]
        while start + OVERHEAD <= stop:
            index = int(np.searchsorted(places, start))
            if index < len(places) and places[index] == start:
                last = run_ends[bisect.bisect_right(run_ends, index)]
                last = index + int(np.searchsorted(following[index:last], stop, "right"))
                run = slice(index, last)
                offsets.append(places[run])
                lengths.append(following[run] - places[run] - OVERHEAD)
                if last == index:
                    break
                start = int(following[last - 1])
            else:
                (length,) = _length_at(view, start)
                if start + OVERHEAD + length > stop or (not length and _is_blank(view, start)):
                    break
                offsets.append(np.array([start]))
                lengths.append(np.array([length]))
                start += length + OVERHEAD
            count += len(offsets[-1])
        bounds.append(count)
        ends.append(start)
    return _frames(_joined(offsets), _joined(lengths), bounds, ends)


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _frames(offsets: object, lengths: object, bounds: object, ends: object) -> Frames:
    return Frames(*(np.array(part, np.int64) for part in (offsets, lengths, bounds, ends)))
