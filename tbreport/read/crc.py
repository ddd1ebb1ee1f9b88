"""CRC-32C as TFRecord files use it: masked, and for the headers at many offsets at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

_MASK_DELTA = 0xA282EAD8  # tensorflow/core/lib/hash/crc32c.h
_POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected


plain: Callable[[bytes], int] = google_crc32c.value


def masked(data: bytes) -> int:
    """The masked CRC-32C of ``data``, as stored after a record's length and after its payload."""
    return mask(plain(data))


def of_each(
    buffer: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """The plain CRCs of stretches of ``buffer``: uint32."""
    spans = zip(starts.tolist(), stops.tolist(), strict=True)
    if not _takes_arrays():
        view = buffer.data
        return np.array([plain(view[start:stop].tobytes()) for start, stop in spans], np.uint32)
    # Not to copy a histogram takes 0.57 µs instead of 0.74.
    data: Any = buffer.view()
    data.flags.writeable = False
    return np.array([plain(data[start:stop]) for start, stop in spans], np.uint32)


@functools.cache
def _takes_arrays() -> bool:
    """Whether the library in C is here, and takes all that is read-only, as it does so far."""
    zeros: Any = np.zeros(8, np.uint8)
    zeros.flags.writeable = False
    try:
        return google_crc32c.implementation == "c" and plain(zeros) == plain(bytes(8))
    except TypeError:
        return False


def mask(crc: int) -> int:
    """TFRecord's masking of a plain CRC: rotate right by 15 and add a constant."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def unmasked(checksums: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The plain CRCs behind masked ones: uint32, same shape."""
    plain = checksums - np.uint32(_MASK_DELTA)
    return (plain >> np.uint32(17)) | (plain << np.uint32(15))


def byte_effects(distance: int) -> NDArray[np.uint32]:
    """What a byte contributes to a CRC when ``distance`` bytes follow it: uint32, shape (256,).

    A CRC without its initial and final inversion is linear over GF(2), so that the CRC of a message
    is the exclusive or of its bytes' contributions and of the CRC of as many zero bytes.
    """
    tables = _effect_tables()
    while len(tables) <= distance:
        last = tables[-1]
        tables.append(tables[0][last & np.uint32(255)] ^ (last >> np.uint32(8)))
    return tables[distance]


@functools.cache
def _effect_tables() -> list[NDArray[np.uint32]]:
    """The tables made so far, by distance; each is made from the one before."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1)
    return [table.astype(np.uint32)]


def masked_of_eight(buffer: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The masked CRCs of the eight bytes at each of ``offsets`` of ``buffer``: uint32."""
    crc: NDArray[np.uint32] = np.full(len(offsets), google_crc32c.value(bytes(8)), np.uint32)
    for place in range(8):
        crc ^= byte_effects(7 - place)[buffer[offsets + place]]
    crc = (crc >> np.uint32(15)) | (crc << np.uint32(17))
    crc += np.uint32(_MASK_DELTA)
    return crc
