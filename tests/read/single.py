"""One run of one file: what most tests of reading write and look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tbreport.model import Gap, Run
from tbreport.read.logdir import read_logs
from tests import writer


def read(folder: Path, *events: bytes, **options: Any) -> Run:
    """The run of one file with ``events``; ``options`` are those of ``writer.write``."""
    path = writer.write(folder, *events, **options)
    (run,) = read_logs(folder).runs
    assert run.files[-1].name == path.name
    return run


def gap_of(run: Run) -> Gap:
    """The only gap of a run of one file."""
    (gap,) = run.gaps
    assert gap.file == run.files[0].name
    return gap
