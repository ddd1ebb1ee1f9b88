"""Events: records to values. Which dialect a value is in is decided later, in series.py.

This is the plain way, one protobuf message for each record. It decides nothing and loses nothing; a
record that is no Event, with two right checksums all the same, is a gap. blocks.py takes the same
from many records at once and leaves to this file what it has no quicker way for.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tbreport.limits import DEFAULT, Limits
from tbreport.model import EventFile, Gap, GapKind
from tbreport.read.gaplist import GapList
from tbreport.read.wire import DecodeError, message

_Event = message("Event")
_DOUBLE = struct.Struct("<d")

SCALAR = "simple_value"
HISTOGRAM = "histo"
TENSOR = "tensor"
METADATA_ONLY = "none"
GRAPH = "graph_def"
META_GRAPH = "meta_graph_def"
RUN_METADATA = "run_metadata"
SESSION = "session_log"


class Value(NamedTuple):
    """One value of one event.

    ``kind`` is the field of the summary value that was set (``simple_value``, ``histo``, ``image``,
    ``audio``, ``tensor``, ``none`` when only metadata were logged), or the kind of an event that is
    no summary. ``payload`` is a float for scalars, (status, path) for sessions, else the bytes.
    """

    offset: int
    kind: str
    tag: bytes
    step: int
    wall_time: float
    payload: Any
    metadata: bytes


class Facts:
    """What reading a file finds out about the file itself; ``name`` is what gaps call it."""

    __slots__ = ("first", "last", "malformed", "name", "records", "version", "writer")

    def __init__(self, name: str, limits: Limits = DEFAULT) -> None:
        self.name = name
        self.records = 0
        self.first = math.inf
        self.last = -math.inf
        self.version = ""
        self.writer = ""
        self.malformed: list[Gap] = GapList(limits)

    def note_times(self, first: float, last: float) -> None:
        """The file has events from ``first`` to ``last``."""
        # Some writers leave the time at 0; NaN compares as false.
        if 0 < first < math.inf and 0 < last < math.inf:
            self.first = min(self.first, first)
            self.last = max(self.last, last)

    def values(self, offset: int, payload: bytes) -> list[Value]:
        """The values of the record at ``offset``; one that is no Event has none and is a gap."""
        bare = _bare_version(payload)
        if bare is not None:
            wall_time, version = bare
            self.note_times(wall_time, wall_time)
            self.version = self.version or version
            return []
        try:
            event = _Event.FromString(payload)
        except DecodeError:
            reason = "a record with right checksums that is not an Event"
            gap = Gap(GapKind.MALFORMED, self.name, reason, offset, len(payload))
            self.malformed.append(gap)
            return []
        self.note_times(event.wall_time, event.wall_time)
        if event.file_version:
            self.version = self.version or _text(event.file_version)
        if event.source_metadata.writer:
            self.writer = self.writer or _text(event.source_metadata.writer)
        return list(_values(offset, event))

    def file(self, size: int) -> EventFile:
        """The file, of ``size`` bytes, as far as it has been read."""
        first, last = self.first, self.last
        if first > last:
            first = last = math.nan
        return EventFile(self.name, size, self.records, first, last, self.version, self.writer)

    def gaps(self, others: Sequence[Gap] = ()) -> list[Gap]:
        """What could not be read, by place in the file."""
        return sorted([*others, *self.malformed], key=lambda gap: gap.offset or 0)


def _bare_version(payload: bytes) -> tuple[float, str] | None:
    """The wall time and the version in the record that most files begin with, else None.

    With thousands of small files it is worth while to read it without protobuf.
    """
    if payload[:1] != b"\x09" or payload[9:10] != b"\x1a" or len(payload) == 10:
        return None
    if payload[10] > 127 or len(payload) != 11 + payload[10]:
        return None
    return _DOUBLE.unpack_from(payload, 1)[0], _text(payload[11:])


def _values(offset: int, event: Any) -> Iterator[Value]:
    step, wall_time = event.step, event.wall_time
    for value in event.summary.value:
        kind = value.WhichOneof("value") or METADATA_ONLY
        payload = getattr(value, kind) if kind != METADATA_ONLY else None
        tag = value.tag or value.node_name  # files of 2016 name the node only
        yield Value(offset, kind, tag, step, wall_time, payload, value.metadata)
    if event.graph_def:
        yield Value(offset, GRAPH, b"", step, wall_time, event.graph_def, b"")
    if event.meta_graph_def:
        yield Value(offset, META_GRAPH, b"", step, wall_time, event.meta_graph_def, b"")
    if event.HasField("tagged_run_metadata"):
        tagged = event.tagged_run_metadata
        yield Value(offset, RUN_METADATA, tagged.tag, step, wall_time, tagged.run_metadata, b"")
    if event.HasField("session_log"):
        log = event.session_log
        payload = (log.status, log.checkpoint_path)
        yield Value(offset, SESSION, b"", step, wall_time, payload, b"")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
