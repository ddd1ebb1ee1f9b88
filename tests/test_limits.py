"""Limits: what is over one is left out, and a gap says which limit it was; all else is there."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tbreport import cli
from tbreport.errors import InputError
from tbreport.limits import DEFAULT, Limits
from tbreport.model import GapKind
from tbreport.options import Options
from tbreport.read.logdir import read_logs
from tbreport.report import build_report
from tests import writer
from tests.writer import event, image, scalar, text, write

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
NAMES = [field.name for field in dataclasses.fields(Limits)]


def only_run(folder, **limits):
    logs = read_logs(folder, limits=Limits(**limits))
    (run,) = logs.runs
    return run


def told(run):
    """Reason and count of each gap, all of which are limits."""
    assert {gap.kind for gap in run.gaps} <= {GapKind.LIMIT}
    return [(gap.reason, gap.count) for gap in run.gaps]


def test_limits_are_moved_by_name():
    moved = Limits.of(["tags=7", "runs=3"])
    assert moved == dataclasses.replace(DEFAULT, tags=7, runs=3)
    assert moved.told("tags") == "limit tags=7"
    assert Options(limit=("points=9",)).bounds.points == 9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tags", "NAME=NUMBER"),
        ("tags=-1", "NAME=NUMBER"),
        ("tags=1e3", "NAME=NUMBER"),
        ("tugs=1", "there is no limit 'tugs'; there are record_bytes"),
        ("tags=0", "limit tags is to be 1 or more"),
        ("record_bytes=1000", "limit record_bytes is to be 4194304 or more"),
    ],
)
def test_a_limit_that_makes_no_sense_is_told(text, message):
    with pytest.raises(InputError, match=message):
        Options(limit=(text,))


def test_the_command_line_and_the_readme_list_every_limit():
    listed = CliRunner().invoke(cli.command, ["--list-limits"]).output
    assert re.findall(r"^(\w+)=\d+  \S", listed, re.M) == NAMES
    assert re.findall(r"^\| `(\w+)` \|", README, re.M) == NAMES
    for name in NAMES:
        assert f"| `{name}` | {getattr(DEFAULT, name):,} |" in README


def test_tags_beyond_the_limit_are_counted(tmp_path):
    events = [event(step, *[scalar(f"t{tag}", step) for tag in range(5)]) for step in range(30)]
    write(tmp_path / "run", *events)
    run = only_run(tmp_path, tags=3)
    assert list(run.scalars) == ["t0", "t1", "t2"]
    assert told(run) == [("values of further tags are left out (limit tags=3)", 60)]


def test_a_tag_that_is_too_long_is_counted(tmp_path):
    write(tmp_path / "run", event(0, scalar("x" * 11, 1.0)), event(0, scalar("y" * 10, 1.0)))
    run = only_run(tmp_path, tag_bytes=10)
    assert list(run.scalars) == ["y" * 10]
    assert told(run) == [("values of longer tags are left out (limit tag_bytes=10)", 1)]


def test_runs_beyond_the_limit_are_counted(tmp_path):
    for name in ("run10", "run2", "run1"):
        write(tmp_path / name, event(0, scalar("loss", 1.0)))
    logs = read_logs(tmp_path, limits=Limits(runs=2))
    assert [run.name for run in logs.runs] == ["run1", "run2"]
    assert [(gap.kind, gap.reason) for gap in logs.gaps] == [
        (GapKind.LIMIT, "further runs are not read (limit runs=2)")
    ]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("kind", [writer.scalar, writer.tf2_scalar])
@pytest.mark.parametrize("steps", [999, 1000, 1001, 4321])
def test_of_too_many_points_one_in_so_many_is_kept_and_the_last(tmp_path, plain, kind, steps):
    write(tmp_path / "run", *[event(step, kind("loss", step / 2)) for step in range(steps)])
    logs = read_logs(tmp_path, limits=Limits(points=1000), plain=plain)
    (run,) = logs.runs
    stride = {999: 1, 1000: 1, 1001: 2, 4321: 8}[steps]
    kept = sorted({*range(0, steps, stride), steps - 1})
    loss = run.scalars["loss"]
    assert loss.steps.tolist() == kept
    assert loss.values.tolist() == [step / 2 for step in kept]
    assert loss.logged == steps
    reason = f"one in {stride} is kept: point of each scalar (limit points=1000)"
    assert told(run) == ([(reason, 1)] if stride > 1 else [])


@pytest.mark.parametrize("plain", [False, True])
def test_of_too_many_histograms_one_in_so_many_is_kept_and_the_last(tmp_path, plain):
    rows = np.column_stack([np.arange(10.0), np.arange(1.0, 11.0), np.ones(10)])
    events = [
        event(
            step, writer.tf2_histogram("new", rows), writer.histogram("old", [1.0, 2.0], [step, 1])
        )
        for step in range(200)
    ]
    write(tmp_path / "run", *events)
    logs = read_logs(tmp_path, limits=Limits(held_bytes=20_000), plain=plain)
    (run,) = logs.runs
    kept = [*range(0, 200, 4), 199]
    for series in run.histograms.values():
        assert series.steps.tolist() == kept
        assert series.logged == 200
    assert [counts[0] for counts in run.histograms["old"].counts] == kept
    assert len(told(run)) == 1 and "held_bytes=20000" in run.gaps[0].reason


def test_images_of_too_many_tags_are_kept_for_fewer_steps(tmp_path):
    data = writer.png(40, 40)
    events = [event(s, *[image(f"i{t}", data + bytes(900)) for t in range(20)]) for s in range(24)]
    write(tmp_path / "run", *events)
    run = only_run(tmp_path, held_bytes=100_000)
    assert {len(series) for series in run.images.values()} <= {2, 3, 4}
    assert all(series.steps[0] == 0 and series.steps[-1] == 23 for series in run.images.values())
    assert sum(len(one[0].data) for s in run.images.values() for one in s.images) <= 100_000
    assert [count for _, count in told(run)] == [1]


def test_what_has_no_room_however_thin_is_counted(tmp_path):
    events = [event(0, image(f"i{tag}", bytes(1000))) for tag in range(20)]
    events += [event(0, writer.tensor_value(f"t{tag}", np.zeros(200))) for tag in range(20)]
    write(tmp_path / "run", *events)
    run = only_run(tmp_path, held_bytes=5000)
    assert sum(len(one[0].data) for s in run.images.values() for one in s.images) <= 5000
    assert sum(value.nbytes for s in run.tensors.values() for value in s.values) <= 12_000
    assert {"left out", "is kept"} == {
        word for word in ("left out", "is kept") for reason, _ in told(run) if word in reason
    }


def test_a_long_text_is_left_out(tmp_path):
    write(tmp_path / "run", event(0, text("note", b"x" * 11)), event(1, text("note", b"x" * 10)))
    run = only_run(tmp_path, text_bytes=10)
    assert run.texts["note"].steps.tolist() == [1]
    assert told(run) == [("longer texts are left out (limit text_bytes=10)", 1)]


def test_a_tensor_that_repeats_too_much_is_left_out(tmp_path):
    bomb = writer.value("h", tensor=writer.tensor(np.ones(1, "f4"), loose=True, shape=[1 << 33]))
    write(tmp_path / "run", event(0, bomb), event(0, scalar("loss", 1.0)))
    run = only_run(tmp_path)
    assert list(run.scalars) == ["loss"]
    assert told(run) == [
        ("tag 'h': 1 values for a shape of 8589934592 (limit repeated_values=1048576)", 1)
    ]


def test_a_large_graph_is_left_out(tmp_path):
    graph = writer.graph_def({f"n{place}": ("Const", []) for place in range(6)})
    write(tmp_path / "run", event(graph_def=graph))
    run = only_run(tmp_path, graph_nodes=5)
    assert run.graphs == ()
    assert told(run) == [("graph: 6 nodes (limit graph_nodes=5)", 1)]


def test_models_in_models_have_an_end(tmp_path):
    model = {"layers": [{"class_name": "Dense", "config": {"name": "d"}}]}
    for depth in range(4):
        model = {"layers": [{"class_name": "Model", "config": {"name": f"m{depth}", **model}}]}
    write(tmp_path / "run", event(0, writer.keras_model("keras", model)))
    assert len(only_run(tmp_path).graphs) == 1
    assert told(only_run(tmp_path, nesting=4)) == [
        ("graph 'keras': models in models (limit nesting=4)", 1)
    ]


def test_a_false_header_too_many_ends_the_search(tmp_path):
    size = 1 << 20
    claims_half = writer.header(size // 2) * (size // 12)
    writer.write_bytes(tmp_path / "run", claims_half)
    run = only_run(tmp_path)
    reason = "gave up searching: too many false headers (limit search_factor=8)"
    assert told(run) == [(reason, 1)]
    assert run.gaps[0].length == run.files[0].size


def test_gaps_beyond_the_limit_are_summed_up(tmp_path):
    spoilt = writer.frame(event(0, scalar("loss", 1.0))) + b"junk"
    writer.write_bytes(tmp_path / "run", spoilt * 50 + writer.frame(b"\xff") * 30)
    run = only_run(tmp_path, gaps=10)
    assert run.scalars["loss"].logged == 50
    kinds = [gap.kind for gap in run.gaps]
    assert kinds.count(GapKind.DAMAGED) == kinds.count(GapKind.MALFORMED) == 10
    assert sorted(gap.count for gap in run.gaps if gap.kind is GapKind.LIMIT) == [20, 40]


def test_an_image_over_the_limit_is_named_and_not_decoded(tmp_path):
    write(tmp_path / "run", event(0, image("im", writer.png(40, 40))))
    logs = read_logs(tmp_path)
    report = build_report(logs, options=Options(jobs=1, limit=("image_pixels=1599",)))
    (gap,) = report.gaps
    assert "limit image_pixels" in gap.reason
    assert build_report(logs, options=Options(jobs=1, limit=("image_pixels=1600",))).gaps == ()


def test_the_command_line_hands_limits_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "logs", event(0, scalar("a", 1.0), scalar("b", 1.0)))
    assert cli.run(["logs", "--limit", "tags=1", "--strict", "-q"]) == 1
    assert "limit tags=1" in Path("report.html").read_text("utf-8")
