"""Log directories: which directories are runs, what they are called, and that each can be read."""

from __future__ import annotations

import dataclasses
import errno
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tbreport.errors import InputError
from tbreport.limits import Limits
from tbreport.model import Gap, GapKind, Logs
from tbreport.read import logdir, records
from tbreport.read.logdir import read_logs
from tests import writer
from tests.writer import NAME, event, scalar


def make(folder: Path, *runs: str, value: float = 1.0) -> Path:
    """A log directory whose ``runs`` hold one scalar each."""
    for run in runs:
        writer.write(folder / run, event(0, scalar("loss", value)))
    return folder


def names(logs: Logs) -> list[str]:
    return [run.name for run in logs.runs]


def plain(value: Any) -> Any:
    """``value`` in a form in which two that say the same are equal, NaN or not."""
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return type(value).__name__, [plain(getattr(value, field.name)) for field in fields]
    if isinstance(value, np.ndarray):
        content = value.tolist() if value.dtype == object else value.tobytes()
        return value.dtype.str, value.shape, content
    if isinstance(value, Mapping):
        return [(key, plain(item)) for key, item in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return repr(value)


def test_every_directory_with_an_event_file_is_a_run(tmp_path):
    make(tmp_path, ".", "a", "a/b", "a/b/c", "d/e")
    (tmp_path / "empty").mkdir()
    (tmp_path / "a" / "checkpoint").write_text("model_checkpoint_path: 'model'")
    logs = read_logs(tmp_path)
    assert names(logs) == [".", "a", "a/b", "a/b/c", "d/e"]
    assert [run.files[0].name for run in logs.runs] == [
        NAME,
        f"a/{NAME}",
        f"a/b/{NAME}",
        f"a/b/c/{NAME}",
        f"d/e/{NAME}",
    ]
    assert logs.all_gaps == ()


def test_runs_are_in_natural_order(tmp_path):
    make(tmp_path, "run10", "run2", "lr=0.01", "lr=1e-4", "b", "B", "a/b", "a b")
    expected = ["B", "a/b", "a b", "b", "lr=1e-4", "lr=0.01", "run2", "run10"]
    assert names(read_logs(tmp_path)) == expected


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("events.out.tfevents", True),  # CatBoost
        ("events.out.tfevents.1700000000.host", True),
        ("events.out.tfevents.1700000000.host.v2", True),
        ("my-tfevents-copy.bak", True),
        ("events.out.tfevents.1700000000.host.profile-empty", False),
        ("events.out.tf.1700000000", False),
        ("tfevent", False),
    ],
)
def test_a_file_is_an_event_file_by_its_name(tmp_path, name, is_one):
    make(tmp_path, "control")
    writer.write(tmp_path / "run", event(0, scalar("loss", 1)), name=name)
    assert names(read_logs(tmp_path)) == (["control", "run"] if is_one else ["control"])


def test_a_directory_named_like_an_event_file_is_a_directory(tmp_path):
    make(tmp_path, f"run/{NAME}")
    assert names(read_logs(tmp_path)) == [f"run/{NAME}"]


def test_the_files_of_a_run_are_one_run(tmp_path):
    for index in (2, 10, 1):
        event_file = f"events.out.tfevents.{index:02}"
        writer.write(tmp_path, event(index, scalar("loss", index)), name=event_file)
    (run,) = read_logs(tmp_path).runs
    assert [file.name[-2:] for file in run.files] == ["01", "02", "10"]
    assert run.scalars["loss"].steps.tolist() == [1, 2, 10]


def test_a_run_without_values_is_a_run(tmp_path):
    writer.write(tmp_path / "header_only")
    writer.write_bytes(tmp_path / "nothing", b"")
    logs = read_logs(tmp_path)
    assert names(logs) == ["header_only", "nothing"]
    assert [run.files[0].records for run in logs.runs] == [1, 0]
    assert [np.isnan(run.files[0].first_wall_time) for run in logs.runs] == [False, True]


def test_a_file_says_what_it_is(tmp_path):
    events = [writer.source("a test"), event(5, scalar("loss", 1)), event(2, wall_time=0.0)]
    # A writer of torch that purges steps says its version again.
    events += [event(5, file_version=b"again"), writer.source("another")]
    path = writer.write(tmp_path, *events, event(9, scalar("loss", 1), wall_time=float("nan")))
    (file,) = read_logs(tmp_path).runs[0].files
    assert (file.name, file.size, file.records) == (NAME, path.stat().st_size, 7)
    assert (file.version, file.writer) == ("brain.Event:2", "a test")
    assert (file.first_wall_time, file.last_wall_time) == (writer.T0, writer.T0 + 5)


def test_an_event_file_alone_is_a_run_named_after_its_directory(tmp_path):
    make(tmp_path, "mine", "other")
    logs = read_logs(tmp_path / "mine" / NAME)
    assert names(logs) == ["mine"]
    assert logs.runs[0].files[0].name == NAME


def test_runs_of_several_log_directories_begin_with_just_enough_of_their_names(tmp_path):
    first, second = make(tmp_path / "first", "a", "b"), make(tmp_path / "second", ".", "a")
    assert names(read_logs([first, second])) == ["first/a", "first/b", "second", "second/a"]
    left, right = make(tmp_path / "left" / "logs", "a"), make(tmp_path / "right" / "logs", "a")
    assert names(read_logs([str(right), str(left)])) == ["left/logs/a", "right/logs/a"]


def test_one_log_directory_given_twice_is_read_once(tmp_path, monkeypatch):
    logs = make(tmp_path / "logs", "a")
    (tmp_path / "alias").symlink_to("logs")
    monkeypatch.chdir(tmp_path)
    for twice in ([logs, logs], ["logs", "./logs/"], [logs, "logs"], ["logs", "alias"]):
        found = read_logs(twice)
        assert names(found) == ["a"]
        assert len(found.runs[0].scalars["loss"]) == 1


def test_a_link_to_itself_is_an_error_like_any_missing_directory(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    for places in (tmp_path / "loop", [make(tmp_path / "logs", "a"), tmp_path / "loop"]):
        with pytest.raises(InputError, match="loop: too many levels of symbolic links"):
            read_logs(places)


def test_links_to_directories_are_followed_once(tmp_path):
    outside = make(tmp_path / "outside", "secret")
    logs = make(tmp_path / "logs", "good")
    (logs / "link").symlink_to(outside / "secret")
    (logs / "good" / "up").symlink_to("..")
    (logs / "self").symlink_to("self")
    (logs / "good" / "again").symlink_to("../link")
    found = read_logs(logs)
    assert len(found.runs) == 2
    assert "good" in names(found)
    assert found.all_gaps == ()


def test_a_directory_that_is_also_reached_by_a_link_has_its_own_name(tmp_path):
    make(tmp_path, "b", "z/run")
    (tmp_path / "a").symlink_to("z")
    (tmp_path / "b" / "latest").symlink_to("../z/run")
    assert names(read_logs(tmp_path)) == ["b", "z/run"]


def test_a_directory_that_is_reached_by_several_links_has_the_name_of_the_first(tmp_path):
    outside = make(tmp_path / "outside", "run")
    logs = make(tmp_path / "logs", "good")
    for link in ("c", "a", "b"):
        (logs / link).symlink_to(outside / "run")
    assert names(read_logs(logs)) == ["a", "good"]


@pytest.mark.parametrize(
    "name", [b"bad\xff", b"nl\nx", b"<b>bold<b>", b"a&\"'b", b" ", "损失".encode()]
)
def test_a_hostile_name_is_a_name(tmp_path, name):
    run = os.fsencode(tmp_path) + b"/" + name
    os.mkdir(run)
    data = b"".join(map(writer.frame, [event(0, scalar("loss", 1))]))
    with open(run + b"/events.out.tfevents.\xfe", "wb") as file:
        file.write(data)
    (found,) = read_logs(tmp_path).runs
    assert os.fsencode(found.name) == name
    assert os.fsencode(found.files[0].name) == name + b"/events.out.tfevents.\xfe"
    assert len(found.scalars["loss"]) == 1
    assert found.gaps == ()


def refuse(path: str | Path) -> Any:
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


def test_a_file_that_cannot_be_opened_is_a_gap_and_costs_nothing_else(tmp_path, monkeypatch):
    make(tmp_path, "bad", "good")
    writer.write(tmp_path / "bad", event(1, scalar("loss", 2)), name=NAME + ".2")
    real = os.open

    def guarded(path, *args):
        return refuse(path) if Path(path) == tmp_path / "bad" / NAME else real(path, *args)

    monkeypatch.setattr(records.os, "open", guarded)
    bad, good = read_logs(tmp_path).runs
    gap = Gap(GapKind.UNREADABLE, f"bad/{NAME}", "can't be read: Permission denied")
    assert bad.gaps == (gap,)
    assert bad.scalars["loss"].steps.tolist() == [1]
    assert (good.gaps, len(good.scalars["loss"])) == ((), 1)


def test_a_file_that_fails_while_it_is_read_keeps_what_was_read(tmp_path, monkeypatch):
    path = writer.write(
        tmp_path, event(0, scalar("loss", 1)), event(1, writer.text("t", b"x" * 99))
    )
    cut = path.stat().st_size - 50
    monkeypatch.setattr(records, "WINDOW", 16)
    real, real_into = records._pread, records._pread_into

    def failing(fd, length, offset):
        if offset + length > cut:
            raise OSError(errno.EIO, "Input/output error")
        return real(fd, length, offset)

    def failing_into(fd, view, offset):
        if offset + len(view) > cut:
            raise OSError(errno.EIO, "Input/output error")
        return real_into(fd, view, offset)

    monkeypatch.setattr(records, "_pread", failing)
    monkeypatch.setattr(records, "_pread_into", failing_into)
    (run,) = read_logs(tmp_path).runs
    assert len(run.scalars["loss"]) == 1
    assert run.files[0].records == 2
    assert run.gaps == (Gap(GapKind.UNREADABLE, NAME, "can't be read: Input/output error"),)


def test_a_directory_that_cannot_be_listed_is_a_gap_and_costs_nothing_else(tmp_path, monkeypatch):
    make(tmp_path, "bad/run", "good")
    real = os.scandir

    def guarded(path):
        return refuse(path) if Path(path) == tmp_path / "bad" else real(path)

    monkeypatch.setattr(logdir.os, "scandir", guarded)
    logs = read_logs(tmp_path)
    assert names(logs) == ["good"]
    assert logs.gaps == (
        Gap(GapKind.UNREADABLE, "bad", "directory can't be read: Permission denied"),
    )


def test_directories_deeper_than_the_limit_are_a_gap(tmp_path):
    make(tmp_path, "1/2", "1/2/3")
    logs = read_logs(tmp_path, limits=Limits(nesting=2))
    assert names(logs) == ["1/2"]
    assert [(gap.kind, gap.file) for gap in logs.gaps] == [(GapKind.LIMIT, "1/2/3")]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", r"missing: no such file or directory; give the directory that holds"),
        ("notes.txt", r"notes.txt: not an event file .*; give the directory that holds"),
        ("empty", r"no event files under .*empty: give the directory that your writer logs to"),
        ("nl\nx", r"nl\\x0ax: no such file"),
    ],
)
def test_a_path_that_holds_no_logs_is_an_error_with_its_remedy(tmp_path, path, message):
    (tmp_path / "notes.txt").write_text("loss went down")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("hi")
    with pytest.raises(InputError, match=message) as caught:
        read_logs(tmp_path / path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=message):
        read_logs([tmp_path / path])


def test_one_missing_log_directory_of_several_is_an_error(tmp_path):
    with pytest.raises(InputError, match="missing"):
        read_logs([make(tmp_path / "logs", "a"), tmp_path / "missing"])


def test_runs_are_those_whose_name_matches_somewhere(tmp_path):
    make(tmp_path, "train/1", "train/2", "validation/1")
    assert names(read_logs(tmp_path, runs="train")) == ["train/1", "train/2"]
    assert names(read_logs(tmp_path, runs="1$")) == ["train/1", "validation/1"]
    with pytest.raises(InputError, match=r"no run matches --runs 'test'; there are 3: train/1"):
        read_logs(tmp_path, runs="test")


def test_tags_are_those_that_match_somewhere(tmp_path):
    values = [scalar("loss", 1), scalar("acc/train", 1), writer.text("loss/note", b"x")]
    writer.write(tmp_path, event(0, *values))
    (run,) = read_logs(tmp_path, tags="loss").runs
    assert (list(run.scalars), list(run.texts)) == (["loss"], ["loss/note"])
    (run,) = read_logs(tmp_path, tags="^loss$|train").runs
    assert (list(run.scalars), list(run.texts)) == (["loss", "acc/train"], [])
    (run,) = read_logs(tmp_path, tags="nothing").runs
    assert run.scalars == {}


def rich(folder: Path) -> Path:
    """Runs of every kind of value, with damage."""
    for index, run in enumerate(["r10", "r2", "bad\udcff"]):
        events = [
            event(
                step,
                scalar("loss", float("nan") if step == 2 else step),
                writer.histogram("h", [0, 1], [index, step]),
                writer.image("i", b"png"),
                writer.text("t", b"words"),
                writer.hparams_start({"lr": 0.1}),
                writer.tensor_value("x", np.arange(3.0), "tensor"),
                writer.mesh("m", writer.VERTICES, np.ones((1, 2, 3), "f4")),
                graph_def=writer.graph_def({"a": ("Const", [])}),
            )
            for step in range(20)
        ]
        path = writer.write(folder / run, *events)
        os.truncate(path, path.stat().st_size - 3)
    return folder


@pytest.mark.parametrize("pool", ["threads", "processes"])
def test_an_executor_gives_the_same_logs(tmp_path, pool):
    folder = rich(tmp_path)
    spawn = multiprocessing.get_context("spawn")
    make_pool = {
        "threads": lambda: ThreadPoolExecutor(2),
        "processes": lambda: ProcessPoolExecutor(2, mp_context=spawn),
    }[pool]
    alone = read_logs(folder)
    assert len(alone.runs) == 3
    with make_pool() as executor:
        assert plain(read_logs(folder, executor=executor)) == plain(alone)


def test_progress_counts_runs_and_bytes(tmp_path):
    make(tmp_path, "a", "b", "c")
    size = (tmp_path / "a" / NAME).stat().st_size
    calls = []
    read_logs(tmp_path, progress=lambda *call: calls.append(call))
    assert calls == [(1, 3, size), (2, 3, 2 * size), (3, 3, 3 * size)]


@pytest.mark.parametrize("keep", [1, 2, 5, 12])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 24, 25, 26, 100])
def test_media_are_thinned_out_evenly_but_for_the_first_and_the_last(tmp_path, keep, count):
    def media(step: int) -> bytes:
        picture = writer.image("image", b"%d" % step)
        batch = writer.tf2_images("batch", [b"%d" % step], 1, 1)
        sound = writer.audio("sound", b"%d" % step)
        points = writer.mesh("mesh", writer.VERTICES, np.full((1, 1, 3), step, "f4"))
        return event(step, picture, batch, sound, points, writer.text("text", b"x"))

    writer.write(tmp_path, *(media(step) for step in range(count)))
    (run,) = read_logs(tmp_path, media_steps=keep).runs
    for series in (*run.images.values(), *run.audio.values(), *run.meshes.values()):
        steps = series.steps.tolist()
        assert (steps[0], steps[-1], series.logged) == (0, count - 1, count)
        assert min(keep, count) <= len(steps) <= 2 * keep + 1
        assert len(set(np.diff(steps[:-1]))) <= 1
    assert [data.data for (data,) in run.images["image"].images] == [
        b"%d" % step for step in run.images["image"].steps
    ]
    assert len(run.texts["text"]) == count


def test_media_are_kept_whole_if_asked_for(tmp_path):
    writer.write(tmp_path, *(event(step, writer.image("i", b"png")) for step in range(100)))
    (run,) = read_logs(tmp_path, media_steps=0).runs
    assert len(run.images["i"]) == 100
