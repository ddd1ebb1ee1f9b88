"""What tests of the command line share: logs to read, and what is left and said afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.writer import event, scalar, write


def two_runs(folder: Path) -> Path:
    """``folder``, with the logs of two runs in logs/."""
    for name in "ab":
        write(folder / "logs" / name, *[event(i, scalar("loss", 3.0 - i)) for i in range(3)])
    return folder


def names(folder: Path) -> list[str]:
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def lines(capsys: Any) -> list[str]:
    """What was said on standard error since it was looked at last."""
    said: str = capsys.readouterr().err
    return said.splitlines()


def page(path: str | Path = "report.html") -> str:
    """The source of a report."""
    return Path(path).read_text("utf-8")
