"""The projector's text files: vectors as rows of numbers, and their labels, tab-separated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.model import GapKind
from tbreport.read.sources import Source, Unfit

MAX_TEXT = 512 << 20  # bytes of a file of vectors
MAX_COLUMNS = 65_536  # numbers in a row
MAX_LABEL_TEXT = 64 << 20  # bytes of a file of labels
MAX_LABEL_COLUMNS = 64
MAX_LABEL = 1000  # characters
_BLOCK = 8 << 20  # bytes read at a time


@dataclass(frozen=True)
class Vectors:
    """Rows of numbers: float32 (n, d), the places that they have among ``rows`` rows, bad ones.

    ``bad`` counts rows of another width, or with something that is no number; ``cut`` tells whether
    the file goes on.
    """

    values: NDArray[np.float32]
    places: NDArray[np.int64]
    rows: int
    bad: int
    cut: bool


def read_vectors(source: Source, max_rows: int, max_values: int) -> Vectors:
    """The first ``max_rows`` rows, and no more than ``max_values`` numbers, of a TSV file.

    Empty lines are no rows, as in TensorBoard. Raises Unfit when there is no row of numbers.
    """
    width = 0
    blocks: list[NDArray[np.float32]] = []
    places: list[NDArray[np.int64]] = []
    rows = taken = bad = 0
    for lines in _lines(source, min(source.size, MAX_TEXT)):
        width = width or _usual_width(lines)
        first, rows = rows, rows + len(lines)
        room = min(max_rows, max_values // width) - taken
        if room <= 0 or not lines:
            continue
        good = [i for i, line in enumerate(lines[:room]) if line.count("\t") == width - 1]
        values, kept = _numbers([lines[i] for i in good])
        bad += min(len(lines), room) - len(values)
        taken += min(len(lines), room)
        blocks.append(values)
        places.append(np.array(good, np.int64)[kept] + first)
    if not sum(map(len, blocks)):
        raise Unfit(GapKind.MALFORMED, "holds no row of numbers")
    found = [block for block in blocks if len(block)]
    cut = source.size > MAX_TEXT
    return Vectors(np.concatenate(found), np.concatenate(places), rows, bad, cut)


def _lines(source: Source, size: int) -> Iterator[list[str]]:
    """The lines of the first ``size`` bytes that are not empty, a block at a time."""
    rest = b""
    for start in range(0, size, _BLOCK):
        *lines, rest = (rest + source.at(start, min(_BLOCK, size - start))).split(b"\n")
        if len(rest) > _BLOCK:
            raise Unfit(GapKind.LIMIT, f"a line of more than {_BLOCK} bytes")
        yield [line.decode("latin-1") for line in lines if line.strip()]
    if rest.strip() and size == source.size:
        yield [rest.decode("latin-1")]


def _usual_width(lines: list[str]) -> int:
    """How many numbers most of the first rows have."""
    tabs = Counter(line.rstrip("\r").count("\t") for line in lines[:1000]).most_common(1)
    width = tabs[0][0] + 1 if tabs else 1
    if width > MAX_COLUMNS:
        raise Unfit(GapKind.LIMIT, f"rows of {width} numbers")
    return width


def _numbers(lines: list[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Lines of equal width as numbers, and which of them hold nothing else."""
    try:
        return _parse(lines), np.arange(len(lines))
    except ValueError:
        kept = [i for i, line in enumerate(lines) if _is_numeric(line)]
        return _parse([lines[i] for i in kept]), np.array(kept, np.int64)


def _is_numeric(line: str) -> bool:
    try:
        _parse([line])
    except ValueError:
        return False
    return True


def _parse(lines: list[str]) -> NDArray[np.float32]:
    if not lines:
        return np.zeros((0, 0), np.float32)
    with np.errstate(over="ignore"):  # what float32 can't hold is infinite
        return np.loadtxt(lines, np.float32, comments=None, delimiter="\t", ndmin=2)


def read_labels(source: Source) -> tuple[dict[str, list[str]], int]:
    """The columns of a metadata file by their headers, and how many rows there are.

    Only a first line with a tab is a header, as in TensorBoard; one column without is "label".
    """
    if source.size > MAX_LABEL_TEXT:
        raise Unfit(GapKind.LIMIT, f"{source.size} bytes of labels")
    text = source.at(0, source.size).decode("utf-8-sig", "backslashreplace")
    lines = text.removesuffix("\n").replace("\r", "").split("\n") if text else []
    if not lines or "\t" not in lines[0]:
        return {"label": [line[:MAX_LABEL] for line in lines]}, len(lines)
    header, *rows = (line.split("\t", MAX_LABEL_COLUMNS)[:MAX_LABEL_COLUMNS] for line in lines)
    names = _distinct(header)
    columns: dict[str, list[str]] = {name: [] for name in names}
    for row in rows:
        for i, name in enumerate(names):
            columns[name].append(row[i][:MAX_LABEL] if i < len(row) else "")
    return columns, len(rows)


def _distinct(names: list[str]) -> list[str]:
    """``names`` in order, repeated ones numbered."""
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name[:MAX_LABEL]} ({seen[name]})" if seen[name] > 1 else name[:MAX_LABEL])
    return result
