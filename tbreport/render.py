"""Charts to pictures, on any executor: same bytes, whichever draws them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from dataclasses import dataclass

from tbreport.charts import BadData, Chart
from tbreport.faults import Fault

WORTH_A_POOL = 30  # charts: fewer are drawn sooner than workers are started
CHUNKS_A_WORKER = 8  # so that workers end at about the same time
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
CHUNK_ELSEWHERE = 4  # charts sent at a time to an executor whose size isn't known


@dataclass(frozen=True)
class Picture:
    """A drawn chart, or why there is none.

    ``png`` is empty where there is a ``problem`` (the data is ill: one sentence for the reader) or
    a ``fault`` (tbreport is). ``width`` and ``height`` are CSS pixels; ``pixelated`` pictures are
    to be enlarged by nearest neighbour; ``note`` is a quiet remark for the caption; ``frame`` is
    where the axes are (left, top, right, bottom).
    """

    alt: str
    png: bytes = b""
    width: int = 0
    height: int = 0
    pixelated: bool = False
    note: str = ""
    frame: tuple[float, float, float, float] | None = None
    problem: str = ""
    fault: Fault | None = None


Progress = Callable[[int, int], None]


def draw_one(chart: Chart) -> Picture:
    """Draw one chart. Never raises: trouble is in the picture."""
    alt = ""
    try:
        alt = chart.alt
        drawing = chart.draw()
        return Picture(alt, *drawing)
    except BadData as error:
        return Picture(alt, problem=str(error))
    except Exception as error:
        return Picture(alt, fault=Fault.of(f"chart {type(chart).__name__}", error))


def render(
    charts: Sequence[Chart],
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> dict[int, Picture]:
    """The pictures of all charts, keyed by ``id(chart)``: charts hold arrays and need no hash.

    A chart that occurs twice is drawn once. Without an executor they are drawn here, one after the
    other. ``progress`` is called with (pictures drawn, pictures to draw). A worker process that
    dies costs the chart that killed it, not the others.
    """
    unique = list({id(chart): chart for chart in charts}.values())
    pictures: dict[int, Picture] = {}
    for chart, picture in zip(unique, _drawn(unique, executor), strict=True):
        pictures[id(chart)] = picture
        if progress is not None:
            progress(len(pictures), len(unique))
    return pictures


def _drawn(charts: list[Chart], executor: Executor | None) -> Iterator[Picture]:
    """One picture for each chart, in order, whatever becomes of the executor."""
    if executor is None:
        yield from map(draw_one, charts)
        return
    done = 0
    died = False
    try:
        for picture in executor.map(draw_one, charts, chunksize=_chunk(executor, len(charts))):
            yield picture
            done += 1
    except BrokenExecutor:
        died = True
    except Exception:  # a chart that doesn't pickle, a cluster that went away: draw the rest here
        died = False
    rest = charts[done:]
    yield from _one_by_one(rest) if died else map(draw_one, rest)


def _one_by_one(charts: list[Chart]) -> Iterator[Picture]:
    """Each chart alone in a worker, so that one that kills its worker is known by it."""
    waiting = iter(charts)
    left = len(charts)
    while left:
        with _workers(1) as worker:
            for chart in waiting:
                picture = _apart(chart, worker)
                left -= 1
                yield picture
                if picture.fault is not None:
                    break


def _apart(chart: Chart, worker: Executor) -> Picture:
    try:
        return worker.submit(draw_one, chart).result()
    except BrokenExecutor as error:
        return Picture(chart.alt, fault=Fault.of(f"chart {type(chart).__name__}", error))
    except Exception:  # it did not reach the worker, so drawing it here is no danger
        return draw_one(chart)


def _chunk(executor: Executor, count: int) -> int:
    workers = getattr(executor, "_max_workers", None)
    if not isinstance(workers, int) or workers < 1:
        return CHUNK_ELSEWHERE
    return max(1, count // (workers * CHUNKS_A_WORKER))


@contextlib.contextmanager
def pool(jobs: int, charts: int) -> Iterator[Executor | None]:
    """Worker processes for this many charts, or None where drawing them here is quicker.

    ``jobs`` is the number of processes, 0 for one for each processor. Workers are forked, which
    hands them everything imported so far at no cost; so there are none where a process can't be
    forked or where other Python threads, which might hold a lock, are running.
    """
    jobs = min(jobs or _processors(), charts)
    if jobs < 2 or charts <= WORTH_A_POOL or not _can_fork():
        yield None
        return
    _import_charts()
    with _workers(jobs) as workers:
        yield workers


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _can_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


def _import_charts() -> None:
    """Import what every worker needs before they are forked."""
    from tbreport.charts import agg

    agg.identity()
    agg.new_renderer(1, 1)


def _follow_parent() -> None:
    """In a worker: end without a word when interrupted, and with the parent however it ends.

    A worker whose parent was killed would wait for charts for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def _workers(count: int) -> Iterator[ProcessPoolExecutor]:
    method = "fork" if sys.platform == "linux" else None
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(count, context, initializer=_follow_parent) as workers:
        with warnings.catch_warnings():
            # Python 3.12 warns of any thread at a fork: those left are BLAS's and the pool's own,
            # which hold no lock of ours. Workers start with the first call, so it is made here.
            warnings.simplefilter("ignore", DeprecationWarning)
            started = workers.submit(_import_charts)
        with contextlib.suppress(BrokenExecutor):  # it shows at the first chart, which bears it
            started.result()
        yield workers
