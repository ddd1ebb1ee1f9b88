"""Dialects: whoever wrote a value, and however, it is the same typed value in the model."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbreport.model import GapKind
from tests import strategies, writer
from tests.read.single import gap_of, read
from tests.writer import NAME, T0, event, metadata, scalar, tensor_value, text

ROWS = [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]


@pytest.mark.parametrize(
    "made",
    [
        scalar("loss", 0.5),
        scalar("loss", 0.5, metadata=metadata("scalars")),
        scalar("", 0.5, node_name=b"loss"),
        writer.tf2_scalar("loss", 0.5),
        writer.tf2_scalar("loss", 0.5, loose=True),
        writer.tf2_scalar("loss", 0.5, plugin=""),
        tensor_value("loss", np.float64(0.5), "scalars"),
        tensor_value("loss", np.float16(0.5), "scalars"),
        tensor_value("loss", np.float32([0.5]), "scalars"),
        tensor_value("loss", np.float32([[0.5]]), "scalars"),
    ],
)
def test_a_scalar_in_any_dialect(tmp_path, made):
    run = read(tmp_path, event(3, made))
    loss = run.scalars["loss"]
    assert (loss.tag, loss.steps.tolist(), loss.values.tolist()) == ("loss", [3], [0.5])
    assert loss.wall_times.tolist() == [T0 + 3]
    assert (loss.steps.dtype, loss.values.dtype, loss.wall_times.dtype) == ("i8", "f8", "f8")
    assert (loss.logged, loss.superseded, len(loss)) == (1, 0, 1)
    assert run.gaps == ()


@pytest.mark.parametrize(
    ("number", "read_as"),
    [(np.int64(2**40), 2.0**40), (np.uint8(200), 200.0), (np.bool_(True), 1.0), (np.int8(-3), -3)],
)
@pytest.mark.parametrize("loose", [False, True])
def test_a_scalar_of_another_dtype(tmp_path, number, read_as, loose):
    run = read(tmp_path, event(0, tensor_value("n", number, "scalars", loose=loose)))
    assert run.scalars["n"].values.tolist() == [read_as]


def test_values_of_float32_are_exact(tmp_path):
    numbers = [0.1, math.inf, -math.inf, 3.4028234663852886e38, 1e-45, -0.0, math.nan]
    made = [event(step, scalar("loss", number)) for step, number in enumerate(numbers)]
    values = read(tmp_path, *made).scalars["loss"].values
    np.testing.assert_array_equal(values, np.float32(numbers).astype(float))
    assert np.signbit(values[5])


@given(stream=strategies.scalar_events(), tf2=st.booleans())
@settings(max_examples=100)
def test_any_stream_of_scalars_comes_back_bit_for_bit(scratch, stream, tf2):
    make = writer.tf2_scalar if tf2 else scalar
    made = [
        event(step, make(tag, number), wall_time=wall_time)
        for step, wall_time, tag, number in stream
    ]
    run = read(scratch, *made)
    for tag in {tag for _, _, tag, _ in stream}:
        # A stable sort by step: equal steps keep their order of arrival.
        points = sorted((point for point in stream if point[2] == tag), key=lambda point: point[0])
        series = run.scalars[tag]
        assert series.steps.tolist() == [step for step, _, _, _ in points]
        assert series.wall_times.tolist() == [wall_time for _, wall_time, _, _ in points]
        np.testing.assert_array_equal(series.values, [number for _, _, _, number in points])
    assert len(run.scalars) == len({tag for _, _, tag, _ in stream})
    assert run.gaps == ()


def test_legacy_values_in_a_v2_file(tmp_path):
    # Keras of TensorFlow 2.0 writes the values of TensorFlow 1 into files of TensorFlow 2.
    values = scalar("loss", 1), writer.histogram("h", [0, 1], [0, 2]), writer.image("i", b"png")
    run = read(tmp_path, event(0, *values), name=f"{NAME}.v2")
    assert (list(run.scalars), list(run.histograms), list(run.images)) == (["loss"], ["h"], ["i"])
    assert run.gaps == ()


def test_a_catboost_file(tmp_path):
    made = [
        event(step, scalar("Logloss", 1 / (step + 1), node_name=b"Logloss"), wall_time=T0)
        for step in range(3)
    ]
    run = read(tmp_path, *made, name="events.out.tfevents", version="")
    assert run.files[0].version == ""
    assert run.scalars["Logloss"].values.tolist() == np.float32([1, 1 / 2, 1 / 3]).tolist()
    assert run.scalars["Logloss"].wall_times.tolist() == [T0] * 3


def test_one_tag_in_two_dialects_of_one_kind_is_one_series(tmp_path):
    made = [
        event(step, scalar("loss", step) if step % 2 else writer.tf2_scalar("loss", step))
        for step in range(6)
    ]
    made.append(event(0, writer.histogram("h", [1, 2], [0, 3]), writer.tf2_histogram("h", ROWS)))
    run = read(tmp_path, *made)
    assert run.scalars["loss"].values.tolist() == [0, 1, 2, 3, 4, 5]
    assert run.histograms["h"].exact.tolist() == [True, False]


def test_two_kinds_under_one_tag_are_a_series_each(tmp_path):
    both = scalar("t", 1), writer.histogram("t", [0, 1], [0, 2]), writer.image("t", b"png")
    run = read(tmp_path, *(event(step, *both) for step in range(3)))
    assert (len(run.scalars["t"]), len(run.histograms["t"]), len(run.images["t"])) == (3, 3, 3)
    assert run.gaps == ()


def test_a_tag_that_is_not_utf8_is_shown_with_escapes(tmp_path):
    run = read(tmp_path, event(0, scalar(b"lo\xffss", 1), scalar("損失", 2)))
    assert list(run.scalars) == ["lo\\xffss", "損失"]
    assert run.gaps == ()


def test_tags_keep_the_order_in_which_they_came(tmp_path):
    run = read(tmp_path, event(0, scalar("z", 1), scalar("a", 1)), event(1, scalar("m", 1)))
    assert list(run.scalars) == ["z", "a", "m"]


def test_metadata_with_the_first_value_only_hold_for_all(tmp_path):
    first = tensor_value("x", [b"a"], "text", description="what it is")
    made = [event(step, tensor_value("x", [b"b"])) for step in (1, 2)]
    run = read(tmp_path, event(0, first), *made)
    assert len(run.texts["x"]) == 3
    assert run.texts["x"].description == "what it is"


def test_metadata_hold_for_the_files_after_theirs(tmp_path):
    writer.write(tmp_path, event(0, tensor_value("x", np.float32([1]), "scalars")))
    run = read(tmp_path, event(1, tensor_value("x", np.float32([2]))), name=f"{NAME}.later")
    assert run.scalars["x"].values.tolist() == [1, 2]


def test_metadata_that_come_late_hold_for_the_values_before(tmp_path):
    made = [
        event(step, tensor_value("x", np.zeros((6, 4), "f4"), "pr_curves" if step == 2 else ""))
        for step in range(4)
    ]
    run = read(tmp_path, *made)
    assert len(run.pr_curves["x"]) == 4
    assert run.tensors == {}


def test_tensors_without_metadata_are_what_they_can_be(tmp_path):
    made = [
        event(
            step,
            tensor_value("number", np.float32(step)),
            tensor_value("words", [b"a"]),
            tensor_value("matrix", np.zeros((2, 2))),
            tensor_value("mixed", np.float32(1) if step else writer.strings([b"x"])),
        )
        for step in range(2)
    ]
    run = read(tmp_path, *made)
    assert (list(run.scalars), list(run.texts)) == (["number"], ["words"])
    assert {tag: series.plugin for tag, series in run.tensors.items()} == {
        "matrix": "",
        "mixed": "",
    }
    assert run.gaps == ()


def test_the_first_of_clashing_metadata_wins_and_what_does_not_fit_is_counted(tmp_path):
    made = [
        event(0, writer.tf2_scalar("x", 1)),
        event(1, text("x", [b"a"])),
        event(2, text("x", [b"b"])),
        event(3, writer.tf2_scalar("x", 4, plugin="images")),
    ]
    run = read(tmp_path, *made)
    assert run.scalars["x"].values.tolist() == [1, 4]
    assert run.texts == {}
    gap = gap_of(run)
    assert (gap.kind, gap.count) == (GapKind.MALFORMED, 2)
    assert gap.reason == "tag 'x': not a scalar but strings of shape [1]"


def test_a_tensor_of_a_plugin_that_nobody_knows_is_kept_with_its_name(tmp_path):
    run = read(tmp_path, event(0, tensor_value("x", np.arange(3), "npmi")))
    assert run.tensors["x"].plugin == "npmi"
    assert run.tensors["x"].values[0].tolist() == [0, 1, 2]
