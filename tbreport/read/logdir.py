"""Log directories: which directories are runs, and reading them all, in parallel if wanted."""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tbreport.errors import InputError
from tbreport.limits import DEFAULT, Limits
from tbreport.model import Gap, GapKind, Logs, Run, Trace
from tbreport.names import natural_key, printable
from tbreport.read.runs import (
    MEDIA_STEPS,
    Choices,
    RunJob,
    batches,
    is_event_file,
    no_garbage,
    read_apart,
    read_batch,
    read_run,
    read_runs,
)
from tbreport.read.traces import MOST_TRACES, find_trace

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["MEDIA_STEPS", "Choices", "RunJob", "read_logs", "read_run"]

Progress = Callable[[int, int, int], None]


@dataclass
class _Found:
    """What a walk over the log directories found."""

    runs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    beside: set[str] = field(default_factory=set)  # runs with more in their directory
    gaps: list[Gap] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)


def read_logs(
    paths: str | Path | Sequence[str | Path],
    *,
    executor: Executor | None = None,
    runs: str = "",
    tags: str = "",
    supersede: bool = True,
    media_steps: int = MEDIA_STEPS,
    progress: Progress | None = None,
    plain: bool = False,
    limits: Limits = DEFAULT,
) -> Logs:
    """Read every run under one or several log directories (or single event files).

    A run is a directory that holds an event file or a projector's configuration; its name is its
    path relative to the log directory ("." for that itself), after its own name when several
    are given. ``runs`` and ``tags`` are regular expressions that names must match somewhere;
    ``supersede`` False keeps the points that a restart replaced; ``media_steps`` is how many steps
    of images, sounds and meshes are kept for a tag; any ``executor`` reads runs in parallel;
    ``progress`` is called with (runs read, runs in all, bytes read). ``plain`` reads record by
    record, which takes long, gives the same and is what the quick way is tested against. What
    ``limits`` keep out is a gap.

    Raises InputError when a path does not exist, or nowhere is an event file.
    """
    places = [paths] if isinstance(paths, str | Path) else list(paths)
    found = _discover([Path(place) for place in places], limits)
    if not found.runs:
        shown = ", ".join(printable(str(place)) for place in places)
        raise InputError(
            f"no event files under {shown}: give the directory that your writer logs to, "
            "in which files with 'tfevents' in their names stand"
        )
    names = sorted(found.runs, key=natural_key)
    wanted = [name for name in names if not runs or re.search(runs, name)]
    if not wanted:
        shown = ", ".join(map(printable, names[:5]))
        raise InputError(f"no run matches --runs {runs!r}; there are {len(names)}: {shown} …")
    if len(wanted) > limits.runs:
        reason = f"further runs are not read ({limits.told('runs')})"
        found.gaps.append(Gap(GapKind.LIMIT, ".", reason, count=len(wanted) - limits.runs))
        wanted = wanted[: limits.runs]
    choices = Choices(tags, supersede, media_steps, len(wanted), plain, limits)
    jobs = [
        RunJob(name, tuple(sorted(found.runs[name])), choices, name in found.beside)
        for name in wanted
    ]
    traces = [trace for trace in found.traces if not runs or re.search(runs, trace.run)]
    traces.sort(key=lambda trace: natural_key(trace.name))
    with no_garbage():
        return Logs(tuple(_read_all(jobs, executor, progress)), tuple(found.gaps), tuple(traces))


def _read_all(
    jobs: Sequence[RunJob], executor: Executor | None, progress: Progress | None
) -> Iterator[Run]:
    results = _read_elsewhere(jobs, executor) if executor else read_runs(jobs)
    size = 0
    for count, run in enumerate(results, 1):
        size += sum(file.size for file in run.files)
        if progress:
            progress(count, len(jobs), size)
        yield run


def _read_elsewhere(jobs: Sequence[RunJob], executor: Executor) -> Iterator[Run]:
    """Read the jobs on an executor; a run that kills its worker is lost, the others are not."""
    from concurrent.futures import BrokenExecutor  # long to import

    parts = batches(jobs)
    done = 0
    try:
        for runs in executor.map(read_batch, parts):
            yield from runs
            done += 1
        return
    except BrokenExecutor:
        pass
    for job in itertools.chain.from_iterable(parts[done:]):
        yield read_apart(job)


def _discover(places: Sequence[Path], limits: Limits) -> _Found:
    found = _Found()
    distinct = _distinct(places)
    labels = _labels(distinct)
    for place, label in zip(distinct.values(), labels, strict=True):
        try:
            status = os.stat(place)
        except OSError as error:
            raise InputError(
                f"{printable(str(place))}: {(error.strerror or 'can not be read').lower()}; "
                "give the directory that holds the event files"
            ) from error
        if stat.S_ISDIR(status.st_mode):
            _walk(place, label, found, limits)
        elif is_event_file(place.name):
            name = label or place.resolve().parent.name or "."
            found.runs.setdefault(name, []).append((str(place), place.name))
            found.beside.add(name)
        else:
            raise InputError(
                f"{printable(str(place))}: not an event file (its name has no 'tfevents'); "
                "give the directory that holds the event files"
            )
    return found


def _distinct(places: Sequence[Path]) -> dict[Path, Path]:
    """Each place once, however often and by whatever links it is named: real path -> path."""
    distinct: dict[Path, Path] = {}
    for place in places:
        distinct.setdefault(Path(os.path.realpath(place)), place)
    return distinct


def _labels(real_paths: Collection[Path]) -> list[str]:
    """What run names begin with when there are several log directories: just enough of each."""
    if len(real_paths) < 2:
        return [""] * len(real_paths)
    for length in range(1, max(len(path.parts) for path in real_paths) + 1):
        labels = ["/".join(path.parts[-length:]) for path in real_paths]
        if len(set(labels)) == len(labels):
            break
    return labels


def _walk(root: Path, label: str, found: _Found, limits: Limits) -> None:
    """Note every run under ``root``; links to directories are followed, each directory once.

    Links come last: a directory that is reached both straight and by a link has the name of the
    straight way.
    """
    straight, links = deque([(str(root), "", 0)]), deque[tuple[str, str, int]]()
    seen: set[tuple[int, int]] = set()
    while straight or links:
        path, relative, depth = straight.popleft() if straight else links.popleft()
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            reason = f"directory can't be read: {error.strerror or type(error).__name__}"
            found.gaps.append(Gap(GapKind.UNREADABLE, relative or ".", reason))
            continue
        if depth > limits.nesting:
            reason = f"directories in directories ({limits.told('nesting')})"
            found.gaps.append(Gap(GapKind.LIMIT, relative, reason))
            continue
        for entry in _note_files(entries, str(root), relative, label, found):
            ways = links if entry.is_symlink() else straight
            ways.append((entry.path, _join(relative, entry.name), depth + 1))


def _note_files(
    entries: Sequence[os.DirEntry[str]], tree: str, relative: str, label: str, found: _Found
) -> list[os.DirEntry[str]]:
    """Note the event files and traces among ``entries`` and return the directories."""
    directories = []
    others = []
    for entry in entries:
        try:
            is_directory = entry.is_dir()
        except OSError:  # a loop of links
            is_directory = False
        if is_directory:
            directories.append(entry)
        elif is_event_file(entry.name):
            run = _join(label, relative) or "."
            name = _join(label, _join(relative, entry.name))
            found.runs.setdefault(run, []).append((entry.path, name))
        else:
            others.append(entry)
    if directories or others:
        found.beside.add(_join(label, relative) or ".")
    _note_configs(others, _join(label, relative), found)
    for entry in others:
        _note_trace(find_trace(entry, _join(label, relative), tree), found)
    return directories


def _note_configs(others: Sequence[os.DirEntry[str]], relative: str, found: _Found) -> None:
    """Note the files that make their directory a run though they are no event files."""
    if not others:
        return
    from tbreport.read.beside import run_directory  # takes long to import, and few logs need it

    for entry in others:
        folder = run_directory(_join(relative, entry.name))
        if folder is not None:
            name = _join(relative, entry.name)
            found.runs.setdefault(folder or ".", []).append((entry.path, name))
            found.beside.add(folder or ".")


def _note_trace(trace: Trace | None, found: _Found) -> None:
    if trace is not None and len(found.traces) < MOST_TRACES:
        found.traces.append(trace)
    elif trace is not None:
        reason = f"more than {MOST_TRACES} profiles: the others are not listed"
        gap = Gap(GapKind.LIMIT, ".", reason)
        found.gaps += [] if gap in found.gaps else [gap]


def _join(parent: str, child: str) -> str:
    return f"{parent}/{child}" if parent and child else parent or child
