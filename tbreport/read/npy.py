"""numpy's files: one array (``.npy``) or a zip of them (``.npz``); pickled ones are refused."""

from __future__ import annotations

import functools
import math
import re
import struct
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tbreport.model import GapKind
from tbreport.read.sources import Source, Unfit
from tbreport.read.stored import MAX_TENSORS, STORED_AS, Contents, Stored, checked_shape
from tbreport.read.zips import archive

FORMAT = "numpy"
MAGIC = b"\x93NUMPY"
MAX_HEADER = 10_000  # bytes; numpy's own limit
_CHUNK = 1 << 20
_DTYPE = re.compile(r"""['"]descr['"]\s*:\s*['"]([^'"]*)['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(((?:\s*\d{1,18}\s*,)*\s*\d{0,18}\s*)\)""")
_NUMBERS = re.compile(r"[<>|=](?:[iuf](?:1|2|4|8)|c(?:8|16)|b1)")
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(OSError, RuntimeError, NotImplementedError, ValueError),
)


def array_contents(source: Source, name: str) -> Contents:
    """The one array of an ``.npy`` file, under ``name``."""
    found = Contents(FORMAT)
    _add(found, name, _Opened(source, source.size))
    return found


def archive_contents(source: Source) -> Contents:
    """The arrays of an ``.npz`` file; raises Unfit when it is no whole zip archive."""
    found = Contents(FORMAT)
    opened = archive(source)
    for info in opened.infolist()[: MAX_TENSORS + 1]:
        if info.filename.endswith(".npy"):
            _add(found, info.filename.removesuffix(".npy"), _Opened(opened, info.file_size, info))
    if len(opened.infolist()) > MAX_TENSORS:
        found.gaps.append(Unfit(GapKind.LIMIT, f"more than {MAX_TENSORS} arrays"))
    return found


class _Opened:
    """Where an array's file stands: it can be opened again and again."""

    def __init__(
        self, holder: Source | zipfile.ZipFile, size: int, info: zipfile.ZipInfo | None = None
    ) -> None:
        self.size = size
        self._holder, self._info = holder, info

    def open(self) -> BinaryIO:
        """The file from its start."""
        if isinstance(self._holder, zipfile.ZipFile) and self._info:
            return self._holder.open(self._info)  # type: ignore[return-value]
        assert isinstance(self._holder, Source)
        return self._holder.stretch(0, self.size)  # type: ignore[return-value]


def _add(found: Contents, name: str, opened: _Opened) -> None:
    try:
        with opened.open() as file:
            shape, dtype, _ = _header(file)
            start = file.tell()
    except Unfit as error:
        found.gaps.append(Unfit(error.kind, f"array {name!r:.200}: {error}"))
        return
    except _DAMAGE as error:
        found.gaps.append(Unfit(GapKind.DAMAGED, f"array {name!r:.200}: {error!s:.100}"))
        return
    if start + math.prod(shape) * dtype.itemsize > opened.size:
        reason = f"{opened.size - start} bytes for a {dtype.name} of shape {list(shape)}"
        problem = Unfit(GapKind.MALFORMED, reason)
        found.tensors.append(Stored(name, shape, dtype.name, None, "", problem))
    else:
        load = functools.partial(_load, opened)
        found.tensors.append(Stored(name, shape, dtype.name, load))


def _header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    """Shape, dtype, and whether the array is in Fortran order.

    The header is a Python literal; its three entries are looked for as numpy writes them, so that
    nothing is evaluated (numpy/lib/format.py).
    """
    start = file.read(8)
    if len(start) < 8 or not start.startswith(MAGIC) or start[6] not in (1, 2, 3):
        raise Unfit(GapKind.MALFORMED, "not a numpy array")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    text = file.read(min(length, MAX_HEADER)).decode("latin-1")
    dtype, order, shape = _DTYPE.search(text), _ORDER.search(text), _SHAPE.search(text)
    if length > MAX_HEADER or not (dtype and order and shape):
        raise Unfit(GapKind.MALFORMED, "not a numpy array: its header can't be read")
    if dtype[1] == "|O":
        raise Unfit(GapKind.REFUSED, "holds pickled Python objects: not loaded")
    if not _NUMBERS.fullmatch(dtype[1]) or np.dtype(dtype[1]).name not in STORED_AS:
        raise Unfit(GapKind.UNKNOWN, f"numbers of type {dtype[1]!r:.40} are not read")
    sizes = [int(size) for size in shape[1].split(",") if size.strip()]
    return checked_shape(sizes), np.dtype(dtype[1]), order[1] == "True"


def _load(opened: _Opened) -> NDArray[Any]:
    try:
        with opened.open() as file:
            shape, dtype, fortran = _header(file)
            left = math.prod(shape) * dtype.itemsize
            parts = []
            while left and (part := file.read(min(left, _CHUNK))):
                parts.append(part)
                left -= len(part)
            if not left:
                file.read(1)  # the checksum of a zip's member is seen at its end
    except _DAMAGE as error:
        raise Unfit(GapKind.DAMAGED, f"{error!s:.100}") from error
    if left:
        raise Unfit(GapKind.DAMAGED, f"{left} bytes are missing")
    array: NDArray[Any] = np.frombuffer(b"".join(parts), dtype)
    array = array.astype(dtype.newbyteorder("="), copy=False)
    return (
        np.ascontiguousarray(array.reshape(shape, order="F")) if fortran else array.reshape(shape)
    )
