"""Limits: how much of what logs claim or hold is believed and kept, each with a name and a default.

What a limit keeps out is a gap that names it, and ``--limit NAME=VALUE`` moves it. Limits hold for
event files; files beside them (checkpoints, embeddings) have theirs where they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from tbreport.errors import InputError

_LIMIT = re.compile(r"(\w+)=(\d{1,15})")
_MIB = 1 << 20


def _limit(default: int, about: str, least: int = 1) -> int:
    found: int = field(default=default, metadata={"about": about, "least": least})
    return found


@dataclass(frozen=True)
class Limits:
    """Whole numbers; a field's metadata say what it is ``about`` and the ``least`` it may be.

    The defaults are chosen for event files of 1 GB of any one kind of value to be read in 512 MB.
    """

    record_bytes: int = _limit(64 * _MIB, "bytes of one record; a larger one is left out", 4 * _MIB)
    search_factor: int = _limit(
        8, "bytes checksummed while searching past damage, as a multiple of the file's size"
    )
    repeated_values: int = _limit(_MIB, "values that a tensor may claim by storing one of them")
    text_bytes: int = _limit(8 * _MIB, "bytes of one logged text")
    tag_bytes: int = _limit(_MIB, "bytes of a tag's name")
    tags: int = _limit(20_000, "tags of a run; values of further ones are left out")
    runs: int = _limit(5_000, "runs; the first ones by name are read")
    points: int = _limit(
        8_000_000, "points of all scalars of a run; of more, every second, fourth … is kept"
    )
    held_bytes: int = _limit(
        96 * _MIB, "bytes of histograms, tensors, texts and media of a run; thinned out like points"
    )
    graph_nodes: int = _limit(150_000, "nodes of one graph; a larger one is left out")
    image_pixels: int = _limit(25_000_000, "pixels that an image may claim before it is decoded")
    nesting: int = _limit(64, "directories in directories, and Keras models in models")
    gaps: int = _limit(10_000, "gaps of one kind of a file that are told one by one")

    @classmethod
    def of(cls, texts: Iterable[str]) -> Limits:
        """The defaults but for texts such as "tags=100000". Raises InputError."""
        about = {one.name: one for one in fields(cls)}
        values = {}
        for text in texts:
            match = _LIMIT.fullmatch(text)
            if match is None:
                raise InputError(f"limit is to be NAME=NUMBER, not {text!r}")
            name, value = match[1], int(match[2])
            if name not in about:
                raise InputError(f"there is no limit {name!r}; there are {', '.join(about)}")
            least = about[name].metadata["least"]
            if value < least:
                raise InputError(f"limit {name} is to be {least} or more, not {value}")
            values[name] = value
        return cls(**values)

    def told(self, name: str) -> str:
        """How gaps name a limit."""
        return f"limit {name}={getattr(self, name)}"


DEFAULT = Limits()
