"""Hard ends: killed, interrupted, no room on the disk, a reader that goes away, no rights."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import names, two_runs
from tests.writer import event, image, png, scalar, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses what only Linux has")

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "tbreport"]
KILLS = 5
# linux/prctl.h, linux/capability.h
_CAPBSET_DROP, _DAC_OVERRIDE, _DAC_READ_SEARCH = 24, 1, 2


@pytest.fixture
def folder(tmp_path):
    """A folder with logs/ and an old report."""
    two_runs(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").write_text("old")
    return tmp_path


def start(folder, *arguments, out="out/report.html", **more):
    command = [*COMMAND, str(folder / "logs"), "-o", out, *arguments]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(command, cwd=folder, env=environment, **{**pipes, **more})


def ended(process):
    """The exit code and what was said."""
    _, said = process.communicate(timeout=60)
    return process.returncode, said.decode().splitlines()


def check_refused(folder, process, message):
    """It failed in one line, and the old report stands alone as it was."""
    code, said = ended(process)
    assert code == 3
    assert len(said) == 1 or said[:-1] == [
        line for line in said if line.startswith(("read", "drew"))
    ]
    assert said[-1].startswith("tbreport: ") and message in said[-1]
    assert (folder / "out/report.html").read_text() == "old"
    assert names(folder / "out") == ["report.html"]


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_file_that_may_not_grow_leaves_the_old_report(folder):
    process = start(folder, preexec_fn=small_files)
    check_refused(folder, process, os.strerror(errno.EFBIG))


def test_a_full_disk_leaves_the_old_report(folder):
    out = folder / "out"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", out], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("can't mount a small disk here")
    try:
        (out / "report.html").write_text("old")
        check_refused(folder, start(folder), os.strerror(errno.ENOSPC))
    finally:
        subprocess.run(["umount", out], check=True)


def drop_rights():
    """Have no more rights than anybody else, also as root, but for one's own files."""
    for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(_CAPBSET_DROP, capability)


def test_a_folder_without_rights_leaves_the_old_report(folder):
    (folder / "out").chmod(0o555)
    check_refused(folder, start(folder, preexec_fn=drop_rights), os.strerror(errno.EACCES))


def test_a_file_and_a_folder_without_rights_are_gaps(folder):
    write(folder / "logs" / "hidden", event(0, scalar("loss", 1.0))).chmod(0)
    closed = write(folder / "logs" / "closed", event(0, scalar("loss", 1.0))).parent
    closed.chmod(0)
    code, said = ended(start(folder, preexec_fn=drop_rights))
    closed.chmod(0o755)
    assert code == 0
    assert "3 runs" in said[-1] and said[-1].endswith("2 gaps")
    assert (folder / "out/report.html").read_text("utf-8").count("Permission denied") == 2


def test_a_killed_command_tears_nothing_and_leaves_nothing_for_good(folder):
    assert ended(start(folder))[0] == 0
    whole = (folder / "out/report.html").read_bytes()
    begun = time.monotonic()
    assert ended(start(folder))[0] == 0
    duration = time.monotonic() - begun
    draw = random.Random(0)
    for _ in range(KILLS):
        with start(folder) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(duration * draw.uniform(0.6, 1.05))
            process.kill()
        assert (folder / "out/report.html").read_bytes() == whole
    assert ended(start(folder))[0] == 0
    assert names(folder / "out") == ["report.html"]


def workers_of(process):
    """The processes that ``process`` started and that run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group = path.read_text().rpartition(")")[2].split()[:3]
            if int(group) == process.pid and state != "Z" and path.parent.name != str(process.pid):
                found.append(int(path.parent.name))
    return found


@pytest.fixture
def drawing(folder):
    """A command that draws on two workers, and would for seconds more: the images are large."""
    picture = png(2500, 2500)
    for step in range(40):
        steps = [event(i, image(f"im{step}", picture)) for i in range(6)]
        write(folder / "logs" / f"run{step}", *steps)
    process = start(folder, "--jobs", "2", start_new_session=True)
    patience = time.monotonic() + 30
    while len(workers_of(process)) < 2 and process.poll() is None and time.monotonic() < patience:
        time.sleep(0.02)
    time.sleep(0.3)
    assert process.poll() is None
    yield process
    process.kill()
    process.communicate()


def test_an_interrupt_ends_everything_and_leaves_nothing(folder, drawing):
    os.killpg(drawing.pid, signal.SIGINT)
    code, said = ended(drawing)
    assert code == 130, said
    assert said[-1] == "tbreport: interrupted, no report was written"
    assert not [line for line in said if "Traceback" in line], said
    assert names(folder / "out") == ["report.html"]
    assert (folder / "out/report.html").read_text() == "old"


def test_being_told_to_end_leaves_nothing(folder, drawing):
    drawing.send_signal(signal.SIGTERM)
    code, said = ended(drawing)
    assert code == 143, said
    assert not any("Traceback" in line for line in said)
    assert names(folder / "out") == ["report.html"]
    assert workers_of(drawing) == []


def test_workers_end_with_the_command_that_was_killed(drawing):
    drawing.kill()
    drawing.wait()
    patience = time.monotonic() + 10
    while workers_of(drawing) and time.monotonic() < patience:
        time.sleep(0.02)
    assert workers_of(drawing) == []


def test_workers_that_are_killed_cost_at_most_their_charts(folder, drawing):
    for worker in workers_of(drawing):
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    code, said = ended(drawing)
    assert code in (0, 3)
    assert "report.html: " in said[-1]
    assert "</html>" in (folder / "out/report.html").read_text("utf-8")
