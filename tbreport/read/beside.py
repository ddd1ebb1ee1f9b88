"""What stands beside a run's event files: its checkpoints and the projector's embeddings."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from tbreport.model import Checkpoint, Gap, GapKind, Run
from tbreport.names import natural_key
from tbreport.read import projector
from tbreport.read.checkpoint import RUN_BUDGET, Budget, read_checkpoint
from tbreport.read.checkpointfiles import Search

_T = TypeVar("_T")

TOTAL_BUDGET = 1 << 30  # bytes of numbers beside the event files of all runs
# What a file that is damaged in a way that nobody thought of may raise; none of it is our fault.
_SURPRISES = (
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    struct.error,
    MemoryError,
    OSError,
)


def share_of_budget(runs: int) -> int:
    """How many bytes of numbers may be read beside each of so many runs."""
    return min(RUN_BUDGET, TOTAL_BUDGET // max(runs, 1))


def run_directory(name: str) -> str | None:
    """The directory that a file makes a run though it is no event file, or None.

    ``name`` and what is returned are relative to the log directory ("" for that). A projector's
    configuration makes its directory one, or the one in whose plugin folder it is.
    """
    folder, _, file = f"/{name}".rpartition("/")
    if not projector.is_config(file):
        return None
    return folder.removesuffix(f"/{projector.PLUGIN_FOLDER}").lstrip("/")


def with_neighbours(run: Run, files: Sequence[tuple[str, str]], budget: int = RUN_BUDGET) -> Run:
    """``run`` with what stands beside its ``files``, each a path and a name in the log directory.

    ``budget`` is how many bytes of numbers may be read. What can't be read is a gap.
    """
    path, name = files[0]
    folder, label = os.path.dirname(path) or ".", name.rpartition("/")[0]
    if f"/{label}".endswith(f"/{projector.PLUGIN_FOLDER}"):
        folder, label = os.path.dirname(os.path.dirname(folder)), run_directory(name) or ""
    left = Budget(budget)
    gaps: list[Gap] = []
    embeddings = _guarded(lambda: projector.read_embeddings(folder, label, left), label, gaps)
    search = Search(folder)
    search.look(folder, label, 0)
    checkpoints = _read_chosen(search, left, gaps)
    return replace(
        run,
        checkpoints=tuple(checkpoints),
        embeddings=(embeddings or ()) + projector.logged_embeddings(run),
        gaps=(*run.gaps, *dict.fromkeys([*gaps, *search.gaps])),
    )


def _guarded(read: Callable[[], tuple[_T, list[Gap]]], name: str, gaps: list[Gap]) -> _T | None:
    """What ``read`` gives, its gaps noted; None when it fails in a way that nobody thought of."""
    try:
        value, problems = read()
    except _SURPRISES as error:
        gaps.append(Gap(GapKind.MALFORMED, name or ".", f"can't be read: {type(error).__name__}"))
        return None
    gaps += problems
    return value


def _read_chosen(search: Search, budget: Budget, gaps: list[Gap]) -> list[Checkpoint]:
    """All checkpoints by step and name, some of them read."""
    checkpoints = []
    for file, wanted in search.in_turn():
        listed = Checkpoint(file.name.removesuffix(".index"), "", file.size, file.step, read=False)
        if not wanted:
            checkpoints.append(listed)
            continue
        noted: list[Gap] = []
        read = partial(read_checkpoint, file, budget)
        checkpoint = _guarded(read, file.name, noted) or replace(listed, read=True)
        if file.name.endswith(".zip") and not checkpoint.tensors and _is_unknown(noted):
            continue  # an archive that has nothing to do with training
        checkpoints.append(checkpoint)
        gaps += noted
    return sorted(checkpoints, key=_step_and_name)


def _step_and_name(checkpoint: Checkpoint) -> tuple[int, Any]:
    return -1 if checkpoint.step is None else checkpoint.step, natural_key(checkpoint.name)


def _is_unknown(gaps: Sequence[Gap]) -> bool:
    return any(gap.kind is GapKind.UNKNOWN for gap in gaps)
