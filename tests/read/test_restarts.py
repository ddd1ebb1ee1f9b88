"""Restarts: which points a later file or session supersedes, and which are kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.model import Run, ScalarSeries
from tbreport.read.logdir import read_logs
from tbreport.read.restarts import Segment, kept
from tests import writer
from tests.writer import T0, event, scalar, session

HOUR = 3600.0


def points(
    steps: Iterable[int], number: float, begin: float = 0.0, tag: str = "loss"
) -> list[bytes]:
    """Scalars that all are ``number``, one a second from ``begin`` seconds after T0 on."""
    return [
        event(step, scalar(tag, number), wall_time=T0 + begin + index)
        for index, step in enumerate(steps)
    ]


def read(tmp_path: Path, *files: list[bytes], supersede: bool = True) -> Run:
    """The run of ``files``, whose names are in their order."""
    for index, events in enumerate(files):
        # The version says when the file was begun, as real ones do.
        name = f"events.out.tfevents.{index}"
        writer.write(tmp_path, *events, name=name, version="")
    (run,) = read_logs(tmp_path, supersede=supersede).runs
    assert run.gaps == ()
    return run


def pairs(series: ScalarSeries) -> list[tuple[int, float]]:
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def told(steps: Iterable[int], number: float) -> list[tuple[int, float]]:
    return [(step, number) for step in steps]


def test_a_later_file_that_steps_back_supersedes_from_its_first_step_on(tmp_path):
    run = read(tmp_path, points(range(10), 1), points(range(5, 13), 2, HOUR))
    series = run.scalars["loss"]
    assert pairs(series) == told(range(5), 1) + told(range(5, 13), 2)
    assert (series.logged, series.superseded, run.superseded) == (18, 5, 5)


def test_every_point_stays_if_asked_for(tmp_path):
    files = points(range(10), 1), points(range(5, 13), 2, HOUR)
    run = read(tmp_path, *files, supersede=False)
    series = run.scalars["loss"]
    both = [pair for step in range(5, 10) for pair in ((step, 1.0), (step, 2.0))]
    assert pairs(series) == told(range(5), 1) + both + told(range(10, 13), 2)
    assert (series.logged, series.superseded, run.superseded) == (18, 0, 0)


def test_a_file_that_goes_on_supersedes_nothing(tmp_path):
    run = read(tmp_path, points(range(10), 1), points(range(10, 15), 2, HOUR))
    assert pairs(run.scalars["loss"]) == told(range(10), 1) + told(range(10, 15), 2)
    assert run.superseded == 0


def test_files_that_overlap_in_time_are_parallel_writers_and_are_merged(tmp_path):
    run = read(tmp_path, points(range(10), 1), points(range(5, 13), 2, begin=8.5))
    assert len(run.scalars["loss"]) == 18
    assert run.superseded == 0


def test_a_file_that_begins_in_the_second_in_which_another_ended_is_a_restart(tmp_path):
    run = read(tmp_path, points(range(10), 1), points(range(5, 13), 2, begin=9.0))
    assert run.superseded == 5


def test_only_the_tags_that_were_logged_again_are_superseded(tmp_path):
    first = points(range(10), 1) + points(range(10), 1, begin=10, tag="acc")
    run = read(tmp_path, first, points(range(5, 8), 2, HOUR))
    assert pairs(run.scalars["acc"]) == told(range(10), 1)
    assert pairs(run.scalars["loss"]) == told(range(5), 1) + told(range(5, 8), 2)
    assert [run.scalars[tag].superseded for tag in ("loss", "acc")] == [5, 0]
    assert run.superseded == 5


def test_each_of_several_restarts_counts(tmp_path):
    files = [points(range(10), 1), points(range(5, 13), 2, HOUR), points(range(3, 7), 3, 2 * HOUR)]
    run = read(tmp_path, *files)
    assert pairs(run.scalars["loss"]) == told(range(3), 1) + told(range(3, 7), 3)
    assert run.superseded == 7 + 8


def test_a_restart_of_a_restart_leaves_what_the_first_superseded_superseded(tmp_path):
    files = [points(range(10), 1), points(range(5, 8), 2, HOUR), points(range(7, 9), 3, 2 * HOUR)]
    run = read(tmp_path, *files)
    expected = told(range(5), 1) + told(range(5, 7), 2) + told(range(7, 9), 3)
    assert pairs(run.scalars["loss"]) == expected


def test_files_are_in_order_of_their_times_whatever_their_names(tmp_path):
    run = read(tmp_path, points(range(5, 13), 2, HOUR), points(range(10), 1))
    assert pairs(run.scalars["loss"]) == told(range(5), 1) + told(range(5, 13), 2)


def test_files_without_times_are_merged(tmp_path):
    timeless = [event(step, scalar("loss", 1), wall_time=0.0) for step in range(10)]
    run = read(tmp_path, timeless, points(range(5, 13), 2))
    assert len(run.scalars["loss"]) == 18
    assert run.superseded == 0


def test_steps_that_go_back_within_a_file_stay_and_are_put_in_order(tmp_path):
    run = read(tmp_path, points([0, 1, 2, 3], 1) + points([2, 3, 4], 2, begin=10))
    assert pairs(run.scalars["loss"]) == [
        (0, 1), (1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (4, 2),
    ]  # fmt: skip
    assert run.superseded == 0


def test_equal_steps_keep_their_order_of_arrival(tmp_path):
    events = [event(0, scalar("loss", number), wall_time=T0 + number) for number in range(100)]
    run = read(tmp_path, events)
    assert run.scalars["loss"].values.tolist() == list(range(100))
    assert run.scalars["loss"].wall_times.tolist() == [T0 + number for number in range(100)]


def test_a_session_start_supersedes_within_its_file(tmp_path):
    # SummaryWriter(purge_step=5) of torch, on a file that goes on
    file = [*points(range(10), 1), session(writer.START, 5, wall_time=T0 + 20)]
    run = read(tmp_path, file + points(range(5, 8), 2, begin=30))
    assert pairs(run.scalars["loss"]) == told(range(5), 1) + told(range(5, 8), 2)
    assert run.superseded == 5
    (start,) = run.sessions
    assert (start.status, start.step, start.wall_time) == ("start", 5, T0 + 20)


def test_a_session_start_supersedes_from_its_own_step_on(tmp_path):
    file = [*points(range(10), 1), session(writer.START, 4), *points(range(8, 12), 2)]
    run = read(tmp_path, file)
    assert pairs(run.scalars["loss"]) == told(range(4), 1) + told(range(8, 12), 2)


def test_a_session_start_at_step_0_says_nothing_about_steps(tmp_path):
    file = [*points(range(10), 1), session(writer.START), *points(range(8, 12), 2)]
    run = read(tmp_path, file)
    assert pairs(run.scalars["loss"]) == told(range(8), 1) + told(range(8, 12), 2)


def test_a_session_start_supersedes_what_a_file_before_it_says_at_the_same_time(tmp_path):
    second = [session(writer.START, 5, wall_time=T0 + 8), *points(range(5, 8), 2, begin=8.5)]
    run = read(tmp_path, points(range(10), 1), second)
    assert pairs(run.scalars["loss"]) == told(range(5), 1) + told(range(5, 8), 2)


def test_sessions_that_stop_or_save_supersede_nothing(tmp_path):
    file = [*points(range(10), 1), session(writer.CHECKPOINT, 5, "model.ckpt-5")]
    run = read(tmp_path, [*file, session(writer.STOP, 5), *points(range(5, 8), 2)])
    assert run.superseded == 0
    assert [(log.status, log.path) for log in run.sessions] == [
        ("checkpoint", "model.ckpt-5"),
        ("stop", ""),
    ]


def test_two_dialects_of_one_tag_in_one_session_do_not_supersede_each_other(tmp_path):
    mixed = [
        event(step, scalar("loss", 1) if step % 2 else writer.tf2_scalar("loss", 1))
        for step in range(10)
    ]
    run = read(tmp_path, [session(writer.START), *mixed])
    assert pairs(run.scalars["loss"]) == told(range(10), 1)
    assert run.superseded == 0


def test_a_restart_in_another_dialect_is_a_restart(tmp_path):
    second = [
        event(step, writer.tf2_scalar("loss", 2), wall_time=T0 + HOUR) for step in range(5, 13)
    ]
    run = read(tmp_path, points(range(10), 1), second)
    assert pairs(run.scalars["loss"]) == told(range(5), 1) + told(range(5, 13), 2)


def test_values_of_every_kind_are_superseded(tmp_path):
    def file(steps: Iterable[int], begin: float) -> list[bytes]:
        return [
            event(
                step,
                writer.histogram("h", [0, 1], [1, 2]),
                writer.image("i", b"png"),
                writer.audio("a", b"wav"),
                writer.text("t", b"words"),
                writer.pr_curve("p", np.zeros((6, 2))),
                writer.tensor_value("x", np.zeros(3), "tensor"),
                writer.mesh("m", writer.VERTICES, np.zeros((1, 2, 3), "f4")),
                wall_time=T0 + begin + step,
            )
            for step in steps
        ]

    run = read(tmp_path, file(range(4), 0), file(range(2, 4), HOUR))
    kinds = (run.histograms, run.images, run.audio, run.texts, run.pr_curves, run.tensors)
    for kind in (*kinds, run.meshes):
        (series,) = kind.values()
        assert series.steps.tolist() == [0, 1, 2, 3]
        assert (series.logged, series.superseded) == (6, 2)
        assert np.diff(series.wall_times).max() > HOUR / 2
    assert run.superseded == 14


@given(st.lists(st.lists(st.integers(-5, 20), min_size=1, max_size=8), min_size=1, max_size=5))
def test_files_one_after_the_other_are_as_if_each_had_cut_the_run_back(files):
    segments = [Segment(index, index * 10.0, index * 10.0 + 9) for index in range(len(files))]
    masks = kept([np.array(steps) for steps in files], segments)
    run: list[tuple[int, int]] = []
    for index, steps in enumerate(files):
        run = [point for point in run if point[0] < min(steps)] + [(step, index) for step in steps]
    assert run == [
        (step, index)
        for index, steps in enumerate(files)
        for step, keep in zip(steps, masks[index], strict=True)
        if keep
    ]


@pytest.mark.parametrize("steps", [[], [np.array([3, 1, 2])]])
def test_what_has_no_second_file_is_kept(steps):
    masks = kept(steps, [Segment(0)] * len(steps))
    assert [mask.all() for mask in masks] == [True] * len(steps)
