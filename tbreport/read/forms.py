"""Forms: scalar records verified and taken apart by columns, thousands of one layout at a time.

The bytes of such records are the rows of a matrix. A *form* is the image of one of them, whose
layout is known. All bytes of a row but the wall time, the step, the numbers and the texts (tags and
metadata) must be those of the image, header and its checksum included. What is left is split by
text: CRC-32C is linear, so that the payload's checksum without the contributions of the bytes that
vary from event to event is a key which depends on the texts alone. A record whose key and whose
texts are those of a record that was verified byte by byte has, by the same linearity, the checksum
it must have: grouping by tag and verifying are one operation, and neither rests on luck.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Floats, Ints
from tbreport.read import crc, layouts
from tbreport.read.arrays import first_of_each
from tbreport.read.layouts import Layout, Place
from tbreport.read.records import FOOTER, HEADER
from tbreport.read.streams import SCALARS, Stream, Streams

FEW = 16  # records, below which protobuf one by one is quicker
_MAX_KEYS = 4096  # of one form
_WIDE = 24  # words; numpy is quicker along wide rows than down many columns

Words = NDArray[np.uint64]
Keys = NDArray[np.uint32]


class Rows(NamedTuple):
    """Events of one form: each has the same number k of values.

    ``records`` (int64), ``steps`` and ``wall_times`` have shape (n,); ``streams`` (uint16) and
    ``numbers`` (float32) shape (n, k).
    """

    records: Ints
    steps: Ints
    wall_times: Floats
    streams: NDArray[np.uint16]
    numbers: NDArray[np.float32]

    def where(self, right: NDArray[np.bool_]) -> Rows:
        """Those of them that are ``right``."""
        return Rows._make(column[right] for column in self)


class Result(NamedTuple):
    """What a form made of some records: rows, records of another form, records to read alone."""

    rows: list[Rows]
    unlike: Ints
    odd: Ints


class _Known(NamedTuple):
    """The texts a form has met: their keys, the words they stand in, and the streams of each."""

    keys: Keys
    words: dict[int, Words]
    streams: NDArray[np.uint16]


class Form:
    """The image of a record and what may differ from it."""

    def __init__(self, image: Words, size: int, layout: Layout, streams: Streams) -> None:
        self._size = size
        self._layout = layout
        self._streams = streams
        self._image = image.copy()
        fixed = np.zeros(8 * len(image), np.uint8)
        fixed[: HEADER + size] = 255
        text = np.zeros_like(fixed)
        self._varying = [HEADER + at for at in _varying(layout)]
        fixed[self._varying] = 0
        fixed[HEADER + layout.step[0] : HEADER + layout.step[1]] |= 128  # keeps its length
        for place in layout.values:
            for start, stop in (place.tag, place.metadata):
                fixed[HEADER + start : HEADER + stop] = 0
                text[HEADER + start : HEADER + stop] = 255
        self._fixed: Words = fixed.view("<u8")
        self._text: Words = text.view("<u8")
        self._text_words = np.flatnonzero(self._text).tolist()
        self._keys: dict[int, tuple[Words, list[int]]] = {}
        self._known = _Known(np.zeros(0, np.uint32), {}, np.zeros((0, 0), np.uint16))
        self._places = _Places(self._known.keys)

    def is_like(self, image: Words) -> bool:
        """Whether a record may differ from this form's image as this one does."""
        return not ((image ^ self._image) & self._fixed).any()

    def read(self, rows: NDArray[np.void], records: Ints) -> Result:
        """Read ``records``, whose bytes stand in ``rows``."""
        words = rows.view("<u8").reshape(len(rows), rows.itemsize // 8)
        base = words[0] if self.is_like(words[0]) else self._image
        differs = _differences(words, base)
        unlike = records[:0]
        if (differs & self._fixed).any():
            like = self._like(words, differs)
            rows, unlike, records = rows[like], records[~like], records[like]
            if not len(records):
                return Result([], unlike, records)
            words = rows.view("<u8").reshape(len(rows), rows.itemsize // 8)
        keys = self._keys_of(rows, base, differs)
        places, known = self._places.find(keys)
        if not known.all():
            self._meet(rows, keys, np.flatnonzero(~known))
            places, known = self._places.find(keys)
        known &= self._texts_are_right(words, base, differs, places)
        odd = records[:0]
        if not known.all():
            rows, odd, records = rows[known], records[~known], records[known]
            places = places[known]
        found = [self._extract(rows, records, places)] if len(records) else []
        return Result(found, unlike, odd)

    def _like(self, words: Words, differs: Words) -> NDArray[np.bool_]:
        like = np.ones(len(words), bool)
        for at in np.flatnonzero(differs & self._fixed).tolist():
            like &= ((words[:, at] ^ self._image[at]) & self._fixed[at]) == 0
        return like

    def _keys_of(self, rows: NDArray[np.void], base: Words, differs: Words) -> Keys:
        """The stored checksums without the contributions of the bytes that vary."""
        keys = crc.unmasked(_column(rows, "<u4", HEADER + self._size))
        varies, values = differs.view(np.uint8), base.view(np.uint8)
        columns = rows.view(np.uint8).reshape(len(rows), rows.itemsize).T
        constant = 0
        for at in self._varying:
            effects = crc.byte_effects(HEADER + self._size - 1 - at)
            if varies[at]:
                keys ^= effects.take(columns[at].astype(np.intp), mode="wrap")
            else:
                constant ^= int(effects[values[at]])
        keys ^= np.uint32(constant)
        return keys

    def _meet(self, rows: NDArray[np.void], keys: Keys, unknown: Ints) -> None:
        """Verify one record of each unknown key, and know its texts from now on."""
        first = unknown[first_of_each(keys[unknown])]
        if 2 * len(first) > max(FEW, len(unknown)) or len(self._keys) > _MAX_KEYS:
            return  # too many to pay: each is of few records, or all are damaged
        for key, at in zip(keys[first].tolist(), first.tolist(), strict=True):
            streams = self._verified_streams(rows[at : at + 1])
            if streams is not None:
                self._keys[key] = rows[at : at + 1].view("<u8"), streams
        if not self._keys:
            return
        images = np.array([image for image, _ in self._keys.values()])
        self._known = _Known(
            np.array(list(self._keys), np.uint32),
            {at: images[:, at].copy() for at in self._text_words},
            np.array([streams for _, streams in self._keys.values()], np.uint16),
        )
        self._places = _Places(self._known.keys)

    def _verified_streams(self, row: NDArray[np.void]) -> list[int] | None:
        """The streams of a record's values, or None unless all is right about it."""
        data = row.tobytes()
        payload = data[HEADER : HEADER + self._size]
        stored = int.from_bytes(data[HEADER + self._size :][:FOOTER], "little")
        if crc.masked(payload) != stored or layouts.learn(payload) != self._layout:
            return None
        streams = [
            self._streams.number(_stream(payload, place), SCALARS) for place in self._layout.values
        ]
        return None if None in streams else [number for number in streams if number is not None]

    def _texts_are_right(
        self, words: Words, base: Words, differs: Words, places: Ints
    ) -> NDArray[np.bool_]:
        """Whether each record's texts are those of the record that it has its key from."""
        right = np.ones(len(words), bool)
        if not len(self._known.keys):
            return ~right
        for at in self._text_words:
            mask, images = self._text[at], self._known.words[at]
            if not differs[at] & mask and not ((images ^ base[at]) & mask).any():
                continue
            right &= ((words[:, at] ^ images.take(places)) & mask) == 0
        return right

    def _extract(self, rows: NDArray[np.void], records: Ints, places: Ints) -> Rows:
        layout = self._layout
        numbers = np.empty((len(rows), len(layout.values)), np.float32)
        for index, place in enumerate(layout.values):
            numbers[:, index] = _column(rows, "<f4", HEADER + place.number)
        walls = np.zeros(len(rows))
        if layout.wall[1]:
            walls = _column(rows, "<f8", HEADER + layout.wall[0])
        return Rows(
            records, _steps(rows, layout), walls, self._known.streams.take(places, axis=0), numbers
        )


def has_right_header(row: NDArray[np.void], size: int) -> bool:
    """Whether a row begins with the header of a payload of ``size`` bytes."""
    header = row.tobytes()[:HEADER]
    length = size.to_bytes(8, "little")
    return header == length + crc.masked(length).to_bytes(4, "little")


def _differences(words: Words, base: Words) -> Words:
    """The bits of each word in which some row differs from ``base``."""
    if words.shape[1] > _WIDE:
        differences: Words = np.bitwise_or.reduce(words ^ base, axis=0)
        return differences
    columns = zip(words.T, base, strict=True)
    return np.array([np.bitwise_or.reduce(column ^ word) for column, word in columns])


def _varying(layout: Layout) -> list[int]:
    """The bytes of a payload that change from event to event."""
    step = range(layout.step[0], layout.step[0] + min(9, layout.step[1] - layout.step[0]))
    numbers = [at for place in layout.values for at in range(place.number, place.number + 4)]
    return [*range(*layout.wall), *step, *numbers]


def _stream(payload: bytes, place: Place) -> Stream:
    return Stream(place.kind, payload[slice(*place.tag)], payload[slice(*place.metadata)])


def _column(rows: NDArray[np.void], dtype: str, offset: int) -> NDArray[Any]:
    """A copy of the numbers that stand ``offset`` bytes into each row."""
    return np.ndarray((len(rows),), dtype, rows, offset, (rows.itemsize,)).copy()


def _steps(rows: NDArray[np.void], layout: Layout) -> Ints:
    """The steps, varints of the same length in all rows."""
    steps = np.zeros(len(rows), np.uint64)
    columns = rows.view(np.uint8).reshape(len(rows), rows.itemsize).T
    for shift, at in enumerate(range(*layout.step)):
        part = (columns[HEADER + at] & np.uint8(127)).astype(np.uint64)
        steps |= part << np.uint64(7 * shift) if shift else part
    return steps.view(np.int64)


class _Places:
    """Where a key stands among the known ones: a hash table without collisions."""

    _BITS = (8, 10, 12, 14, 16)
    _MULTIPLIERS = (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1)  # of xxHash, murmur

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._order = np.argsort(keys)
        self._table: Ints | None = None
        for bits in self._BITS:
            for multiplier in self._MULTIPLIERS:
                if self._table is None and len(keys) <= 1 << bits - 2:
                    self._hash(bits, np.uint32(multiplier))

    def _hash(self, bits: int, multiplier: np.uint32) -> None:
        self._shift, self._multiplier = np.uint32(32 - bits), multiplier
        slots = self._slots(self._keys)
        if len(set(slots.tolist())) == len(slots):
            self._table = np.zeros(1 << bits, np.int64)
            self._table[slots] = np.arange(len(slots))

    def _slots(self, keys: Keys) -> NDArray[np.intp]:
        return ((keys * self._multiplier) >> self._shift).astype(np.intp)

    def find(self, keys: Keys) -> tuple[Ints, NDArray[np.bool_]]:
        """The place of each of ``keys`` and whether it is known."""
        if not len(self._keys):
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), bool)
        if self._table is not None:
            places = self._table.take(self._slots(keys), mode="wrap")
        else:
            places = np.searchsorted(self._keys, keys, sorter=self._order)
            places = self._order.take(places, mode="clip")
        return places, self._keys.take(places, mode="wrap") == keys
