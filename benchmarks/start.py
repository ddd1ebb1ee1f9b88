"""How long a small report takes from the command to its end, against what Python itself takes.

Run it by hand on a quiet machine: ``python benchmarks/start.py LOGDIR [ROUNDS]``, where LOGDIR
holds one run of ten tags (``logs.py FOLDER small`` makes it). The contestants take turns; ratios
are medians over rounds with their range.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from report import timed


def main() -> None:
    logdir = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 11
    # What the installed command runs.
    tbreport = [sys.executable, "-c", "from tbreport.__main__ import main; main()"]
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder, "report.html"))
        pairs = {
            "report of one run, import pyplot": (
                [*tbreport, logdir, "-q", "-o", out],
                [sys.executable, "-c", "import matplotlib.pyplot"],
            ),
            "--help, bare Python": ([*tbreport, "--help"], [sys.executable, "-c", "pass"]),
        }
        print(f"{'':34} {'wall ms':>14} {'CPU ms':>14}   ratio of walls, of CPU times")
        for name, commands in pairs.items():
            timed(commands[0]), timed(commands[1])
            rows = [[timed(command)[:2] for command in commands] for _ in range(rounds)]
            print(f"{name:34} {_both(rows, 0):>14} {_both(rows, 1):>14}   ", end="")
            print(f"{_ratio(rows, 0)}, {_ratio(rows, 1)}")


def _both(rows: list[list[tuple[float, float]]], kind: int) -> str:
    ours, theirs = (statistics.median(row[side][kind] for row in rows) for side in (0, 1))
    return f"{1e3 * ours:.0f} / {1e3 * theirs:.0f}"


def _ratio(rows: list[list[tuple[float, float]]], kind: int) -> str:
    ratios = [ours[kind] / theirs[kind] for ours, theirs in rows]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


if __name__ == "__main__":
    main()
