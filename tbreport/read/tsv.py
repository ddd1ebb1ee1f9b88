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
MAX_LINE = 4 << 20  # bytes
MAX_CELLS = 2_000_000  # labels of a file
_BLOCK = 1 << 20  # bytes read at a time


@dataclass(frozen=True)
class Vectors:
    """Rows of numbers: float32 (n, d), the places that they have among ``rows`` rows, bad ones.

    ``bad`` counts rows of another width, or with something that is no number; ``cut`` tells whether
    the file goes on.
    """

    values: NDArray[np.float32]
    places: NDArray[np.int64]
    rows: int
    bad: int = 0
    cut: bool = False


def read_vectors(source: Source, max_rows: int, max_values: int) -> Vectors:
    """The first ``max_rows`` rows, and no more than ``max_values`` numbers, of a TSV file.

    Empty lines are no rows, as in TensorBoard; behind the last row that is read they are counted.
    Raises Unfit when there is no row of numbers.
    """
    width = rows = taken = 0
    blocks: list[NDArray[np.float32]] = []
    places: list[NDArray[np.int64]] = []
    for block in _blocks(source, min(source.size, MAX_TEXT)):
        room = min(max_rows, max_values // width) - taken if width else 1
        if not room:
            rows += block.count(b"\n")
            continue
        lines = [line.decode("latin-1") for line in block.split(b"\n") if line.strip()]
        if lines and not width:
            width = _usual_width(lines)
            room = min(max_rows, max_values // width)
            if not room:
                raise Unfit(GapKind.LIMIT, f"no room for rows of {width} numbers")
        values, kept = _rows(lines[:room], width)
        blocks.append(values)
        places.append(kept + rows)
        taken += min(len(lines), room)
        rows += len(lines)
    found = [block for block in blocks if len(block)]
    if not found:
        raise Unfit(GapKind.MALFORMED, "holds no row of numbers")
    bad = taken - sum(map(len, found))
    cut = source.size > MAX_TEXT
    return Vectors(np.concatenate(found), np.concatenate(places), rows, bad, cut)


def _blocks(source: Source, size: int) -> Iterator[bytes]:
    """The first ``size`` bytes as blocks of whole lines, each with its end."""
    rest = b""
    for start in range(0, size, _BLOCK):
        whole, end, rest = (rest + source.at(start, min(_BLOCK, size - start))).rpartition(b"\n")
        if len(rest) > MAX_LINE:
            raise Unfit(GapKind.LIMIT, f"a line of more than {MAX_LINE} bytes")
        yield whole + end
    if rest and size == source.size:
        yield rest + b"\n"


def _rows(lines: list[str], width: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The rows of ``width`` numbers among ``lines``, and which lines they are."""
    good = [i for i, line in enumerate(lines) if line.count("\t") == width - 1]
    values, kept = _numbers([lines[i] for i in good])
    return values, np.array(good, np.int64)[kept]


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


def read_labels(source: Source, max_rows: int) -> tuple[dict[str, list[str]], int]:
    """The first rows of a metadata file by the headers of its columns, and how many rows it has.

    Only a first line with a tab is a header, as in TensorBoard; one column without is "label".
    Raises Unfit when the file is too large.
    """
    if source.size > MAX_LABEL_TEXT:
        raise Unfit(GapKind.LIMIT, f"{source.size} bytes of labels")
    text = source.at(0, source.size).decode("utf-8-sig", "backslashreplace")
    text = text.removesuffix("\n").replace("\r", "")
    count = text.count("\n") + 1 if source.size else 0
    header = text.partition("\n")[0].split("\t", MAX_LABEL_COLUMNS)[:MAX_LABEL_COLUMNS]
    if "\t" not in text.partition("\n")[0]:
        rows = text.split("\n", max_rows)[: min(max_rows, count)]
        return {"label": [row[:MAX_LABEL] for row in rows]}, count
    names = _distinct(header)[: max(1, MAX_CELLS // min(count, max_rows))]
    columns: dict[str, list[str]] = {name: [] for name in names}
    for line in text.split("\n", max_rows + 1)[1 : min(max_rows + 1, count)]:
        cells = line.split("\t", len(names))
        for i, name in enumerate(names):
            columns[name].append(cells[i][:MAX_LABEL] if i < len(cells) else "")
    return columns, count - 1


def _distinct(names: list[str]) -> list[str]:
    """``names`` in order, repeated ones numbered."""
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name[:MAX_LABEL]} ({seen[name]})" if seen[name] > 1 else name[:MAX_LABEL])
    return result
