"""Scalars of a whole buffer: its records by length, each length by form.

What fits no form, or may be damaged, is left to be read one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Ints
from tbreport.read import forms, layouts
from tbreport.read.forms import Form, Rows, has_right_header
from tbreport.read.frames import Frames
from tbreport.read.records import FOOTER, HEADER
from tbreport.read.streams import Streams

MAX_SIZE = 8192  # bytes; the table of a byte's contribution to the CRC costs a kilobyte a distance
_PASS = 1 << 20  # bytes of rows worked on at a time, so that they stay in the cache,
_ROWS = 2048  # unless these were few
_MAX_FORMS = 64  # of one length


class ScalarReader:
    """Reads what has a form, and learns forms on the way; one serves for many buffers."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._forms: dict[int, list[Form]] = {}

    def read(
        self, buffer: NDArray[np.uint8], frames: Frames, records: Ints
    ) -> tuple[list[Rows], Ints]:
        """The scalars among ``records``, and those of ``records`` that are left over.

        ``buffer`` must go on for 8 bytes after the last record.
        """
        found: list[Rows] = []
        left: list[Ints] = [np.zeros(0, np.int64)]
        for size, same in _by_length(frames.lengths, records):
            if size > MAX_SIZE or len(same) < forms.FEW:
                left.append(same)
            else:
                left += self._read_class(buffer, frames.offsets, size, same, found)
        return found, np.sort(np.concatenate(left))

    def _read_class(
        self, buffer: NDArray[np.uint8], offsets: Ints, size: int, records: Ints, found: list[Rows]
    ) -> Iterator[Ints]:
        """Read the records of one length into ``found``; gives those that are left over."""
        width = (HEADER + size + FOOTER + 7) // 8 * 8
        rows = np.ndarray((len(buffer) - width + 1,), f"V{width}", buffer, strides=(1,))
        failures = 0
        while len(records) >= forms.FEW and failures < 2:
            middle = len(records) // 2  # most likely of a layout that many records have
            form = self._form(rows[offsets[records[middle : middle + 1]]], size)
            if form is None:
                failures += 1
                yield records[middle : middle + 1]
                records = np.delete(records, middle)
                continue
            unlike = []
            step = max(_PASS // width, _ROWS)
            for start in range(0, len(records), step):
                part = records[start : start + step]
                result = form.read(rows[offsets[part]], part)
                found += result.rows
                unlike.append(result.unlike)
                yield result.odd
            records = np.concatenate(unlike)
        yield records

    def _form(self, row: NDArray[np.void], size: int) -> Form | None:
        """The form of a record, known or learnt from it."""
        image = row.view("<u8")
        known = self._forms.setdefault(size, [])
        for form in known:
            if form.is_like(image):
                return form
        payload = row.tobytes()[HEADER : HEADER + size]
        layout = layouts.learn(payload)
        if layout is None or len(known) == _MAX_FORMS or not has_right_header(row, size):
            return None
        known.append(Form(image, size, layout, self._streams))
        return known[-1]


def _by_length(lengths: Ints, records: Ints) -> Iterator[tuple[int, Ints]]:
    """The records of each length, in order; all above MAX_SIZE are one class."""
    short = np.minimum(lengths[records], MAX_SIZE + 1)
    if len(short):
        short = short.astype(np.uint8 if short.max() < 256 else np.uint16)  # sorted by radix
    order = short.argsort(kind="stable")
    short, records = short.take(order), records.take(order)
    cuts = (np.flatnonzero(short[1:] != short[:-1]) + 1).tolist()
    for start, stop in pairwise([0, *cuts, len(short)]):
        if stop > start:
            yield int(short[start]), records[start:stop]
