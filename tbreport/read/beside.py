"""What stands beside a run's event files: its checkpoints and the projector's embeddings.

Checkpoints are looked for in the run's directory and in the folders below it in which training
loops put them. Of a series of them the first and the last are read, the others are listed.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tbreport.model import Checkpoint, Gap, GapKind, Run
from tbreport.names import natural_key
from tbreport.read import projector
from tbreport.read.checkpoint import RUN_BUDGET, Budget, CheckpointFile, read_checkpoint
from tbreport.read.sources import is_inside
from tbreport.read.steps import step_of

TOTAL_BUDGET = 1 << 30  # bytes of numbers beside the event files of all runs
MAX_READ = 8  # checkpoints of a run that are read; the last ones of each series before the first
MAX_FOLDERS = 200  # that are looked into for a run
MAX_DEPTH = 2  # folders below the run's
MAX_ENTRIES = 20_000  # of a folder
_FOLDER = re.compile(r"(?:checkpoint|ckpt|model|weight|saved|variables|step|epoch)", re.IGNORECASE)
_SUFFIX = re.compile(
    r"\.(?:index|safetensors|pt|pth|pth\.tar|ckpt|h5|hdf5|keras|zip|npz|npy|bin)$"
    r"|\.ckpt-\d+$",  # TensorFlow's V1 format
    re.IGNORECASE,
)
# Files of these kinds may hold anything: only a telling name makes them a checkpoint.
_DOUBTFUL = re.compile(r"\.(?:npz|npy|bin|index)$", re.IGNORECASE)
_TELLING = re.compile(r"ckpt|checkpoint|model|weight|param|variables|embed|policy", re.IGNORECASE)
_PART = re.compile(r"-\d{5}-of-\d{5}")  # of one checkpoint in several files
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


@dataclass
class _Found:
    """Checkpoints by series, a series by name of the checkpoint's files."""

    series: dict[str, dict[str, list[CheckpointFile]]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    folders: int = 0


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
    embeddings, gaps = projector.read_embeddings(folder, label, left)
    checkpoints, more = _read_checkpoints(folder, label, left)
    return replace(
        run,
        checkpoints=checkpoints,
        embeddings=embeddings + projector.logged_embeddings(run),
        gaps=(*run.gaps, *dict.fromkeys([*gaps, *more])),
    )


def _read_checkpoints(
    folder: str, name: str, budget: Budget
) -> tuple[tuple[Checkpoint, ...], list[Gap]]:
    """The checkpoints of the run in ``folder``, by step and name."""
    found = _Found()
    _look(folder, folder, name, 0, found)
    checkpoints: list[Checkpoint] = []
    gaps = found.gaps
    for file, wanted in _in_turn(found):
        if not wanted:
            checkpoints.append(Checkpoint(file.name, "", file.size, file.step, read=False))
            continue
        try:
            checkpoint, problems = read_checkpoint(file, budget)
        except _SURPRISES as error:
            reason = f"can't be read: {type(error).__name__}"
            checkpoint = Checkpoint(file.name, "", file.size, file.step)
            problems = [Gap(GapKind.MALFORMED, file.name, reason)]
        if not _is_other_zip(file.name, problems):
            checkpoints.append(checkpoint)
            gaps += problems
    checkpoints.sort(
        key=lambda each: (-1 if each.step is None else each.step, natural_key(each.name))
    )
    return tuple(checkpoints), gaps


def _is_other_zip(name: str, problems: Sequence[Gap]) -> bool:
    """Whether a file is a zip archive that has nothing to do with training."""
    unknown = any(gap.kind is GapKind.UNKNOWN for gap in problems)
    return unknown and name.endswith(".zip")


def _look(folder: str, tree: str, name: str, depth: int, found: _Found) -> None:
    """Note the checkpoints in ``folder`` and in the folders of checkpoints below it."""
    found.folders += 1
    if found.folders > MAX_FOLDERS:
        if found.folders == MAX_FOLDERS + 1:
            reason = (
                f"more than {MAX_FOLDERS} folders of checkpoints: the others are not looked into"
            )
            found.gaps.append(Gap(GapKind.LIMIT, name or ".", reason))
        return
    try:
        with os.scandir(folder) as listing:
            entries = sorted(
                _first(listing, MAX_ENTRIES), key=lambda entry: natural_key(entry.name)
            )
    except OSError:
        return  # the walk over the log directory has said so
    if depth and any("tfevents" in entry.name for entry in entries):
        return  # a run of its own
    names = {entry.name for entry in entries}
    for entry in entries:
        inner = f"{name}/{entry.name}" if name else entry.name
        if _is_folder(entry):
            if depth < MAX_DEPTH and _FOLDER.match(entry.name):
                if is_inside(tree, entry.path):
                    _look(entry.path, tree, inner, depth + 1, found)
                else:
                    reason = "leads out of the directory of its run: not looked into"
                    found.gaps.append(Gap(GapKind.REFUSED, inner, reason))
        elif _is_checkpoint(entry.name, names, telling=depth > 0):
            _note(entry, inner, tree, entries, found)


def _first(listing: Iterator[os.DirEntry[str]], count: int) -> Iterator[os.DirEntry[str]]:
    for _, entry in zip(range(count), listing, strict=False):
        yield entry


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _is_checkpoint(name: str, names: set[str], *, telling: bool) -> bool:
    """Whether a file is a checkpoint by its name, or, if ``telling``, by that of its folder."""
    if not _SUFFIX.search(name) or name.startswith("."):
        return False
    if re.search(r"\.ckpt-\d+$", name):
        return f"{name}.index" not in names
    if name.endswith(".index") and f"{name[:-6]}.data-00000-of-00001" in names:
        return True
    return telling or not _DOUBTFUL.search(name) or bool(_TELLING.search(name))


def _note(
    entry: os.DirEntry[str],
    name: str,
    tree: str,
    entries: Sequence[os.DirEntry[str]],
    found: _Found,
) -> None:
    stem = _SUFFIX.sub("", entry.name) if ".ckpt-" not in entry.name else entry.name
    stem = stem.removesuffix(".weights").removesuffix(".index")
    parts = [entry]
    if entry.name.endswith(".index"):
        shards = f"{entry.name[:-6]}.data-"
        parts += [other for other in entries if other.name.startswith(shards)]
    folder = os.path.basename(os.path.dirname(entry.path))
    step = step_of(stem) if name.count("/") == 0 else step_of(stem, folder)
    file = CheckpointFile(entry.path, name, tree, sum(map(_size, parts)), step)
    whole = _PART.sub("", name)
    series = re.sub(r"\d+", "0", whole)
    found.series.setdefault(series, {}).setdefault(whole, []).append(file)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _in_turn(found: _Found) -> Iterator[tuple[CheckpointFile, bool]]:
    """Every checkpoint and whether it is to be read; the last of each series first."""
    ordered = [
        sorted(series.values(), key=lambda files: (files[0].step or 0, natural_key(files[0].name)))
        for series in found.series.values()
    ]
    firsts = [series[0] for series in ordered if len(series) > 1]
    chosen = [*(series[-1] for series in ordered), *firsts]
    listed = [*chosen[MAX_READ:], *(files for series in ordered for files in series[1:-1])]
    for files in chosen[:MAX_READ]:
        yield from ((file, True) for file in files)
    for files in listed:
        yield from ((file, False) for file in files)
