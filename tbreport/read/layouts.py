"""The layout of a scalar event: where in its payload the step, the time and the numbers stand.

Writers repeat themselves: a million events of one log have a handful of layouts, in which only the
wall time, the step and the numbers change. A layout is learnt from one record by walking its fields
(https://protobuf.dev/programming-guides/encoding/) and believed only if protobuf reads the same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from tbreport.read.events import SCALAR, TENSOR
from tbreport.read.wire import DecodeError, message

MAX_VARINT = 10  # bytes; a negative step takes them all
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # wire types
_DT_FLOAT = b"\x01"  # as a varint
_FLOAT32 = struct.Struct("<f")

_Event = message("Event")
_Tensor = message("Tensor")

Span = tuple[int, int]  # where bytes of the payload begin and end


class Place(NamedTuple):
    """Where one value stands: its tag, its metadata and the four bytes of its float."""

    kind: str
    tag: Span
    metadata: Span
    number: int


class Layout(NamedTuple):
    """Where the parts of an event stand; the spans of a wall time or step left out are empty."""

    wall: Span
    step: Span
    values: tuple[Place, ...]


class _Unfit(ValueError):
    """The record has no layout: it is to be read by protobuf."""


def learn(payload: bytes) -> Layout | None:
    """The layout of a serialized event that holds float scalars and nothing else, or None."""
    try:
        layout = _event(payload)
        return layout if _agrees(payload, layout) else None
    except (_Unfit, IndexError, DecodeError):
        return None


def _fields(data: bytes, span: Span) -> Iterator[tuple[int, int, Span]]:
    """(number, wire type, span of the content) of each field; no field may come twice."""
    at, stop = span
    while at < stop:
        key, at = _varint(data, at)
        wire = key & 7
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire == _VARINT:
            size = _varint(data, at)[1] - at
        else:
            size = {_DOUBLE: 8, _FLOAT: 4}.get(wire, stop)
        if at + size > stop:
            raise _Unfit
        yield key >> 3, wire, (at, at + size)
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A varint's value and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _message(data: bytes, span: Span, known: set[tuple[int, int]]) -> dict[int, tuple[int, Span]]:
    """number -> (wire type, span) of a message of ``known`` fields, each there at most once."""
    found: dict[int, tuple[int, Span]] = {}
    for number, wire, content in _fields(data, span):
        if (number, wire) not in known or number in found:
            raise _Unfit
        found[number] = wire, content
    return found


def _span(found: dict[int, tuple[int, Span]], number: int) -> Span:
    return found[number][1] if number in found else (0, 0)


def _event(data: bytes) -> Layout:
    found = _message(data, (0, len(data)), {(1, _DOUBLE), (2, _VARINT), (5, _BYTES)})
    step = _span(found, 2)
    if step[1] - step[0] > MAX_VARINT or (
        step[1] - step[0] == MAX_VARINT and data[step[1] - 1] > 1
    ):
        raise _Unfit
    values = []
    for number, wire, content in _fields(data, _span(found, 5)):
        if (number, wire) != (1, _BYTES):
            raise _Unfit
        values.append(_value(data, content))
    if not values:
        raise _Unfit
    return Layout(_span(found, 1), step, tuple(values))


def _value(data: bytes, span: Span) -> Place:
    found = _message(data, span, {(1, _BYTES), (2, _FLOAT), (8, _BYTES), (9, _BYTES)})
    tag, metadata = _span(found, 1), _span(found, 9)
    if 2 in found and 8 not in found:
        return Place(SCALAR, tag, metadata, found[2][1][0])
    if 8 not in found or 2 in found:
        raise _Unfit
    return Place(TENSOR, tag, metadata, _number(data, found[8][1]))


def _number(data: bytes, span: Span) -> int:
    """Where the only number of a float32 tensor without dimensions stands."""
    known = {(1, _VARINT), (2, _BYTES), (4, _BYTES), (5, _BYTES), (5, _FLOAT)}
    found = _message(data, span, known)
    dtype, shape = _span(found, 1), _span(found, 2)
    if (
        data[dtype[0] : dtype[1]] != _DT_FLOAT
        or shape[0] != shape[1]
        or (4 in found) == (5 in found)
    ):
        raise _Unfit
    number = _span(found, 4 if 4 in found else 5)
    if number[1] - number[0] != 4:
        raise _Unfit
    return number[0]


def _agrees(data: bytes, layout: Layout) -> bool:
    """Whether protobuf reads the very same values from the record."""
    return [_read(value) for value in _Event.FromString(data).summary.value] == [
        (place.kind, data[slice(*place.tag)], data[slice(*place.metadata)], _float(data, place))
        for place in layout.values
    ]


def _read(value: Any) -> tuple[str, bytes, bytes, str]:
    kind = value.WhichOneof("value")
    number = value.simple_value
    if kind == TENSOR:
        tensor = _Tensor.FromString(value.tensor)
        content = tensor.tensor_content
        number = _FLOAT32.unpack(content)[0] if content else tensor.float_val[0]
    return kind, value.tag, value.metadata, repr(number)


def _float(data: bytes, place: Place) -> str:
    """The number as text, in which NaN equals NaN."""
    return repr(_FLOAT32.unpack_from(data, place.number)[0])
