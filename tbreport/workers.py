"""Forked processes that do tasks: the first gets ready while nothing is to be done yet."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any, BinaryIO, ParamSpec, TypeVar

BACKLOG = 4  # tasks that wait: with more, another process pays for its start

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_ENDS = {signal.SIGINT, signal.SIGTERM}

P = ParamSpec("P")
T = TypeVar("T")
Ready = Callable[[], object]
_Task = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Workers(Executor):
    """An executor of at most ``most`` forked processes, the first of them forked at once.

    Each calls ``ready``, which imports what tasks need, before it waits for its first task.
    ``ProcessPoolExecutor`` forks all it may have with the first task, and takes 25 ms to import
    before it can. Here another process follows when tasks pile up, and one that died is replaced.
    A task whose process dies ends in BrokenExecutor; the others do not. ``most`` may be changed
    while the first process is the only one.
    """

    def __init__(self, most: int, ready: Ready) -> None:
        self.most = most
        self._ready = ready
        self._waiting: deque[_Task] = deque()
        self._change = threading.Condition()
        self._workers: list[_Worker] = []
        self._alive = 0
        self._ended = False
        self._grow()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have ``fn`` called in a process; it, its arguments and its result are pickled."""
        future: Future[T] = Future()
        with self._change:
            self._waiting.append((future, fn, args, kwargs))
            self._change.notify()
            crowded = len(self._waiting) > BACKLOG and self._alive < self.most
        if crowded or not self._alive:
            self._grow()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Kill the processes and cancel what waits: who wanted a result has it by now."""
        with self._change:
            self._ended = True
            while self._waiting:
                self._waiting.popleft()[0].cancel()
            self._change.notify_all()
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def _grow(self) -> None:
        """Fork another process; where that can't be, those that there are do the work."""
        try:
            worker = _Worker(self._ready)
        except OSError as error:
            self._lose(error, 0)
            return
        with self._change:
            self._alive += 1
        self._workers.append(worker)
        worker.attend(self._next, self._lose)

    def _next(self) -> _Task | None:
        """The next task that nobody cancelled, or None at the end."""
        with self._change:
            while True:
                self._change.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return None
                task = self._waiting.popleft()
                if task[0].set_running_or_notify_cancel():
                    return task

    def _lose(self, why: Exception, count: int = 1) -> None:
        """Do without a worker; after the last one nothing that waits would ever end."""
        with self._change:
            self._alive -= count
            while self._waiting and not self._alive:
                future = self._waiting.popleft()[0]
                if future.set_running_or_notify_cancel():
                    future.set_exception(BrokenExecutor(str(why)))


class _Worker:
    """A forked process, pipes to and from it, and a thread that waits for its answers."""

    def __init__(self, ready: Ready) -> None:
        tasks, self._tasks = _pipe()
        self._answers, answers = _pipe()
        ours, its = (self._tasks, self._answers), (tasks, answers)
        try:
            self._process = _fork(lambda: _serve(*its, ready), ours)
        except OSError:
            _close(ours)
            raise
        finally:
            _close(its)

    def attend(
        self, following: Callable[[], _Task | None], lose: Callable[[Exception], None]
    ) -> None:
        """Hand over one task after the other, in a thread, until none follows or it dies."""

        def run() -> None:
            while (task := following()) is not None:
                future, *call = task
                try:
                    future.set_result(self._answer(call))
                except BrokenExecutor as error:
                    lose(error)
                    future.set_exception(error)
                    return
                except Exception as error:
                    future.set_exception(error)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Kill the process, whatever it is at, and leave nothing of it."""
        os.kill(self._process, signal.SIGKILL)
        self._thread.join()
        os.waitpid(self._process, 0)
        _close((self._tasks, self._answers))

    def _answer(self, call: list[Any]) -> Any:
        """What the call gives or raises in the process; BrokenExecutor where it died."""
        data = pickle.dumps(call, pickle.HIGHEST_PROTOCOL)
        try:
            self._tasks.write(data)
            self._tasks.flush()
            raised, answer = pickle.load(self._answers)
        except Exception as error:
            raise BrokenExecutor(f"a worker process died: {error}") from error
        if raised:
            raise answer
        return answer


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    """The end to read from and the end to write to."""
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")


def _close(pipes: Iterable[BinaryIO]) -> None:
    for pipe in pipes:
        with contextlib.suppress(OSError):  # half a task may be left in it
            pipe.close()


def _fork(work: Callable[[], None], parents: Iterable[BinaryIO]) -> int:
    """The id of a new process that works and ends, without the pipes of its parent."""
    with _interrupts_held(), warnings.catch_warnings():
        # Python 3.12 warns of any thread at a fork: those there are, of BLAS and of other workers,
        # hold no lock that a worker takes.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
        if process == 0:
            try:
                _close(parents)
                work()
            finally:
                os._exit(0)
    return process


_serving = False


def in_worker() -> bool:
    """Whether this process does tasks for another, which has the processors to share out."""
    import multiprocessing

    return _serving or multiprocessing.parent_process() is not None


def _serve(tasks: BinaryIO, answers: BinaryIO, ready: Ready) -> None:
    """In a worker: do what is asked until nobody asks any more."""
    global _serving
    _serving = True
    _follow_parent()
    gc.disable()
    with contextlib.suppress(Exception):  # what is wrong shows at the first task, which bears it
        ready()
    gc.freeze()
    gc.enable()
    while True:
        try:
            fn, args, kwargs = pickle.load(tasks)
        except EOFError:
            return
        answers.write(_called(fn, args, kwargs))
        answers.flush()


def _called(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """What to send back: whether it raised, and what it gave or raised."""
    try:
        return pickle.dumps((False, fn(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps((True, error), pickle.HIGHEST_PROTOCOL)


def _follow_parent() -> None:
    """In a worker: leave interrupts to the parent, and end with it however it ends.

    A worker whose parent was killed would wait for tasks for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let what ends us wait meanwhile: Python forgets it when it comes while forking."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def workers(jobs: int, ready: Ready) -> Iterator[Workers | None]:
    """``jobs`` processes, 0 for one for each processor; None for one job, which needs none.

    There are none either where a process can't be forked or where other Python threads, which
    might hold a lock, are running.
    """
    jobs = jobs or _processors()
    if jobs < 2 or sys.platform != "linux" or threading.active_count() > 1:
        yield None
        return
    with Workers(jobs, ready) as executor:
        yield executor


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
