"""CSV files: every point of every scalar series, one file a run.

Numbers are written so that reading them gives the same float64. Text is always in quotes, with
control characters as escapes. A tag that a spreadsheet would take for a formula stands behind an
apostrophe, and so does one that begins with an apostrophe: to have the tag, take one away.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator

from tbreport.model import Logs, Run
from tbreport.names import natural_order, printable

COLUMNS = ("tag", "step", "wall_time", "value")
INDEX_COLUMNS = ("run", "file", "series", "points")
INDEX = "index.csv"

# What Excel, LibreOffice and Google Sheets begin a formula with; those of full width in Japanese.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")
_MARKS = frozenset("_.,=+-")
_LONGEST = 80  # characters of a file's name before its ending
# Names of devices on Windows, with any ending.
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
_ROWS = 10_000  # written at once


def csv_files(logs: Logs) -> dict[str, Iterable[bytes]]:
    """The files by name, UTF-8: one a run with scalars, and an index of which file is whose."""
    runs = [run for run in logs.runs if run.scalars]
    names = file_names([run.name for run in runs])
    index = (
        (_text(run.name), names[run.name], len(run.scalars), sum(map(len, run.scalars.values())))
        for run in runs
    )
    files: dict[str, Iterable[bytes]] = {INDEX: _lines(INDEX_COLUMNS, index)}
    return files | {names[run.name]: _lines(COLUMNS, _points(run)) for run in runs}


def file_names(runs: Iterable[str]) -> dict[str, str]:
    """A file name for each run, safe on every system and told apart without regard to case."""
    taken = {INDEX}
    found = {}
    for run in runs:
        stem = unique = _stem(run)
        while f"{unique}.csv".casefold() in taken:
            digest = hashlib.sha256(f"{run}\0{unique}".encode("utf-8", "surrogatepass"))
            unique = f"{stem}~{digest.hexdigest()[:8]}"
        taken.add(f"{unique}.csv".casefold())
        found[run] = f"{unique}.csv"
    return found


def _stem(run: str) -> str:
    """``run`` with a "-" for all but ASCII letters, digits and a few marks: no path, no flag."""
    kept = "".join(
        char if char.isascii() and (char.isalnum() or char in _MARKS) else "-" for char in run
    )
    stem = kept[:_LONGEST].strip("-. ") or "run"
    return f"run-{stem}" if stem.split(".")[0].casefold() in _DEVICES else stem


def _points(run: Run) -> Iterator[tuple[object, ...]]:
    for tag in natural_order(run.scalars):
        series, text = run.scalars[tag], _text(tag)
        for start in range(0, len(series), _ROWS):
            part = slice(start, start + _ROWS)
            for step, time, value in zip(
                series.steps[part].tolist(),
                series.wall_times[part].tolist(),
                series.values[part].tolist(),
                strict=True,
            ):
                yield text, step, time, value


def _text(name: str) -> str:
    shown = printable(name)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def _lines(columns: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> Iterator[bytes]:
    """The lines of a file, many at a time."""
    buffer = io.StringIO(newline="")
    # Quotes around every text keep it in its cell where a spreadsheet parts cells at semicolons.
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(columns)
    for count, row in enumerate(rows, 1):
        writer.writerow(row)
        if count % _ROWS == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
