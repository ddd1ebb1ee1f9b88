"""What torch saves: a zip with a pickle that says which tensors there are, and their bytes.

Format: torch/serialization.py (torch.save since 1.6).
"""

from __future__ import annotations

import functools
import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.model import GapKind
from tbreport.read.pickles import MAX_PICKLE
from tbreport.read.sources import Source, Unfit
from tbreport.read.stored import (
    BFLOAT16,
    STORED_AS,
    Contents,
    Stored,
    checked_shape,
    itemsize,
    stored_bytes,
    widened,
)
from tbreport.read.torchpickle import TensorView, follow
from tbreport.read.zips import StoredZip

FORMAT = "torch"


def contents(source: Source) -> Contents:
    """The tensors of a torch zip; raises Unfit when it is none, or damaged."""
    archive = StoredZip(source)
    pickle = min((name for name in archive.members if _is_pickle(name)), key=len, default=None)
    if pickle is None:
        raise Unfit(GapKind.UNKNOWN, "a zip archive without a torch pickle")
    if archive.members[pickle].size > MAX_PICKLE:
        raise Unfit(GapKind.LIMIT, f"a pickle of {archive.members[pickle].size} bytes")
    saved = follow(archive.read(pickle))
    reader = _Reader(archive, pickle.removesuffix("data.pkl"))
    tensors = [reader.stored(*described) for described in saved.tensors]
    return Contents(FORMAT, tensors, saved.gaps, layout="OIHW", step=saved.step)


def _is_pickle(name: str) -> bool:
    return name == "data.pkl" or (name.endswith("/data.pkl") and name.count("/") == 1)


class _Reader:
    """Reads tensors out of the archive's storages."""

    def __init__(self, archive: StoredZip, prefix: str) -> None:
        self._archive, self._prefix = archive, prefix
        order = f"{prefix}byteorder"
        self._big_endian = (
            order in archive.members
            and archive.members[order].size < 16
            and archive.read(order) == b"big"
        )

    def stored(self, key: str, name: str, tensor: TensorView) -> Stored:
        """``tensor`` as a format-free value; what is wrong with it is its problem."""
        shape: tuple[int, ...] = ()
        try:
            shape = checked_shape(tensor.shape)
            self._span(tensor)
        except Unfit as problem:
            return Stored(key, shape, tensor.dtype, None, name, problem)
        return Stored(key, shape, tensor.dtype, functools.partial(self._load, tensor), name)

    def _span(self, tensor: TensorView) -> tuple[str, int]:
        """The member that holds ``tensor`` and how many numbers from its offset on it takes."""
        member = f"{self._prefix}data/{tensor.storage.key}"
        if member not in self._archive.members:
            raise Unfit(GapKind.MALFORMED, f"its storage {tensor.storage.key:.40} is missing")
        count = self._archive.members[member].size // itemsize(tensor.dtype)
        stored_bytes(tensor.shape, tensor.dtype)
        strides = tensor.strides
        if len(strides) != len(tensor.shape) or any(
            type(stride) is not int or stride < 0 for stride in (*strides, tensor.offset)
        ):
            raise Unfit(GapKind.MALFORMED, "its strides don't fit its shape")
        size = math.prod(tensor.shape)
        last = sum((n - 1) * stride for n, stride in zip(tensor.shape, strides, strict=True))
        span = last + 1 if size else 0
        if tensor.offset + span > count:
            raise Unfit(GapKind.MALFORMED, f"goes past its storage of {count} numbers")
        if size > count:  # a view that repeats numbers can claim any size
            raise Unfit(GapKind.LIMIT, f"{size} numbers that repeat {count} stored ones")
        return member, span

    def _load(self, tensor: TensorView) -> NDArray[Any]:
        name, span = self._span(tensor)
        width = itemsize(tensor.dtype)
        member = self._archive.members[name]
        data = self._archive.open(name).at(tensor.offset * width, span * width)
        if member.crc and len(data) == member.size and zlib.crc32(data) != member.crc:
            raise Unfit(GapKind.DAMAGED, f"checksum of {name!r:.200} is wrong")
        flat = np.frombuffer(data, (">" if self._big_endian else "<") + STORED_AS[tensor.dtype])
        if self._big_endian:
            flat = flat.astype(flat.dtype.newbyteorder("<"))
        if tensor.dtype == BFLOAT16:
            flat = widened(flat)
        steps = tuple(stride * flat.itemsize for stride in tensor.strides)
        view = np.lib.stride_tricks.as_strided(flat, tensor.shape, steps, writeable=False)
        return view if view.flags.c_contiguous else np.ascontiguousarray(view)
