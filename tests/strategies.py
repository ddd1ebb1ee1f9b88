"""What hypothesis draws for the reader: event streams, damage to files, what must survive it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests import writer

STEPS = st.integers(-(2**63), 2**63 - 1)
TAGS = st.text(max_size=12)
FLOATS = st.floats(width=32)
WALL_TIMES = st.floats(0, 4e9)


@dataclass(frozen=True)
class Damage:
    """One way to spoil a file: what is done, at which fraction of its length, to how many bytes."""

    kind: str
    place: float
    size: int
    junk: bytes

    def apply(self, data: bytes) -> bytes:
        """``data``, spoilt."""
        start = int(self.place * len(data))
        return _DAMAGES[self.kind](data, start, self)


def _flip(data: bytes, start: int, damage: Damage) -> bytes:
    if not data:
        return data
    flipped = data[start] ^ (1 << damage.size % 8)
    return data[:start] + bytes([flipped]) + data[start + 1 :]


def _zero(data: bytes, start: int, damage: Damage) -> bytes:
    end = min(len(data), start + damage.size)
    return data[:start] + bytes(end - start) + data[end:]


def _cut(data: bytes, start: int, damage: Damage) -> bytes:
    return data[:start] + data[start + damage.size :]


def _insert(data: bytes, start: int, damage: Damage) -> bytes:
    return data[:start] + damage.junk + data[start:]


def _repeat(data: bytes, start: int, damage: Damage) -> bytes:
    end = start + damage.size
    return data[:end] + data[start:end] + data[end:]


def _swap(data: bytes, start: int, damage: Damage) -> bytes:
    middle, end = start + damage.size, start + 2 * damage.size
    return data[:start] + data[middle:end] + data[start:middle] + data[end:]


def _truncate(data: bytes, start: int, damage: Damage) -> bytes:
    return data[:start]


def _behead(data: bytes, start: int, damage: Damage) -> bytes:
    return data[damage.size :]


_DAMAGES: dict[str, Callable[[bytes, int, Damage], bytes]] = {
    "flip": _flip,
    "zero": _zero,
    "cut": _cut,
    "insert": _insert,
    "repeat": _repeat,
    "swap": _swap,
    "truncate": _truncate,
    "behead": _behead,
}
KINDS = tuple(_DAMAGES)


def damages(max_size: int = 60) -> st.SearchStrategy[Damage]:
    """One damage to at most ``max_size`` bytes."""
    return st.builds(
        Damage,
        st.sampled_from(KINDS),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, max_size),
        st.binary(min_size=1, max_size=max_size),
    )


def payloads() -> st.SearchStrategy[list[bytes]]:
    """What records hold, of which the reader of records knows nothing.

    Not eight bytes: a record's length with its checksum looks like such a payload with its own, so
    that the header of one and that of the next record, torn together, are a record nobody wrote.
    """
    sizes = st.binary(max_size=80).filter(lambda payload: len(payload) != 8)
    return st.lists(sizes, min_size=1, max_size=12)


@st.composite
def scalar_events(draw: st.DrawFn) -> list[tuple[int, float, str, float]]:
    """A stream of scalars: (step, wall time, tag, value) in order of arrival."""
    tags = draw(st.lists(TAGS, min_size=1, max_size=3, unique=True))
    one = st.tuples(STEPS, WALL_TIMES, st.sampled_from(tags), FLOATS)
    return draw(st.lists(one, max_size=30))


def survivors(data: bytes, records: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Where in ``data`` one of the framed ``records`` stands whole: (offset, record) in order.

    A record that was repeated counts as often as it stands there.
    """
    found = []
    for record in set(records):
        offset = data.find(record)
        while offset >= 0:
            found.append((offset, record))
            offset = data.find(record, offset + 1)
    return sorted(found)


def framed(items: Sequence[bytes]) -> list[bytes]:
    """The record of each payload."""
    return [writer.frame(item) for item in items]
