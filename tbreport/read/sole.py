"""Sole files: a small file that is all of a run, as searches leave them by the thousand.

If it holds scalars in order of their steps, and most do, none of what a collector and the rule for
restarts see to can come up: the run is made of the file's columns as they are, in a third of the
time. Whatever is odd about it is fed to the collector as any other file is.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from tbreport.limits import Limits
from tbreport.model import EventFile, Run, ScalarSeries
from tbreport.read.blocks import Stretch
from tbreport.read.collect import Collector, metadata_of
from tbreport.read.events import HISTOGRAM
from tbreport.read.plugins import text
from tbreport.read.streams import Stream


class Sole(NamedTuple):
    """The only file of a run, decoded whole and without a gap."""

    stretch: Stretch
    file: EventFile

    def feed(self, collector: Collector) -> None:
        """Give the file to ``collector``."""
        collector.begin_file(self.file.name)
        self.stretch.feed(collector)
        collector.end_file(self.file, [])

    def run(self, name: str, limits: Limits) -> Run | None:
        """The run called ``name``, or None if there is more to it than scalars in order."""
        scalars: dict[str, ScalarSeries] = {}
        room = limits.points
        for _, stream, piece in self.stretch.arrivals:
            if piece is None or not piece.ordered or not isinstance(stream, Stream):
                return None
            numbers, texts = piece.payloads, _texts(stream)
            if texts is None or not isinstance(numbers, np.ndarray):
                return None
            tag, description = texts
            count = len(numbers)
            room -= count
            if tag in scalars or room < 0 or len(stream.tag) > limits.tag_bytes:
                return None
            steps, walls, values = piece.steps, piece.wall_times, numbers.astype(np.float64)
            scalars[tag] = ScalarSeries(
                tag, steps, walls, values, logged=count, description=description
            )
        return Run(name, (self.file,), scalars) if len(scalars) <= limits.tags else None


@functools.lru_cache(maxsize=4096)
def _texts(stream: Stream) -> tuple[str, str] | None:
    """Tag and description of a stream that can't be anything but scalars; None for others."""
    metadata = metadata_of(stream.metadata)
    if stream.kind == HISTOGRAM or metadata.plugin not in ("", "scalars"):
        return None
    return text(stream.tag), metadata.description
