"""Charts to pictures, on any executor: same bytes, whichever draws them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass

from tbreport.charts import BadData, Chart
from tbreport.faults import Fault
from tbreport.workers import Workers, workers

WORTH_WORKERS = 30  # charts: fewer are drawn sooner than workers are started
TOGETHER = 8  # charts a task: of fewer, asking for them and handing them over shows


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


def import_charts() -> None:
    """Import what draws most charts, which takes longer than drawing a few."""
    from tbreport.charts import agg, lines, spark  # noqa: F401

    agg.identity()
    agg.new_renderer(1, 1)


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


def draw_all(charts: Sequence[Chart]) -> list[Picture]:
    """Draw charts one after the other, as one task of an executor."""
    return [draw_one(chart) for chart in charts]


class Artist:
    """Has charts drawn while more of them are thought of.

    With an ``executor`` they are handed to it as soon as they are begun. Without one they are drawn
    here, or where they are many on ``jobs`` processes of its own, 0 for one for each processor. A
    worker process that dies costs the chart that killed it, not the others.
    """

    def __init__(self, executor: Executor | None = None, jobs: int = 1) -> None:
        self._executor = executor
        self._jobs = jobs
        self._own = contextlib.ExitStack()
        self._begun: dict[int, Chart] = {}  # with their charts, so that no id comes twice
        self._here: list[Chart] = []
        self._tasks: list[tuple[list[Chart], Future[list[Picture]]]] = []
        self.pictures: dict[int, Picture] = {}  # all that was drawn, keyed by ``id(chart)``

    def __enter__(self) -> Artist:
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()

    def begin(self, charts: Iterable[Chart]) -> None:
        """Begin with charts; one that was begun before is drawn once."""
        for chart in charts:
            if id(chart) not in self._begun:
                self._begun[id(chart)] = chart
                self._here.append(chart)
        if self._executor is None and self._jobs != 1 and len(self._here) > WORTH_WORKERS:
            self._executor = self._own.enter_context(workers(self._jobs, import_charts))
            self._jobs = 1
        if self._executor is not None:
            for start in range(0, len(self._here), TOGETHER):
                self._hand_over(self._here[start : start + TOGETHER], self._executor)
            self._here = []

    def finish(self, progress: Progress | None = None) -> dict[int, Picture]:
        """The pictures of the charts begun since the last time, keyed by ``id(chart)``.

        ``progress`` is called with (pictures drawn, pictures to draw).
        """
        charts = [chart for task, _ in self._tasks for chart in task] + self._here
        pictures: dict[int, Picture] = {}
        for chart, picture in zip(charts, self._drawn(), strict=True):
            pictures[id(chart)] = picture
            if progress is not None:
                progress(len(pictures), len(charts))
        self._tasks, self._here = [], []
        self.pictures |= pictures
        return pictures

    def _hand_over(self, charts: list[Chart], executor: Executor) -> None:
        try:
            task = executor.submit(draw_all, charts)
        except Exception as error:  # a pool that a chart broke, a cluster that went away
            task = Future()
            task.set_exception(error)
        self._tasks.append((charts, task))

    def _drawn(self) -> Iterator[Picture]:
        """One picture for each chart, in order, whatever becomes of the executor."""
        for charts, task in self._tasks:
            try:
                yield from task.result()
            except BrokenExecutor:
                yield from _one_by_one(charts)
            except Exception:  # a chart that doesn't pickle, a cluster that went away
                yield from map(draw_one, charts)
        yield from map(draw_one, self._here)


def render(
    charts: Sequence[Chart],
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> dict[int, Picture]:
    """The pictures of all charts, keyed by ``id(chart)``: charts hold arrays and need no hash."""
    with Artist(executor) as artist:
        artist.begin(charts)
        return artist.finish(progress)


def _one_by_one(charts: list[Chart]) -> Iterator[Picture]:
    """Each chart alone in a worker, so that one that kills its worker is known by it."""
    import_charts()  # once, for each worker that is forked
    waiting = iter(charts)
    left = len(charts)
    while left:
        with _worker() as worker:
            for chart in waiting:
                picture = _apart(chart, worker)
                left -= 1
                yield picture
                if picture.fault is not None:
                    break


def _worker() -> Executor:
    if sys.platform == "linux":
        return Workers(1, import_charts)
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(1)


def _apart(chart: Chart, worker: Executor) -> Picture:
    try:
        return worker.submit(draw_one, chart).result()
    except BrokenExecutor as error:
        return Picture(chart.alt, fault=Fault.of(f"chart {type(chart).__name__}", error))
    except Exception:  # it did not reach the worker, so drawing it here is no danger
        return draw_one(chart)
