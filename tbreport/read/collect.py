"""What the files of one run said, gathered by tag while they are read.

A collector remembers metadata per tag over all files of the run, since writers log them with the
first value only, and thins media out while reading, so that memory does not grow with the logs.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbreport.limits import DEFAULT, Limits
from tbreport.model import AudioClip, EncodedImage, EventFile, Gap, GapKind, SessionEvent
from tbreport.read import events
from tbreport.read.columns import Column, Piece, ThinnedColumn
from tbreport.read.events import Value
from tbreport.read.gaplist import GapList
from tbreport.read.payloads import Buckets, HistogramValue, is_scalar, weight
from tbreport.read.plugins import BadPayload, parse, text
from tbreport.read.restarts import Segment
from tbreport.read.room import Room
from tbreport.read.streams import Stream
from tbreport.read.tensors import BadTensor, decode

if TYPE_CHECKING:
    from tbreport.read.sole import Sole

SCALAR, HISTOGRAM, IMAGE, AUDIO, TENSOR = (
    events.SCALAR,
    events.HISTOGRAM,
    "image",
    "audio",
    events.TENSOR,
)
_THINNED = (IMAGE, AUDIO)  # kinds whose payloads weigh too much to keep at every step
_THINNED_PLUGINS = ("images", "audio", "mesh")
_SESSION_STATUS = {1: "start", 2: "stop", 3: "checkpoint"}


@dataclass(frozen=True)
class Metadata:
    """What the first metadata of a tag said."""

    plugin: str = ""
    content: bytes = b""
    description: str = ""


NO_METADATA = Metadata()


class Collector:
    """Takes the values of one run's files in turn; ``tags`` limits them to tags it matches."""

    def __init__(self, tags: str = "", media_steps: int = 12, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self._pattern = re.compile(tags) if tags else None
        self._media_steps = media_steps
        self._wanted: dict[bytes, str | None] = {}
        self.tags: set[str] = set()
        self._shares = {SCALAR: Room(limits.points), TENSOR: Room(limits.held_bytes)}
        self._media: list[ThinnedColumn] = []
        self._media_bytes = 0
        self._wanted_steps = media_steps
        self._graph_bytes = 0
        self._over: dict[tuple[str, str], int] = defaultdict(int)
        self.columns: dict[tuple[str, str], Column] = {}
        self.metadata: dict[str, Metadata] = {}
        self.segments: list[Segment] = []
        self.files: list[EventFile] = []
        self.sole: Sole | None = None  # all there is of the run, not taken yet
        self.gaps: list[Gap] = GapList(limits)
        self.graphs: list[tuple[str, str, bytes, Value]] = []
        self.sessions: list[SessionEvent] = []
        self.unknown: dict[tuple[str, str], int] = defaultdict(int)
        self.unknown_bytes: dict[tuple[str, str], int] = defaultdict(int)
        self._file = ""

    def begin_file(self, name: str) -> None:
        """Values that follow are from the file called ``name``."""
        self._file = name
        self.segments.append(Segment(len(self.files)))

    def end_file(self, file: EventFile, gaps: list[Gap]) -> None:
        """The file begun last was read to its end."""
        for segment in reversed(self.segments):
            if segment.file != len(self.files):
                break
            segment.first_wall_time = file.first_wall_time
            segment.last_wall_time = file.last_wall_time
        self.files.append(file)
        self.gaps.extend(gaps)

    def add(self, value: Value) -> None:
        """Take one value; what can't be parsed becomes a gap."""
        if value.kind == events.SESSION:
            self._add_session(value)
        elif value.kind in (events.GRAPH, events.META_GRAPH, events.RUN_METADATA):
            self._add_graph(value)
        else:
            tag = self._tag(value.tag, 1)
            if tag is not None:
                self._add_value(tag, value)

    def _tag(self, raw: bytes, values: int) -> str | None:
        """The tag of so many values as text, or None when it is filtered out or over a limit."""
        if raw not in self._wanted:
            if len(raw) > self.limits.tag_bytes:
                self._over["tag_bytes", "values of longer tags"] += values
                return None
            tag = text(raw)
            wanted = self._pattern is None or self._pattern.search(tag) is not None
            if wanted and len(self.tags) >= self.limits.tags and tag not in self.tags:
                self._over["tags", "values of further tags"] += values
                return None
            if not wanted and len(self._wanted) >= 2 * self.limits.tags:
                return None  # not worth remembering
            if wanted:
                self.tags.add(tag)
            self._wanted[raw] = tag if wanted else None
        return self._wanted[raw]

    def _add_graph(self, value: Value) -> None:
        self._graph_bytes += len(value.payload)
        if self._graph_bytes > self.limits.held_bytes:
            self._over["held_bytes", "graphs and profiles"] += 1
            return
        self.graphs.append((value.kind, text(value.tag), value.payload, value))

    def _add_session(self, value: Value) -> None:
        status, path = value.payload
        name = _SESSION_STATUS.get(status, str(status))
        self.sessions.append(SessionEvent(name, value.step, value.wall_time, text(path)))
        if name == "start":
            self.segments.append(Segment(len(self.files), start_step=value.step))

    def _add_value(self, tag: str, value: Value) -> None:
        if value.metadata and tag not in self.metadata:
            self._add_metadata(tag, value)
        if value.kind == events.METADATA_ONLY:
            self._add_metadata_only(tag, value)
            return
        if value.kind not in _PARSERS:
            self._note_unknown(value.kind, tag, len(value.payload))
            return
        try:
            payload = self._parsed(value)
        except (BadPayload, BadTensor) as error:
            reason = f"tag {tag!r}: {error}"
            size = len(value.payload)
            over = isinstance(error, BadTensor) and error.over_limit
            kind = GapKind.LIMIT if over else GapKind.MALFORMED
            self.gaps.append(Gap(kind, self._file, reason, value.offset, size))
            return
        if self._is_over(tag, payload):
            return
        column = self._column(value.kind, tag)
        before = column.weight if isinstance(column, ThinnedColumn) else 0
        column.add(len(self.segments) - 1, value.step, value.wall_time, payload)
        if isinstance(column, ThinnedColumn):
            self._media_bytes += column.weight - before
            self._thin_media(column)
        else:
            self._make_room(column, 1, weight(payload), is_scalar(payload))

    def _is_over(self, tag: str, payload: Any) -> bool:
        """Whether there is no room for a value of the tag; then it is counted."""
        if is_scalar(payload):
            return False
        if self._shares[TENSOR].is_full:
            self._over["held_bytes", "histograms, tensors and texts"] += 1
            return True
        plugin = self.metadata.get(tag, NO_METADATA).plugin
        may_be_text = plugin in ("", "text") and isinstance(payload, np.ndarray)
        is_text = may_be_text and payload.dtype.hasobject
        if is_text and any(len(one) > self.limits.text_bytes for one in payload.reshape(-1)):
            self._over["text_bytes", "longer texts"] += 1
            return True
        return False

    def _parsed(self, value: Value) -> Any:
        if value.kind == TENSOR:
            return decode(value.payload, self.limits.repeated_values)
        return _PARSERS[value.kind](value.payload)

    def _make_room(self, column: Column, values: int, size: int, scalars: bool) -> None:
        """Count what came into a column: as points or as bytes, by what came first."""
        room = column.room
        if room is None:
            room = column.room = self._shares[SCALAR if scalars else TENSOR]
            room.columns.append(column)
        room.add(values if room is self._shares[SCALAR] else size)

    def _thin_media(self, newest: ThinnedColumn) -> None:
        """Keep fewer steps of images and the like where those of all tags weigh too much."""
        while self._media_bytes > self.limits.held_bytes:
            if self._media_steps > 1:
                self._media_steps //= 2
                for column in self._media:
                    column.keep_fewer()
            else:
                newest.forget()
                self._over["held_bytes", "images, sounds and meshes"] += 1
            self._media_bytes = sum(column.weight for column in self._media)
            if not newest.weight:
                break

    def close(self) -> None:
        """No more values come."""
        for column in self.columns.values():
            column.close()
        for room in self._shares.values():
            room.close()

    def limit_gaps(self) -> list[Gap]:
        """What the limits kept out, after ``close``."""
        place = self.files[0].name if self.files else ""
        gaps = []
        for (name, what), count in self._over.items():
            reason = f"{what} are left out ({self.limits.told(name)})"
            gaps.append(Gap(GapKind.LIMIT, place, reason, count=count))
        for name, what, kind in (
            ("points", "point of each scalar", SCALAR),
            ("held_bytes", "histogram, tensor and text of each tag", TENSOR),
        ):
            stride = self._shares[kind].stride
            if stride > 1:
                reason = f"one in {stride} is kept: {what} ({self.limits.told(name)})"
                gaps.append(Gap(GapKind.LIMIT, place, reason))
        if self._media_steps < self._wanted_steps:
            reason = "fewer steps of images, sounds and meshes are kept"
            told = self.limits.told("held_bytes")
            gaps.append(Gap(GapKind.LIMIT, place, f"{reason} ({told})"))
        return gaps

    def add_piece(self, stream: Stream, piece: Piece | None) -> None:
        """Take the values of a stream, or only its metadata."""
        kind, raw, metadata = stream
        tag = self._tag(raw, 0 if piece is None else len(piece.steps))
        if tag is None:
            return
        if metadata and tag not in self.metadata:
            self.metadata[tag] = metadata_of(metadata)
        if piece is not None:
            column, payloads = self._column(kind, tag), piece.payloads
            column.extend(len(self.segments) - 1, piece.detached() if self._pattern else piece)
            size = payloads.weight if isinstance(payloads, Buckets) else 0
            self._make_room(column, len(piece.steps), size, not isinstance(payloads, Buckets))

    def _add_metadata(self, tag: str, value: Value) -> None:
        try:
            self.metadata[tag] = metadata_of(value.metadata)
        except BadPayload as error:
            reason = f"tag {tag!r}: {error}"
            self.gaps.append(Gap(GapKind.MALFORMED, self._file, reason, value.offset))

    def _add_metadata_only(self, tag: str, value: Value) -> None:
        plugin = self.metadata.get(tag, NO_METADATA).plugin
        if plugin != "hparams":
            self._note_unknown(plugin, tag, len(value.metadata))

    def _note_unknown(self, plugin: str, tag: str, size: int) -> None:
        self.unknown[plugin, tag] += 1
        self.unknown_bytes[plugin, tag] += size

    def _column(self, kind: str, tag: str) -> Column:
        column = self.columns.get((kind, tag))
        if column is None:
            plugin = self.metadata.get(tag, NO_METADATA).plugin
            heavy = kind in _THINNED or (kind == TENSOR and plugin in _THINNED_PLUGINS)
            column = Column()
            if heavy and self._media_steps:
                column = ThinnedColumn(self._media_steps)
                self._media.append(column)
            self.columns[kind, tag] = column
        return column


@functools.lru_cache(maxsize=256)  # many tags and runs have the same
def metadata_of(data: bytes) -> Metadata:
    """What serialized SummaryMetadata say. Raises BadPayload."""
    parsed = parse("SummaryMetadata", data)
    plugin = parsed.plugin_data
    return Metadata(text(plugin.plugin_name), plugin.content, text(parsed.summary_description))


def _image(data: bytes) -> EncodedImage:
    image = parse("Image", data)
    return EncodedImage(image.encoded_image_string, image.width, image.height)


def _audio(data: bytes) -> AudioClip:
    audio = parse("Audio", data)
    return AudioClip(audio.encoded_audio_string, text(audio.content_type), audio.sample_rate)


def _histogram(data: bytes) -> HistogramValue:
    histogram = parse("Histogram", data)
    if len(histogram.bucket_limit) % 8 or len(histogram.bucket) % 8:
        raise BadPayload("bucket limits or counts are no doubles")
    limits = np.frombuffer(histogram.bucket_limit, "<f8")
    counts = np.frombuffer(histogram.bucket, "<f8")
    if len(limits) != len(counts) or not len(limits):
        unpacked = parse("UnpackedHistogram", data)
        limits, counts = np.array(unpacked.bucket_limit), np.array(unpacked.bucket)
    if len(limits) != len(counts):  # the moments are still of use
        limits = counts = np.zeros(0)
    moments = (histogram.min, histogram.max, histogram.num, histogram.sum, histogram.sum_squares)
    return HistogramValue(limits, counts, *moments)


_PARSERS: dict[str, Callable[[Any], Any]] = {
    SCALAR: float,
    HISTOGRAM: _histogram,
    IMAGE: _image,
    AUDIO: _audio,
    TENSOR: decode,
}
