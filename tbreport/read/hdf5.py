"""HDF5 files as Keras writes them: groups, names, and datasets that stand in one piece.

The HDF5 library itself is not for files that may be damaged: of some 2,800 damaged copies of two
small weights files, four crashed the process and two kept it busy for ever (h5py 3.16). This is the
part of the format that Keras and h5py write by default, read with every place checked: chunked and
compressed datasets, links to elsewhere and the newer kinds of group are named and left out.
Specification: support.hdfgroup.org, "HDF5 File Format Specification Version 3.0".
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from tbreport.model import GapKind
from tbreport.read.sources import Source, Unfit
from tbreport.read.stored import (
    MAX_NAME,
    MAX_TENSORS,
    checked_shape,
    from_bytes,
    itemsize,
    stored_bytes,
)

MAGIC = b"\x89HDF\r\n\x1a\n"
MAX_DEPTH = 64  # groups in groups
MAX_BLOCKS = 1000  # of one object's header
MAX_METADATA = 64 << 20  # bytes of everything but numbers
_NOWHERE = 2**64 - 1  # the undefined address
_DATASPACE, _LINKS, _DATATYPE, _LINK, _EXTERNAL, _LAYOUT = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08
_FILTERS, _ATTRIBUTE, _CONTINUED, _SYMBOLS = 0x0B, 0x0C, 0x10, 0x11
_FIXED, _FLOAT, _OPAQUE, _ENUM, _VARIABLE = 0, 1, 5, 8, 9
_HARD_LINKS = (0, 1)  # how a symbol may be cached; 2 is a soft link


@dataclass(frozen=True)
class Dataset:
    """An array: its numbers are at ``start``, or nowhere if ``problem`` says why."""

    shape: tuple[int, ...]
    dtype: str
    big_endian: bool = False
    start: int = 0
    problem: Unfit | None = None


@dataclass
class Group:
    """Members in order of their names, and the attributes that are text."""

    members: dict[str, Group | Dataset] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class _Header:
    """What the messages of one object say."""

    symbols: tuple[int, int] | None = None
    dataspace: bytes = b""
    datatype: bytes = b""
    layout: bytes = b""
    problem: Unfit | None = None
    texts: dict[str, str] = field(default_factory=dict)


class Reader:
    """Reads the objects of one file; a damaged one raises Unfit."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._objects = 0
        self._left = MAX_METADATA

    def root(self) -> Group:
        """Everything in the file, down to the places of the numbers."""
        start = self._source.at(0, min(self._source.size, 96))
        if not start.startswith(MAGIC):
            raise Unfit(GapKind.MALFORMED, "not an HDF5 file")
        if len(start) < 96 or start[8] > 1 or start[13:15] != b"\x08\x08":
            version = start[8] if len(start) > 8 else "cut"
            raise Unfit(GapKind.UNKNOWN, f"HDF5 with a superblock of version {version} is not read")
        base = 24 if start[8] == 0 else 28
        if struct.unpack_from("<Q", start, base)[0] != 0:
            raise Unfit(GapKind.UNKNOWN, "HDF5 behind another file's content is not read")
        found = self._object(struct.unpack_from("<Q", start, base + 40)[0], 0, set())
        if not isinstance(found, Group):
            raise Unfit(GapKind.MALFORMED, "the root of the HDF5 file is no group")
        return found

    def _at(self, start: int, size: int) -> bytes:
        """Bytes that are no numbers, of which a damaged file could ask for the same ever again."""
        self._left -= size
        if self._left < 0:
            raise Unfit(GapKind.LIMIT, f"more than {MAX_METADATA} bytes of HDF5 groups and names")
        return self._source.at(start, size)

    def load(self, dataset: Dataset) -> NDArray[Any]:
        """The numbers of one dataset; raises Unfit."""
        data = self._source.at(dataset.start, stored_bytes(dataset.shape, dataset.dtype))
        return from_bytes(data, dataset.shape, dataset.dtype, big_endian=dataset.big_endian)

    def _object(self, address: int, depth: int, above: set[int]) -> Group | Dataset:
        """The group or dataset whose header is at ``address``, which must not contain itself."""
        self._objects += 1
        if self._objects > MAX_TENSORS or depth > MAX_DEPTH or address in above:
            raise Unfit(GapKind.LIMIT, "HDF5 groups are too deep, too many, or hold themselves")
        header = self._header(address)
        if header.symbols is None:
            return _dataset(header, self._source.size)
        group = Group(texts=header.texts)
        for name, member in self._symbols(*header.symbols):
            try:
                group.members[name] = self._object(member, depth + 1, above | {address})
            except Unfit as error:
                if error.kind is GapKind.LIMIT:
                    raise
                group.members[name] = Dataset((), "unknown", problem=error)
        return group

    def _header(self, address: int) -> _Header:
        version, _, count, _, size = struct.unpack("<BBHII", self._at(address, 12))
        if version != 1:
            raise Unfit(GapKind.UNKNOWN, "HDF5 with object headers of version 2 is not read")
        header = _Header()
        blocks = [(address + 16, size)]
        for block in blocks:  # grows while it is read
            for kind, data in _messages(self._at(*block)):
                count -= 1
                if count < 0 or len(blocks) > MAX_BLOCKS:
                    break
                if kind == _CONTINUED and len(data) >= 16:
                    blocks.append(struct.unpack_from("<QQ", data))
                else:
                    self._note(header, kind, data)
        return header

    def _note(self, header: _Header, kind: int, data: bytes) -> None:
        if kind == _SYMBOLS and len(data) >= 16:
            header.symbols = struct.unpack_from("<QQ", data)
        elif kind == _DATASPACE:
            header.dataspace = data
        elif kind == _DATATYPE:
            header.datatype = data
        elif kind == _LAYOUT:
            header.layout = data
        elif kind in (_LINKS, _LINK):
            raise Unfit(GapKind.UNKNOWN, "HDF5 with groups of the newer kind is not read")
        elif kind == _EXTERNAL:
            header.problem = Unfit(GapKind.REFUSED, "its numbers are in another file")
        elif kind == _FILTERS:
            header.problem = Unfit(GapKind.UNKNOWN, "it is compressed")
        elif kind == _ATTRIBUTE:
            header.texts.update(self._text_attribute(data))

    def _symbols(self, tree: int, heap: int) -> Iterator[tuple[str, int]]:
        """The names and header addresses of a group's members, in order of the names."""
        fields = self._at(heap, 32)
        if fields[:4] != b"HEAP":
            raise Unfit(GapKind.DAMAGED, "an HDF5 group has no names")
        size, _, start = struct.unpack_from("<QQQ", fields, 8)
        names = self._at(start, size)
        for node in self._leaves(tree, 0):
            head = self._at(node, 8)
            count = int(struct.unpack_from("<H", head, 6)[0])
            if head[:4] != b"SNOD":
                raise Unfit(GapKind.DAMAGED, "an HDF5 group has no members")
            entries = self._at(node + 8, 40 * count)
            for place in range(0, len(entries), 40):
                offset, address, cached = struct.unpack_from("<QQI", entries, place)
                if cached in _HARD_LINKS and offset < size:
                    name = names[offset : min(offset + MAX_NAME, size)].partition(b"\0")[0]
                    yield name.decode("utf-8", "replace"), address

    def _leaves(self, address: int, depth: int) -> Iterator[int]:
        """The addresses of a group's symbol nodes."""
        head = self._at(address, 24)
        kind, level, count = struct.unpack_from("<BBH", head, 4)
        if head[:4] != b"TREE" or kind != 0 or level > MAX_DEPTH or depth > MAX_DEPTH:
            raise Unfit(GapKind.DAMAGED, "an HDF5 group has no members")
        body = self._at(address + 24, 16 * count)
        for place in range(8, len(body), 16):
            self._objects += 1
            if self._objects > MAX_TENSORS:
                raise Unfit(GapKind.LIMIT, f"more than {MAX_TENSORS} parts in an HDF5 file")
            child = int(struct.unpack_from("<Q", body, place)[0])
            if level:
                yield from self._leaves(child, depth + 1)
            else:
                yield child

    def _text_attribute(self, data: bytes) -> dict[str, str]:
        """The attribute in a message, if it is one text of variable length, as h5py writes str."""
        if len(data) < 8 or data[0] not in (1, 3):
            return {}
        name_size, type_size, space_size = struct.unpack_from("<HHH", data, 2)
        place, pad = (8, 8) if data[0] == 1 else (9, 1)
        name = data[place : place + name_size].rstrip(b"\0")
        place += -(-name_size // pad) * pad
        datatype = data[place : place + 1]
        place += -(-type_size // pad) * pad + -(-space_size // pad) * pad
        if datatype[:1] and datatype[0] & 15 == _VARIABLE and len(data) >= place + 16:
            size, heap, index = struct.unpack_from("<IQI", data, place)
            return {name.decode("utf-8", "replace"): self._heap_text(heap, index, size)}
        return {}

    def _heap_text(self, heap: int, index: int, size: int) -> str:
        head = self._at(heap, 16)
        total = int(struct.unpack_from("<Q", head, 8)[0])
        if head[:4] != b"GCOL" or total > 1 << 20:
            return ""
        place = heap + 16
        while place + 16 <= heap + total:
            number, _, length = struct.unpack("<HHxxxxQ", self._at(place, 16))
            if number == index:
                return self._at(place + 16, min(size, length)).decode("utf-8", "replace")
            if number == 0:
                break
            place += 16 + -(-length // 8) * 8
        return ""


def _messages(block: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 8 <= len(block):
        kind, size, flags = struct.unpack_from("<HHB", block, place)
        if not flags & 2:  # a shared message stands elsewhere: none of ours is
            yield kind, block[place + 8 : place + 8 + size]
        place += 8 + size


def _dataset(header: _Header, end: int) -> Dataset:
    shape = _shape(header.dataspace)
    dtype, big_endian = _dtype(header.datatype)
    start, problem = 0, header.problem
    try:
        start = _start(header.layout, _size(shape, dtype), end)
    except Unfit as error:
        problem = problem or error
    return Dataset(shape, dtype, big_endian, start, problem)


def _start(layout: bytes, needed: int, end: int) -> int:
    """Where a dataset's numbers begin, if they stand in one piece of the file."""
    if len(layout) < 18 or layout[0] not in (3, 4) or layout[1] != 1:
        raise Unfit(GapKind.UNKNOWN, "its numbers are not stored in one piece")
    start, size = struct.unpack_from("<QQ", layout, 2)
    if start == _NOWHERE:
        raise Unfit(GapKind.UNKNOWN, "its numbers were never written")
    if size < needed or start + size > end:
        raise Unfit(GapKind.MALFORMED, f"{size} bytes at {start}, where {needed} are needed")
    return int(start)


def _size(shape: tuple[int, ...], dtype: str) -> int:
    return functools.reduce(int.__mul__, shape, itemsize(dtype))


def _shape(data: bytes) -> tuple[int, ...]:
    if len(data) < 4 or data[0] not in (1, 2):
        raise Unfit(GapKind.MALFORMED, "an HDF5 dataset has no shape")
    start, rank = (8 if data[0] == 1 else 4), data[1]
    if len(data) < start + 8 * rank:
        raise Unfit(GapKind.MALFORMED, "an HDF5 dataset has no shape")
    return checked_shape(struct.unpack_from(f"<{rank}Q", data, start))


def _dtype(data: bytes) -> tuple[str, bool]:
    """The name of a datatype, and whether it is big-endian; raises Unfit for damaged ones."""
    if len(data) < 8:
        raise Unfit(GapKind.MALFORMED, "an HDF5 dataset has no type")
    kind, bits, size = data[0] & 15, data[1], int(struct.unpack_from("<I", data, 4)[0])
    big_endian = bool(bits & 1)
    if kind == _FIXED:
        return f"{'int' if bits & 8 else 'uint'}{8 * size}", big_endian
    if kind == _FLOAT and len(data) >= 16:
        return ("bfloat16" if size == 2 and data[13] == 8 else f"float{8 * size}"), big_endian
    if (
        kind == _OPAQUE and size == 2
    ):  # numpy has no bfloat16: Keras says in an attribute what it is
        return "bfloat16", False
    if kind == _ENUM and size == 1:  # h5py's bool
        return "bool", False
    return f"HDF5 class {kind}", False
