"""Event files: records to values. Which dialect a value is in is decided later, in series.py.

This is the plain path: one protobuf message for each record. It decides nothing and loses nothing;
a record that is no Event, with two right checksums all the same, is a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tbreport.model import EventFile, Gap, GapKind
from tbreport.read.records import RecordFile
from tbreport.read.wire import DecodeError, message

_Event = message("Event")

SCALAR = "simple_value"
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


class EventReader:
    """Reads one event file; iterating gives its values in order of arrival.

    After iteration ``file`` describes what was read and ``gaps`` what was not. Raises OSError when
    the file can't be opened.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._records = RecordFile(path, name)
        self._name = name
        self._first = math.inf
        self._last = -math.inf
        self._version = ""
        self._writer = ""
        self._bad: list[Gap] = []

    def __enter__(self) -> EventReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._records.__exit__()

    def __iter__(self) -> Iterator[Value]:
        for offset, payload in self._records:
            try:
                event = _Event.FromString(payload)
            except DecodeError:
                reason = "a record with right checksums that is not an Event"
                gap = Gap(GapKind.MALFORMED, self._name, reason, offset, len(payload))
                self._bad.append(gap)
                continue
            self._note_time(event.wall_time)
            if event.file_version:
                self._version = self._version or _text(event.file_version)
            if event.source_metadata.writer:
                self._writer = self._writer or _text(event.source_metadata.writer)
            yield from _values(offset, event)

    def _note_time(self, wall_time: float) -> None:
        # Some writers leave the time at 0; NaN compares as false.
        if 0 < wall_time < math.inf:
            self._first = min(self._first, wall_time)
            self._last = max(self._last, wall_time)

    @property
    def gaps(self) -> list[Gap]:
        """What could not be read, by place in the file."""
        return sorted(self._records.gaps + self._bad, key=lambda gap: gap.offset or 0)

    @property
    def file(self) -> EventFile:
        """The file as far as it has been read."""
        first, last = self._first, self._last
        if first > last:
            first = last = math.nan
        records = self._records.records
        return EventFile(
            self._name, self._records.size, records, first, last, self._version, self._writer
        )


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
