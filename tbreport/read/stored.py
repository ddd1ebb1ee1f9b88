"""Tensors as files hold them: name, shape and dtype first, the numbers only when asked for.

Every format that is read gives a ``Contents``; what is done with it (roles, limits, what is worth
reading) is the same for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.model import GapKind
from tbreport.read.sources import Unfit

MAX_RANK = 32  # numpy before 2.0 knows no more
MAX_TENSORS = 50_000  # of one file
MAX_NAME = 1000  # characters

BFLOAT16 = "bfloat16"
# What a file may call a dtype -> how its numbers are stored; bfloat16 is widened to float32.
STORED_AS = {
    "float16": "f2",
    "float32": "f4",
    "float64": "f8",
    "int8": "i1",
    "int16": "i2",
    "int32": "i4",
    "int64": "i8",
    "uint8": "u1",
    "uint16": "u2",
    "uint32": "u4",
    "uint64": "u8",
    "bool": "?",
    "complex64": "c8",
    "complex128": "c16",
    BFLOAT16: "u2",
}


@dataclass(frozen=True)
class Stored:
    """One tensor of a file.

    ``load`` reads its numbers, after the caller has weighed ``memory``, and raises Unfit; it is
    None where ``problem`` says why nothing can be read. ``name`` is a better one than the ``key``,
    if the file tells it.
    """

    key: str
    shape: tuple[int, ...]
    dtype: str
    load: Callable[[], NDArray[Any]] | None
    name: str = ""
    problem: Unfit | None = None

    @property
    def memory(self) -> int:
        """Bytes that the numbers take when they are read."""
        size = 4 if self.dtype == BFLOAT16 else itemsize(self.dtype)
        return math.prod(self.shape) * size


@dataclass
class Contents:
    """What one checkpoint file holds; ``gaps`` are what of it can't be read."""

    format: str
    tensors: list[Stored] = field(default_factory=list)
    gaps: list[Unfit] = field(default_factory=list)
    layout: str = ""
    step: int | None = None


def itemsize(dtype: str) -> int:
    """Bytes of one stored number; 1 for a dtype that is not known here."""
    return np.dtype(STORED_AS[dtype]).itemsize if dtype in STORED_AS else 1


def checked_shape(dimensions: Sequence[Any]) -> tuple[int, ...]:
    """``dimensions`` as a shape; raises Unfit unless they are few and not negative."""
    if len(dimensions) > MAX_RANK:
        raise Unfit(GapKind.MALFORMED, f"{len(dimensions)} dimensions")
    for size in dimensions:
        if type(size) is not int or not 0 <= size < 1 << 63:
            raise Unfit(GapKind.MALFORMED, f"a dimension is {size!r:.40}")
    return tuple(dimensions)


def stored_bytes(shape: tuple[int, ...], dtype: str) -> int:
    """Bytes that a tensor takes in its file; raises Unfit for a dtype that is not known here."""
    if dtype not in STORED_AS:
        raise Unfit(GapKind.UNKNOWN, f"numbers of type {dtype:.40} are not read")
    return math.prod(shape) * itemsize(dtype)


def from_bytes(
    data: bytes, shape: tuple[int, ...], dtype: str, *, big_endian: bool = False
) -> NDArray[Any]:
    """The array stored as ``data`` in C order; bfloat16 comes as float32. Raises Unfit."""
    if len(data) != stored_bytes(shape, dtype):
        raise Unfit(GapKind.MALFORMED, f"{len(data)} bytes for a {dtype} of shape {list(shape)}")
    code = (">" if big_endian else "<") + STORED_AS[dtype]
    array: NDArray[Any] = np.frombuffer(data, code).reshape(shape)
    if big_endian:
        array = array.astype(array.dtype.newbyteorder("<"))
    return widened(array) if dtype == BFLOAT16 else array


def widened(array: NDArray[np.uint16]) -> NDArray[np.float32]:
    """bfloat16 bits as float32: they are its upper half."""
    return (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
