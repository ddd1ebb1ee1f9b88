"""Progress: how far the work is, one line a stage, changing on a terminal."""

from __future__ import annotations

from collections.abc import Callable

from tbreport.model import Logs
from tbreport.sections.words import counted
from tbreport.stats import format_bytes

REDRAW = 0.1  # seconds between two states of the line


Say = Callable[[str, bool], None]  # prints a text, with a line's end or without


class Progress:
    """What is said while a report is made; ``say`` None for nothing at all."""

    def __init__(self, say: Say | None, live: bool, clock: Callable[[], float]) -> None:
        """``live`` lines change in place; ``clock`` gives seconds."""
        self._say = say
        self._live = live
        self._clock = clock
        self._begun = clock()
        self._shown = 0.0
        self._width = 0

    def reading(self, done: int, total: int, size: int) -> None:
        """``done`` of ``total`` runs are read, ``size`` bytes."""
        self._show(lambda: f"reading run {done:,} of {total:,}, {self._rate(size)}")

    def drawing(self, done: int, total: int) -> None:
        """``done`` of ``total`` charts are drawn."""
        self._show(lambda: f"drawing chart {done:,} of {total:,}")

    def read(self, logs: Logs) -> None:
        """All is read."""
        files = [file for run in logs.runs for file in run.files]
        said = f"read {counted(len(files), 'file')} of {counted(len(logs.runs), 'run')}"
        self._end(f"{said}, {self._rate(sum(file.size for file in files))}")

    def drawn(self, charts: int) -> None:
        """All is drawn."""
        self._end(f"drew {counted(charts, 'chart')} in {self._seconds():.1f} s")

    def _seconds(self) -> float:
        return max(self._clock() - self._begun, 1e-3)

    def _rate(self, size: int) -> str:
        seconds = self._seconds()
        rate = format_bytes(round(size / seconds))
        return f"{format_bytes(size)} in {seconds:.1f} s, {rate}/s"

    def _show(self, text: Callable[[], str]) -> None:
        if self._say and self._live and self._clock() - self._shown >= REDRAW:
            line = text()
            self._say("\r" + line.ljust(self._width), False)
            self._shown, self._width = self._clock(), len(line)

    def _end(self, text: str) -> None:
        if self._say:
            self._say(f"\r{text.ljust(self._width)}" if self._live else text, True)
        self._begun, self._width = self._clock(), 0
