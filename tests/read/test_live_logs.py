"""Logs that change while they are read: what was whole is read, and nothing is made up."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tbreport.errors import InputError
from tbreport.model import GapKind
from tbreport.read import logdir
from tbreport.read.logdir import read_logs
from tests.writer import NAME, event, frame, scalar, write, write_bytes

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOTS = 60
RECORDS = [frame(event(step, scalar("loss", step / 2))) for step in range(20_000)]


def test_a_writer_that_tears_records_anywhere_costs_nothing_that_was_written(tmp_path):
    path = write_bytes(tmp_path / "run", RECORDS[0])
    ends = [0]
    for record in RECORDS:
        ends.append(ends[-1] + len(record))
    data, written, done = b"".join(RECORDS), [ends[1]], threading.Event()

    def tear():
        draw = random.Random(0)
        with path.open("ab", buffering=0) as file:
            while written[0] < len(data) and not done.is_set():
                size = draw.randrange(1, 3000)
                written[0] += file.write(data[written[0] : written[0] + size])
                time.sleep(0.0005)

    writer = threading.Thread(target=tear)
    writer.start()
    try:
        for _ in range(SNAPSHOTS):
            least = written[0]
            (run,) = read_logs(tmp_path).runs
            loss = run.scalars["loss"]
            assert len(loss) >= sum(end <= least for end in ends[1:])
            assert loss.values.tolist() == [step / 2 for step in range(len(loss))]
            assert {gap.kind for gap in run.gaps} <= {GapKind.PARTIAL_TAIL}
    finally:
        done.set()
        writer.join()


def test_a_file_that_is_written_anew_gives_points_of_the_old_or_the_new_one(tmp_path):
    path = write_bytes(tmp_path / "run", b"".join(RECORDS[:3000]))
    other = [frame(event(step, scalar("loss", -1.0 - step))) for step in range(3000)]
    done = threading.Event()

    def rewrite():
        while not done.is_set():
            path.write_bytes(b"".join(other))  # cut to nothing and filled again
            path.with_name("new").write_bytes(b"".join(RECORDS[:3000]))
            os.replace(path.with_name("new"), path)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        for _ in range(SNAPSHOTS):
            (run,) = read_logs(tmp_path).runs
            for one in run.scalars.values():
                for step, value in zip(one.steps.tolist(), one.values.tolist(), strict=True):
                    assert value in (step / 2, -1.0 - step)
    finally:
        done.set()
        writer.join()


def test_directories_that_vanish_cost_their_runs_only(tmp_path):
    for number in range(300):
        write(tmp_path / f"run{number}", event(0, scalar("loss", number)))
    vanishing = threading.Thread(
        target=lambda: [shutil.rmtree(tmp_path / f"run{number}") for number in range(0, 300, 2)]
    )
    vanishing.start()
    logs = read_logs(tmp_path)
    vanishing.join()
    assert {run.name for run in logs.runs} >= {f"run{number}" for number in range(1, 300, 2)}
    for run in logs.runs:
        if run.scalars:
            assert run.scalars["loss"].values.tolist() == [float(run.name[3:])]
        else:
            assert [gap.kind for gap in run.gaps] == [GapKind.UNREADABLE]
    assert {gap.kind for gap in logs.gaps} <= {GapKind.UNREADABLE}


def test_all_of_it_may_vanish_between_the_walk_and_the_reading(tmp_path, monkeypatch):
    write(tmp_path / "run", event(0, scalar("loss", 1.0)))
    found = logdir._discover

    def then_gone(*arguments):
        result = found(*arguments)
        shutil.rmtree(tmp_path / "run")
        return result

    monkeypatch.setattr(logdir, "_discover", then_gone)
    (run,) = read_logs(tmp_path).runs
    assert [gap.kind for gap in run.gaps] == [GapKind.UNREADABLE]
    monkeypatch.undo()
    with pytest.raises(InputError):
        read_logs(tmp_path)


KILLER = """
import os, signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from tbreport.read import runs
from tbreport.read.logdir import read_logs

build = runs.build_run
def killing(collector, name, supersede=True):
    if name == "run3":
        os.kill(os.getpid(), signal.SIGKILL)
    return build(collector, name, supersede)
runs.build_run = killing
runs._MANY = 2
with ProcessPoolExecutor(2, get_context("fork")) as executor:
    logs = read_logs("logs", executor=executor)
for run in logs.runs:
    print(run.name, len(run.scalars), [(gap.kind.value, gap.file) for gap in run.gaps])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_a_run_that_kills_its_reader_is_lost_alone(tmp_path):
    for number in range(8):
        write(tmp_path / "logs" / f"run{number}", event(0, scalar("loss", 1.0)))
    done = subprocess.run(
        [sys.executable, "-c", KILLER],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    lines = done.stdout.splitlines()
    lost = f"[('unreadable', 'run3/{NAME}')]"
    expected = [f"run{n} {0 if n == 3 else 1} {lost if n == 3 else '[]'}" for n in range(8)]
    assert lines == expected, done.stderr
