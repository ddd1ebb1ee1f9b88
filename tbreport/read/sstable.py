"""LevelDB tables, the format of a TensorFlow checkpoint's ``.index``: sorted keys and values.

A table is blocks of entries whose keys share prefixes, an index block that says where they stand,
and a footer of 48 bytes (leveldb/doc/table_format.md; tensorflow/core/lib/io/format.cc).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tbreport.model import GapKind
from tbreport.read import crc
from tbreport.read.sources import Source, Unfit

FOOTER = 48  # bytes
MAGIC = 0xDB4775248B80FB57
TRAILER = 5  # bytes behind a block: its compression and its checksum
MAX_BLOCK = 16 << 20  # bytes; TensorFlow writes blocks of 256 KiB
MAX_KEY = 4096  # bytes; a key is built on the one before, so that few bytes can make a long one
_COMPRESSION = {1: "snappy"}


def entries(source: Source) -> Iterator[tuple[bytes, bytes]]:
    """The (key, value) pairs of a table in order of the keys; raises Unfit where it is damaged.

    A block is read at most once, whatever an index says, so that the work is bounded by the file.
    """
    footer = source.at(max(source.size - FOOTER, 0), min(FOOTER, source.size))
    if len(footer) < FOOTER or struct.unpack_from("<Q", footer, FOOTER - 8)[0] != MAGIC:
        raise Unfit(GapKind.MALFORMED, "not a checkpoint index: no table footer at its end")
    _, place = _handle(footer, 0)  # of the meta index, which holds filters
    (start, size), _ = _handle(footer, place)
    left = source.size
    for _, value in _block_entries(_block(source, start, size)):
        (start, size), _ = _handle(value, 0)
        left -= size + TRAILER
        if left < 0:
            raise Unfit(GapKind.MALFORMED, "blocks of the checkpoint index overlap")
        yield from _block_entries(_block(source, start, size))


def _block(source: Source, start: int, size: int) -> bytes:
    if size > MAX_BLOCK:
        raise Unfit(GapKind.LIMIT, f"a block of {size} bytes in the checkpoint index")
    block = source.at(start, size + TRAILER)
    if crc.masked(block[: size + 1]) != struct.unpack_from("<I", block, size + 1)[0]:
        raise Unfit(GapKind.DAMAGED, f"checksum of the index block at {start} is wrong")
    if block[size]:
        name = _COMPRESSION.get(block[size], f"compression {block[size]}")
        raise Unfit(GapKind.UNKNOWN, f"the checkpoint index is compressed ({name})")
    return block[:size]


def _block_entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise Unfit(GapKind.MALFORMED, "a block of the checkpoint index is too short")
    end = len(block) - 4 - 4 * int(struct.unpack_from("<I", block, len(block) - 4)[0])
    place, key = 0, b""
    while place < end:
        shared, place = _varint(block, place)
        unshared, place = _varint(block, place)
        length, place = _varint(block, place)
        if shared + unshared > MAX_KEY:
            raise Unfit(GapKind.LIMIT, f"a name of {shared + unshared} bytes in the index")
        if shared > len(key) or place + unshared + length > end:
            raise Unfit(GapKind.MALFORMED, "an entry of the checkpoint index is past its block")
        key = key[:shared] + block[place : place + unshared]
        place += unshared
        yield key, block[place : place + length]
        place += length


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    """A block's offset and size, and the place behind them."""
    offset, place = _varint(data, place)
    size, place = _varint(data, place)
    return (offset, size), place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 64:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
    raise Unfit(GapKind.MALFORMED, "a number in the checkpoint index is cut")


def varints(data: bytes, count: int) -> tuple[list[int], int]:
    """``count`` numbers at the start of ``data`` and the place behind them; raises Unfit."""
    if count > len(data):
        raise Unfit(GapKind.MALFORMED, "fewer numbers than said")
    numbers, place = [], 0
    for _ in range(count):
        number, place = _varint(data, place)
        numbers.append(number)
    return numbers, place
