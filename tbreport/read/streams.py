"""What values belong to, as small numbers: streams of one tag, and the columns these end in.

A *stream* is values of one kind under one tag (its bytes) with the same metadata; a *column* is all
values of that kind under the tag's text, whatever their metadata, as the collector keeps them.
"""

from __future__ import annotations

from typing import NamedTuple

from tbreport.read.plugins import BadPayload, parse, text

NONE = 65535  # no stream; numbers of streams fit 16 bits, which numpy sorts by radix
MAX_STREAMS = 65000
SCALARS, HISTOGRAMS = "scalars", "histograms"  # shapes of values

# By kind the plugins whose values are taken in bulk. A tag without metadata may have had some
# before; legacy kinds are what they are whatever the plugin.
PLUGINS = {"tensor": (b"scalars", b"histograms")}


class Stream(NamedTuple):
    """One stream; ``metadata`` are empty or can be parsed."""

    kind: str
    tag: bytes
    metadata: bytes


class Streams:
    """Hands out the numbers: ``known`` are the streams so far, ``column`` the column of each."""

    def __init__(self) -> None:
        self.known: list[Stream] = []
        self.column: list[int] = []
        self._numbers: dict[Stream, int] = {}
        self._columns: dict[tuple[str, str], tuple[int, str]] = {}

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self._columns)

    def number(self, stream: Stream, shape: str) -> int | None:
        """The number of a stream of values of one ``shape``, or None: read them one by one.

        That is if the metadata are bad or name a plugin that is not for numbers, if the column has
        values of another shape, and if there are too many streams.
        """
        number = self._numbers.get(stream)
        if number is None and len(self.known) < MAX_STREAMS and _is_right(stream):
            number = len(self.known)
            key = (stream.kind, text(stream.tag))
            column = self._columns.setdefault(key, (len(self._columns), shape))[0]
            self._numbers[stream] = number
            self.known.append(stream)
            self.column.append(column)
        if number is None or self.shape(stream.kind, stream.tag) != shape:
            return None
        return number

    def column_of(self, kind: str, tag: bytes) -> int | None:
        """The column in which values of this kind and tag end, if any stream does."""
        return self._columns.get((kind, text(tag)), (None, ""))[0]

    def shape(self, kind: str, tag: bytes) -> str:
        """The shape of the values in a column; empty if there is no such column."""
        return self._columns.get((kind, text(tag)), (None, ""))[1]


def _is_right(stream: Stream) -> bool:
    if not stream.metadata:
        return True
    try:
        metadata = parse("SummaryMetadata", stream.metadata)
    except BadPayload:
        return False
    plugins = PLUGINS.get(stream.kind)
    return plugins is None or metadata.plugin_data.plugin_name in plugins
