"""Reading runs: the files of each, one after the other, into one value of the model."""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tbreport.limits import DEFAULT, Limits
from tbreport.model import Gap, GapKind, Run
from tbreport.read.collect import Collector
from tbreport.read.files import BLOCK, FileReader
from tbreport.read.series import build_run

MEDIA_STEPS = 12  # images, sounds and meshes are kept for about this many steps of a tag
_MANY = 64  # runs in a batch


@dataclass(frozen=True)
class Choices:
    """How runs are to be read, as ``read_logs`` says; ``runs`` is how many are read in all."""

    tags: str = ""
    supersede: bool = True
    media_steps: int = MEDIA_STEPS
    runs: int = 1
    plain: bool = False
    limits: Limits = DEFAULT


@dataclass(frozen=True)
class RunJob:
    """What it takes to read one run in another process.

    ``files`` are (path, name relative to the log directory) in order of the names; ``beside`` says
    whether there may be more than event files in their directory.
    """

    name: str
    files: tuple[tuple[str, str], ...]
    choices: Choices = Choices()
    beside: bool = True


def is_event_file(name: str) -> bool:
    """TensorBoard's test (``io_wrapper.IsSummaryEventsFile``)."""
    return "tfevents" in name and not name.endswith(".profile-empty")


def read_runs(jobs: Iterable[RunJob]) -> Iterator[Run]:
    """Read runs in order; a file that can't be read is a gap, never an error.

    Small files of several runs are read together, so that many runs at once are quicker than each
    alone.
    """
    reader = FileReader()
    begun: deque[tuple[RunJob, Collector]] = deque()
    for job in jobs:
        choices = job.choices
        collector = Collector(choices.tags, choices.media_steps, choices.limits)
        begun.append((job, collector))
        files = sorted((name, path) for path, name in job.files if is_event_file(name))
        sole = len(files) == 1 and not choices.tags
        for name, path in files:
            reader.read(collector, path, name, plain=choices.plain, sole=sole)
        while begun and begun[0][1] is not reader.waiting:
            yield _built(*begun.popleft())
    reader.flush()
    for job, collector in begun:
        yield _built(job, collector)


def read_run(job: RunJob) -> Run:
    """Read the files of one run."""
    return next(read_runs([job]))


def read_batch(jobs: tuple[RunJob, ...]) -> list[Run]:
    """Read some runs, as one task of an executor."""
    with no_garbage():
        return list(read_runs(jobs))


def read_apart(job: RunJob) -> Run:
    """Read one run in a process of its own; what is left of it where that is killed."""
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor  # long to import

    with ProcessPoolExecutor(1) as worker:
        try:
            return worker.submit(read_run, job).result()
        except BrokenExecutor:
            return _lost(job)


def _lost(job: RunJob) -> Run:
    """What is left of a run whose reader was killed: its name, and why there is nothing else."""
    reason = "its reader was killed, for want of memory perhaps: nothing of the run could be read"
    place = job.files[0][1] if len(job.files) == 1 else job.name
    return Run(job.name, gaps=(Gap(GapKind.UNREADABLE, place, reason),))


@contextmanager
def no_garbage() -> Iterator[None]:
    """Leave the garbage collector off meanwhile.

    Reading makes many objects and no cycles of them; with a thousand runs, looking for cycles all
    the same takes an eighth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def batches(jobs: Sequence[RunJob]) -> list[tuple[RunJob, ...]]:
    """The jobs in order, parted so that one that reads a batch has enough to do."""
    found: list[tuple[RunJob, ...]] = []
    batch: list[RunJob] = []
    size = 0
    for job in jobs:
        batch.append(job)
        size += sum(_size(path) for path, _ in job.files)
        if size >= BLOCK or len(batch) == _MANY:
            found.append(tuple(batch))
            batch, size = [], 0
    return [*found, tuple(batch)] if batch else found


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _built(job: RunJob, collector: Collector) -> Run:
    """The run, with what stands beside its event files."""
    run = build_run(collector, job.name, job.choices.supersede)
    if not job.beside and not run.tensors:
        return run
    # These take longer to import than a small log to read.
    from tbreport.read.beside import share_of_budget, with_neighbours
    from tbreport.read.settings import read_settings

    if run.hparams is None and job.files:
        path, name = job.files[0]
        hparams, gaps = read_settings(Path(path).parent, name.rpartition("/")[0])
        run = replace(run, hparams=hparams, gaps=(*run.gaps, *gaps))
    return with_neighbours(run, job.files, share_of_budget(job.choices.runs))
