"""A small file that is all of a run: read without detours, and as any other if it is odd."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tbreport.limits import Limits
from tbreport.read.logdir import read_logs
from tbreport.read.sole import Sole
from tests import writer
from tests.read.test_fast_path import check
from tests.writer import event, scalar, tf2_scalar

STEPS = 40  # enough to be read in bulk


def steps(**tags: Any) -> list[bytes]:
    """Events of one scalar each, all tags at each step."""
    return [event(step, make(tag, step)) for step in range(STEPS) for tag, make in tags.items()]


PLAIN = {
    "legacy": steps(loss=scalar, acc=scalar),
    "tensors": steps(loss=tf2_scalar, acc=tf2_scalar),
    "tensors without metadata": steps(loss=lambda tag, step: tf2_scalar(tag, step, plugin="")),
}
ODD = {
    "out of order": steps(loss=scalar) + steps(loss=scalar),
    "two dialects": steps(loss=scalar) + steps(loss=tf2_scalar),
    "a session": [*steps(loss=scalar), writer.session(writer.START, 9), *steps(loss=scalar)],
    "a text": [*steps(loss=scalar), event(1, writer.text("note", b"hello"))],
    "a graph": [*steps(loss=scalar), event(graph_def=b"\x0a\x03\x0a\x01a")],
    "hyper-parameters": [
        event(0, writer.value(writer.HPARAMS_START, metadata=writer.metadata("hparams"))),
        *steps(loss=scalar),
    ],
    "no event": [*steps(loss=scalar), b"\xff\xff"],
    "values of two shapes": [
        *steps(loss=tf2_scalar),
        event(STEPS, writer.tensor_value("loss", [1.0, 2.0], "scalars")),
    ],
    "metadata later": [event(0, tf2_scalar("loss", 0.5, plugin="")), *steps(loss=tf2_scalar)],
    "a histogram": [*steps(loss=scalar), event(0, writer.histogram("h", [1.0], [2.0]))],
    "another plugin": steps(loss=lambda tag, step: tf2_scalar(tag, step, plugin="pr_curves")),
    "another plugin's metadata": steps(
        loss=lambda tag, step: scalar(tag, step, metadata=writer.metadata("hparams"))
    ),
}


@pytest.fixture
def taken(monkeypatch) -> list[bool]:
    """Whether each sole file was made a run without detours."""
    found: list[bool] = []
    run = Sole.run

    def spied(*arguments: Any) -> Any:
        made = run(*arguments)
        found.append(made is not None)
        return made

    monkeypatch.setattr(Sole, "run", spied)
    return found


@pytest.mark.parametrize("what", PLAIN)
def test_scalars_in_order_need_no_detour(tmp_path: Path, taken: list[bool], what: str):
    writer.write(tmp_path, *PLAIN[what])
    (run,) = check(tmp_path).runs
    assert taken == [True]
    assert {len(series) for series in run.scalars.values()} == {STEPS}


@pytest.mark.parametrize("what", ODD)
def test_whatever_is_odd_is_read_as_in_any_other_file(tmp_path: Path, taken: list[bool], what: str):
    writer.write(tmp_path, *ODD[what])
    check(tmp_path)
    assert True not in taken


@pytest.mark.parametrize("limit", ["points=79", "tags=1", "tag_bytes=3"])
def test_limits_hold(tmp_path: Path, taken: list[bool], limit: str):
    writer.write(tmp_path, *PLAIN["legacy"])
    (run,) = check(tmp_path, limits=Limits.of([limit])).runs
    assert [gap.kind for gap in run.gaps] == ["limit"]
    assert taken == [False]


def test_just_within_limits(tmp_path: Path, taken: list[bool]):
    writer.write(tmp_path, *PLAIN["legacy"])
    check(tmp_path, limits=Limits.of(["points=80", "tags=2", "tag_bytes=4"]))
    assert taken == [True]


def test_damage_is_told(tmp_path: Path, taken: list[bool]):
    path = writer.write(tmp_path, *PLAIN["legacy"])
    path.write_bytes(path.read_bytes()[:-1])
    (run,) = check(tmp_path).runs
    assert len(run.gaps) == 1 and taken == []


def test_only_a_run_of_one_file_is_sole(tmp_path: Path, taken: list[bool]):
    for name in ("events.out.tfevents.1.host", "events.out.tfevents.2.host"):
        writer.write(tmp_path / "two", *PLAIN["legacy"], name=name)
    writer.write(tmp_path / "one", *PLAIN["legacy"])
    check(tmp_path)
    assert taken == [True]


def test_tags_that_are_asked_for(tmp_path: Path, taken: list[bool]):
    writer.write(tmp_path, *PLAIN["legacy"])
    (run,) = read_logs(tmp_path, tags="loss").runs
    assert list(run.scalars) == ["loss"] and taken == []


def test_descriptions_stay(tmp_path: Path, taken: list[bool]):
    made = {"loss": lambda tag, step: tf2_scalar(tag, step, description="of *all*")}
    writer.write(tmp_path, *steps(**made))
    (run,) = check(tmp_path).runs
    assert run.scalars["loss"].description == "of *all*" and taken == [True]
