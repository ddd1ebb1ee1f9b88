"""TensorFlow checkpoints (V2 bundles): an ``.index`` table and the ``.data`` shards beside it.

Format: tensorflow/core/util/tensor_bundle/tensor_bundle.h and protobuf/tensor_bundle.proto.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.model import GapKind
from tbreport.names import natural_key
from tbreport.read import crc, sstable
from tbreport.read.sources import Source, Unfit
from tbreport.read.stored import (
    MAX_TENSORS,
    Contents,
    Stored,
    checked_shape,
    from_bytes,
    stored_bytes,
)
from tbreport.read.wire import DecodeError, message

FORMAT = "TensorFlow bundle"
OBJECT_GRAPH = b"_CHECKPOINTABLE_OBJECT_GRAPH"
SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
MAX_SHARDS = 10_000
MAX_STRING = 32 << 20  # bytes of the object graph, the only string that is read
_STRING = 7
# tensorflow/core/framework/types.proto
_DTYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    8: "complex64",
    9: "int64",
    10: "bool",
    14: "bfloat16",
    17: "uint16",
    18: "complex128",
    19: "float16",
    22: "uint32",
    23: "uint64",
}

Opener = Callable[[str], Source]


class Bundle:
    """An open bundle: its entries by key, numbers read from the shards on demand.

    ``index`` is the open ``.index`` file; ``open_shard`` opens the file whose name is ".index"'s
    with that replaced by the given suffix. Raises Unfit when the index can't be read.
    """

    def __init__(self, index: Source, open_shard: Opener) -> None:
        self._open_shard = open_shard
        self._shards: dict[int, Source | Unfit] = {}
        self.entries: dict[bytes, Any] = {}
        self._header: Any = None
        for key, value in sstable.entries(index):
            if not key:
                self._header = _parse("BundleHeader", value)
            elif not key.startswith(b"\0"):  # slices of partitioned variables have coded keys
                self.entries[key] = _parse("BundleEntry", value)
            if len(self.entries) > MAX_TENSORS:
                raise Unfit(GapKind.LIMIT, f"more than {MAX_TENSORS} tensors")
        if self._header is None or not 0 < self._header.num_shards <= MAX_SHARDS:
            raise Unfit(GapKind.MALFORMED, "the checkpoint index has no header")

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        for shard in self._shards.values():
            if isinstance(shard, Source):
                shard.close()

    def numeric_keys(self) -> list[bytes]:
        """The keys of everything but strings, in order."""
        return [key for key, entry in self.entries.items() if entry.dtype != _STRING]

    def shape(self, key: bytes) -> tuple[int, ...]:
        """The shape of one entry; raises Unfit."""
        return checked_shape([dim.size for dim in self.entries[key].shape.dim])

    def values(self, key: bytes, rows: int | None = None) -> NDArray[Any]:
        """The numbers of one entry, or its first ``rows`` rows; raises Unfit.

        The checksum is of the whole tensor, so that a part of it is read unchecked.
        """
        entry, shape = self.entries[key], self.shape(key)
        dtype = self._dtype(key)
        if entry.size != stored_bytes(shape, dtype):
            reason = f"{entry.size} bytes for a {dtype} of shape {list(shape)}"
            raise Unfit(GapKind.MALFORMED, reason)
        if rows is not None and shape and rows < shape[0]:
            shape = (rows, *shape[1:])
            data = self._shard(entry.shard_id).at(entry.offset, stored_bytes(shape, dtype))
        else:
            data = self._data(key)
        return from_bytes(data, shape, dtype, big_endian=self._header.endianness == 1)

    def _dtype(self, key: bytes) -> str:
        code = self.entries[key].dtype
        return _DTYPES.get(code, "string" if code == _STRING else f"TensorFlow's {code}")

    def _data(self, key: bytes) -> bytes:
        """All bytes of one entry, their checksum checked."""
        entry = self.entries[key]
        data = self._shard(entry.shard_id).at(entry.offset, entry.size)
        if crc.masked(data) != entry.crc32c:
            raise Unfit(GapKind.DAMAGED, f"checksum of {_text(key)!r:.200} is wrong")
        return data

    def _shard(self, number: int) -> Source:
        count = self._header.num_shards
        if not 0 <= number < count:
            raise Unfit(GapKind.MALFORMED, f"shard {number} of {count}")
        if number not in self._shards:
            try:
                self._shards[number] = self._open_shard(f".data-{number:05d}-of-{count:05d}")
            except Unfit as error:
                self._shards[number] = Unfit(error.kind, f"shard {number} of {count}: {error}")
        shard = self._shards[number]
        if isinstance(shard, Unfit):
            raise shard
        return shard

    def full_names(self) -> dict[bytes, str]:
        """What the variables call themselves ("conv/kernel"), by key, where they can be told apart.

        Keras keeps a model's variables under its optimizer; the object graph knows better. A bundle
        without one, or with one that can't be read, gives none.
        """
        try:
            graph = _parse("ObjectGraph", self._object_graph())
        except Unfit:
            return {}
        return {
            attribute.checkpoint_key: _text(attribute.full_name)
            for node in graph.nodes
            for attribute in node.attributes
            if attribute.full_name not in (b"", b"Variable")
            and attribute.checkpoint_key in self.entries
        }

    def _object_graph(self) -> bytes:
        """The one string of a scalar string tensor: its length, a checksum of that, its bytes."""
        entry = self.entries.get(OBJECT_GRAPH)
        if entry is None or entry.dtype != _STRING or entry.size > MAX_STRING:
            return b""
        data = self._shard(entry.shard_id).at(entry.offset, entry.size)
        (length,), place = sstable.varints(data, 1)
        return data[place + 4 : place + 4 + length]

    def stored(self) -> list[Stored]:
        """The numeric tensors by the names of their variables, in natural order.

        Keras exports each variable under two keys: one of them is left out.
        """
        names = self.full_names()
        tensors: dict[tuple[Any, ...], Stored] = {}
        for key in self.numeric_keys():
            name, entry = names.get(key, ""), self.entries[key]
            same = (name, entry.crc32c, entry.size) if name else (key,)
            tensors.setdefault(same, self._stored(key, name))
        return sorted(tensors.values(), key=lambda tensor: natural_key(tensor.name or tensor.key))

    def _stored(self, key: bytes, name: str) -> Stored:
        shape: tuple[int, ...] = ()
        try:
            shape = self.shape(key)
            if self.entries[key].slices:
                raise Unfit(GapKind.UNKNOWN, "kept in slices, which are not put together here")
        except Unfit as problem:
            return Stored(_text(key), shape, self._dtype(key), None, name, problem)
        load = functools.partial(self.values, key)
        return Stored(_text(key), shape, self._dtype(key), load, name)


def contents(bundle: Bundle) -> Contents:
    """What a bundle holds; its numbers can be read for as long as it is open."""
    found = Contents(FORMAT, bundle.stored(), layout="HWIO")
    for key in (b"global_step", b"global_step" + SUFFIX.encode()):
        if key in bundle.entries and not bundle.entries[key].shape.dim:
            try:
                found.step = int(np.real(bundle.values(key)))
            except (Unfit, ValueError, OverflowError):
                continue
    return found


def _parse(name: str, data: bytes) -> Any:
    try:
        return message(name).FromString(data)
    except DecodeError as error:
        raise Unfit(GapKind.MALFORMED, f"not a {name}") from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
