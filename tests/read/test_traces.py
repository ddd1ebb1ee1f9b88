"""Traces: profiles and debugger dumps are known by name and listed; nothing leads out."""

from __future__ import annotations

import pytest

from tbreport.model import Trace
from tbreport.read import logdir
from tbreport.read.logdir import read_logs
from tests.writer import event, scalar, write


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "logs" / "a", event(0, scalar("loss", 1.0)))
    return tmp_path / "logs"


def put(path, size=3):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


@pytest.mark.parametrize(
    ("name", "run", "tool", "session", "host"),
    [
        ("a/plugins/profile/2020-04-01_23-28-23/local.trace", "a", "profiler", "", "local"),
        ("plugins/profile/2026_11_23/my.host.xplane.pb", ".", "profiler", "", "my.host"),
        ("a/plugins/profile/s/host.input_pipeline.pb", "a", "profiler", "", "host"),
        ("a/plugins/profile/s/host.trace.json.gz", "a", "profiler", "", "host"),
        ("a/plugins/profile/s/whatever", "a", "profiler", "", ""),
        ("a/box_12.1767225600000.pt.trace.json", "a", "PyTorch profiler", "", "box_12"),
        ("a/box_12.1767225600.pt.trace.json.gz", "a", "PyTorch profiler", "", "box_12"),
        ("tfdbg_events.1589.my.host.source_files", ".", "TensorFlow debugger", "", "my.host"),
    ],
)
def test_their_names_tell_run_tool_session_and_host(folder, name, run, tool, session, host):
    put(folder / name)
    session = name.split("/")[-2] if tool == "profiler" else session
    assert read_logs(folder).traces == (Trace(name, run, tool, session, host, 3),)


def test_other_files_are_none(folder):
    for name in ("a/plugins/profile/host.xplane.pb", "a/trace.json", "a/profile/s/h.xplane.pb"):
        put(folder / name)
    assert read_logs(folder).traces == ()


def test_links_and_pipes_are_not_listed(folder, tmp_path):
    session = folder / "a/plugins/profile/s"
    put(tmp_path / "outside" / "host.trace")
    put(session / "good.trace")
    (session / "link.trace").symlink_to(tmp_path / "outside" / "host.trace")
    (folder / "a/plugins/profile/out").symlink_to(tmp_path / "outside")
    (session / "folder.trace").mkdir()
    assert [trace.host for trace in read_logs(folder).traces] == ["good"]


def test_only_those_of_the_chosen_runs_are_listed(folder):
    put(folder / "a/plugins/profile/s/h.trace")
    put(folder / "b/plugins/profile/s/h.trace")
    assert [trace.run for trace in read_logs(folder, runs="a").traces] == ["a"]
    assert [trace.run for trace in read_logs(folder).traces] == ["a", "b"]


def test_no_more_than_so_many_are_noted_and_that_is_said(folder, monkeypatch):
    monkeypatch.setattr(logdir, "MOST_TRACES", 2)
    for number in range(4):
        put(folder / f"a/plugins/profile/s/{number}.trace")
    found = read_logs(folder)
    assert [trace.host for trace in found.traces] == ["0", "1"]
    assert [gap.reason for gap in found.gaps] == ["more than 2 profiles: the others are not listed"]
