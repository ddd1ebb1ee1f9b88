"""The processes that charts are drawn on: what they answer, how they grow, die and end."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor

import pytest

from tbreport.workers import BACKLOG, Workers, in_worker, workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")


READY = int  # anything that can be called


def where():
    time.sleep(0.01)
    return os.getpid()


def broken():
    raise ZeroDivisionError("no side")


def unwilling():
    return threading.Lock()


def die():
    os._exit(1)


def gone(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_results_and_what_was_raised_come_back():
    with Workers(1, READY) as executor:
        assert executor.submit(sorted, [3, 1, 2], reverse=True).result() == [3, 2, 1]
        with pytest.raises(ZeroDivisionError, match="no side"):
            executor.submit(broken).result()
        with pytest.raises(TypeError, match="pickle"):
            executor.submit(unwilling).result()
        with pytest.raises((TypeError, AttributeError), match="pickle"):
            executor.submit(lambda: 0).result()
        assert executor.submit(len, b"x" * 10_000_000).result() == 10_000_000
        assert len(executor.submit(bytes, 10_000_000).result()) == 10_000_000


def test_a_process_is_ready_before_its_first_task():
    with Workers(1, lambda: os.environ.update(READY="yes")) as executor:
        assert executor.submit(os.getenv, "READY").result() == "yes"
    with Workers(1, broken) as executor:
        assert executor.submit(len, "four").result() == 4


def test_one_process_does_what_is_little_and_more_what_is_much():
    with Workers(3, READY) as executor:
        assert len({executor.submit(where).result() for _ in range(10)}) == 1
        busy = {one.result() for one in [executor.submit(where) for _ in range(20 * BACKLOG)]}
    assert len(busy) == 3
    assert os.getpid() not in busy
    assert all(map(gone, busy))


def test_a_process_that_dies_costs_its_task_and_is_replaced():
    with Workers(1, READY) as executor:
        first = executor.submit(where).result()
        with pytest.raises(BrokenExecutor, match="died"):
            executor.submit(die).result()
        assert executor.submit(where).result() not in (first, os.getpid())


def test_tasks_that_wait_for_the_last_process_end_with_it():
    with Workers(1, READY) as executor:
        tasks = [executor.submit(time.sleep, 0.2), executor.submit(die)]
        waiting = [executor.submit(where) for _ in range(2)]
        for task in (tasks[1], *waiting):
            with pytest.raises(BrokenExecutor):
                task.result(timeout=20)


def test_leaving_kills_what_goes_on_and_cancels_what_waits():
    begun = time.monotonic()
    with Workers(1, READY) as executor:
        process = executor.submit(where).result()
        long = executor.submit(time.sleep, 60)
        waiting = executor.submit(where)
        while not long.running():
            time.sleep(0.01)
    assert time.monotonic() - begun < 30
    assert gone(process)
    with pytest.raises(BrokenExecutor):
        long.result()
    with pytest.raises(CancelledError):
        waiting.result()


def test_without_memory_for_a_process_a_task_says_so(monkeypatch):
    def refuse():
        raise OSError("no memory")

    monkeypatch.setattr(os, "fork", refuse)
    with Workers(2, READY) as executor, pytest.raises(BrokenExecutor, match="no memory"):
        executor.submit(where).result()


def test_an_interrupt_is_the_parent_s_and_told_to_end_it_ends():
    with Workers(1, READY) as executor:
        process = executor.submit(where).result()
        os.kill(process, signal.SIGINT)
        assert executor.submit(where).result() == process
        os.kill(process, signal.SIGTERM)
        with pytest.raises(BrokenExecutor):
            executor.submit(time.sleep, 5).result()


def test_a_worker_knows_that_it_is_one():
    assert not in_worker()
    with Workers(1, READY) as executor:
        assert executor.submit(in_worker).result()
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as executor:
        assert executor.submit(in_worker).result()


def test_one_job_needs_no_process():
    with workers(1, READY) as executor:
        assert executor is None
    with workers(2, READY) as executor:
        assert isinstance(executor, Workers)


def test_a_process_with_threads_is_not_forked():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with workers(2, READY) as executor:
            assert executor is None
    finally:
        stop.set()
        thread.join()
