"""Dialects: whoever wrote a value, and however, it is the same typed value in the model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbreport.model import AudioClip, EncodedImage, Gap, GapKind, LayoutCategory, LayoutChart, Run
from tbreport.read.logdir import read_logs
from tbreport.read.wire import message
from tests import strategies, writer
from tests.writer import NAME, T0, event, metadata, scalar, tensor, tensor_value, text, value

GARBAGE = b"\xff\xff\xff garbage"
ROWS = [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]


def read(folder: Path, *events: bytes, **options: Any) -> Run:
    """The run of one file with ``events``."""
    writer.write(folder, *events, **options)
    (run,) = read_logs(folder).runs
    return run


def gap_of(run: Run) -> Gap:
    (gap,) = run.gaps
    assert gap.file == NAME
    return gap


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder for a file that is written anew for each example."""
    return tmp_path_factory.mktemp("scratch")


# Scalars


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


# Metadata


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


# Media, text, curves, meshes, tensors


def test_images(tmp_path):
    data = writer.png(3, 2)
    made = event(0, writer.image("old", data, 3, 2), writer.tf2_images("new", [data, data], 3, 2))
    run = read(tmp_path, made)
    assert run.images["old"].images == ((EncodedImage(data, 3, 2),),)
    assert run.images["new"].images == ((EncodedImage(data, 3, 2),) * 2,)


@pytest.mark.parametrize("side", [b"", b"-4", b"x", b"9" * 5000, "٣".encode()])
def test_an_image_whose_size_is_no_number_has_none(tmp_path, side):
    made = tensor_value("i", writer.strings([side, b"2", b"png"]), "images")
    run = read(tmp_path, event(0, made))
    assert run.images["i"].images == ((EncodedImage(b"png", 0, 2),),)


def test_sounds(tmp_path):
    data = writer.wav([1, 2, 3])
    made = [
        writer.audio("old", data, "audio/wav", 8000.0),
        writer.tf2_audio("new", [(data, b"**label**"), (data, b"\xff")]),
        tensor_value("plain", writer.strings([data, data]), "audio"),
    ]
    run = read(tmp_path, event(0, *made))
    assert run.audio["old"].clips == ((AudioClip(data, "audio/wav", 8000.0),),)
    labels = AudioClip(data, "audio/wav", 0, "**label**"), AudioClip(data, "audio/wav", 0, "\\xff")
    assert run.audio["new"].clips == (labels,)
    assert run.audio["plain"].clips == ((AudioClip(data, "audio/wav"),) * 2,)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (b"# hi", "# hi"),
        ([b"a", "损".encode()], ["a", "损"]),
        ([[b"a", b"b"], [b"c", b"d"]], [["a", "b"], ["c", "d"]]),
        ([[[b"a"]]], [[["a"]]]),
        ([], []),
        (b"\xff\x00bad", "\\xff\x00bad"),
    ],
)
def test_text_of_any_rank(tmp_path, items, expected):
    (words,) = read(tmp_path, event(0, text("t", items))).texts["t"].texts
    assert words.dtype == object
    assert words.tolist() == expected


@pytest.mark.parametrize("shape", [[3], [2, 2], [1 << 31], []])
def test_text_whose_number_is_not_that_of_its_shape_is_a_list(tmp_path, shape):
    made = tensor_value("t", writer.strings([b"a", b"b"]), "text", shape=shape)
    (words,) = read(tmp_path, event(0, made)).texts["t"].texts
    assert words.tolist() == ["a", "b"]


def test_pr_curves(tmp_path):
    rows = np.arange(18).reshape(6, 3) / 4
    (curve,) = read(tmp_path, event(0, writer.pr_curve("p", rows))).pr_curves["p"].curves
    assert curve.dtype == "f8"
    np.testing.assert_array_equal(curve, rows)


def test_meshes(tmp_path):
    corners = np.arange(12, dtype="f4").reshape(1, 4, 3)
    faces, colours = np.zeros((1, 2, 3), "i4"), np.full((1, 4, 3), 7, "u1")
    made = [
        event(step, writer.mesh("m", writer.VERTICES, corners + step, '{"camera": 1}'))
        for step in range(2)
    ]
    made.append(event(1, writer.mesh("m", writer.FACES, faces)))
    made.append(event(1, writer.mesh("m", writer.COLORS, colours.astype("i4"))))
    run = read(tmp_path, *made)
    (mesh,) = run.meshes.values()
    assert (mesh.tag, mesh.config, mesh.steps.tolist()) == ("m", '{"camera": 1}', [0, 1])
    first, second = mesh.meshes
    assert (first.faces, first.colors) == (None, None)
    np.testing.assert_array_equal(second.vertices, corners + 1)
    np.testing.assert_array_equal(second.faces, faces)
    np.testing.assert_array_equal(second.colors, colours)
    assert (second.vertices.dtype, second.faces.dtype, second.colors.dtype) == ("f4", "i4", "u1")


def test_tensors_are_as_logged(tmp_path):
    array = np.arange(6, dtype="i2").reshape(1, 2, 3)
    run = read(tmp_path, event(0, tensor_value("kernel", array, "tensor")))
    (kernel,) = run.tensors["kernel"].values
    np.testing.assert_array_equal(kernel, array, strict=True)
    assert run.tensors["kernel"].plugin == "tensor"


@pytest.mark.parametrize(
    ("plugin", "array", "what"),
    [
        ("scalars", np.zeros(3), "not a scalar but float64 of shape [3]"),
        ("scalars", np.complex64(1), "not a scalar but complex64 of shape []"),
        ("scalars", np.zeros((0,)), "not a scalar but float64 of shape [0]"),
        ("histograms", np.zeros((2, 2)), "not a histogram but float64 of shape [2, 2]"),
        ("histograms", np.zeros((2, 3), "c8"), "not a histogram but complex64 of shape [2, 3]"),
        ("histograms", [b"x"], "not a histogram but strings of shape [1]"),
        ("images", [b"1"], "not images but strings of shape [1]"),
        ("images", np.zeros((2, 2)), "not images but float64 of shape [2, 2]"),
        ("audio", np.zeros(4), "not audio but float64 of shape [4]"),
        ("audio", writer.strings([]), "not audio but strings of shape [0]"),
        ("text", np.zeros(4), "not text but float64 of shape [4]"),
        ("pr_curves", np.zeros((5, 4)), "not a PR curve but float64 of shape [5, 4]"),
        ("pr_curves", np.zeros((6, 4), "c8"), "not a PR curve but complex64 of shape [6, 4]"),
        ("pr_curves", [b"x"], "not a PR curve but strings of shape [1]"),
        ("custom_scalars", np.zeros(4), "not one string"),
        ("graph_keras_model", [b"a", b"b"], "not one string"),
    ],
)
def test_a_value_without_the_shape_that_its_plugin_promises_is_a_gap(tmp_path, plugin, array, what):
    run = read(tmp_path, *(event(step, tensor_value("x", array, plugin)) for step in range(3)))
    gap = gap_of(run)
    assert (gap.kind, gap.reason, gap.count) == (GapKind.MALFORMED, f"tag 'x': {what}", 3)


@pytest.mark.parametrize(
    "array",
    [
        writer.strings([b"x"]),
        np.zeros(3, "f4"),
        np.zeros((1, 2, 4), "f4"),
        np.zeros((1, 2, 3), "c8"),
    ],
)
def test_a_part_of_a_mesh_that_is_none_is_a_gap(tmp_path, array):
    good = writer.mesh("m", writer.VERTICES, np.ones((1, 2, 3), "f4"))
    bad = writer.mesh("m", writer.FACES, array)
    run = read(tmp_path, event(0, good, bad), event(1, good, bad))
    assert [step.faces for step in run.meshes["m"].meshes] == [None, None]
    gap = gap_of(run)
    assert (gap.kind, gap.count) == (GapKind.MALFORMED, 2)
    assert gap.reason.startswith("tag 'm_FACE': not faces of a mesh but ")


def test_a_mesh_without_a_sound_part_is_none(tmp_path):
    run = read(tmp_path, event(0, writer.mesh("m", writer.VERTICES, np.zeros(3))))
    assert run.meshes == {}
    assert gap_of(run).reason == "tag 'm_VERTEX': not vertices of a mesh but float64 of shape [3]"


def test_faces_that_are_no_numbers_of_vertices_are_read_all_the_same(tmp_path):
    corners = writer.mesh("m", writer.VERTICES, np.full((1, 1, 3), 1e300))
    faces = writer.mesh("m", writer.FACES, np.full((1, 1, 3), np.nan, "f4"))
    (mesh,) = read(tmp_path, event(0, corners, faces)).meshes["m"].meshes
    assert np.isinf(mesh.vertices).all()
    assert mesh.faces.dtype == "i4"


def test_a_part_of_a_mesh_that_nobody_knows_is_counted(tmp_path):
    part = writer.mesh("m", 9, np.ones((1, 2, 3), "f4"))
    run = read(tmp_path, event(0, part), event(1, part))
    gap = gap_of(run)
    assert (gap.kind, gap.reason, gap.count) == (
        GapKind.MALFORMED,
        "tag 'm_9': neither vertices nor faces nor colours of a mesh",
        2,
    )


# What is in metadata


def test_hyperparameters_of_every_kind(tmp_path):
    settings = {"str": "<b>", "lr": 0.1, "nan": math.nan, "on": True, "off": False, "none": None}
    made = [
        writer.hparams_start(settings, group="g", start=T0),
        writer.hparams_experiment([("", "loss"), ("validation", "acc"), ("", "loss")]),
        writer.hparams_end(1, end=T0 + 5),
        scalar("loss", 1),
    ]
    hparams = read(tmp_path, event(0, *made)).hparams
    assert list(hparams.values) == ["lr", "nan", "none", "off", "on", "str"]
    assert math.isnan(hparams.values["nan"])
    assert {**hparams.values, "nan": None} == {**settings, "nan": None, "none": ""}
    assert hparams.values["on"] is True
    assert hparams.metrics == (("", "loss"), ("validation", "acc"))
    assert (hparams.group, hparams.status) == ("g", "success")
    assert (hparams.start_time, hparams.end_time) == (T0, T0 + 5)


@pytest.mark.parametrize(
    ("ends", "status"),
    [((), "unknown"), ((0,), "unknown"), ((2,), "failure"), ((3,), "running"), ((99,), "unknown")],
)
def test_how_a_session_ended(tmp_path, ends, status):
    made = [writer.hparams_start({"lr": 0.1}), *(writer.hparams_end(end) for end in ends)]
    hparams = read(tmp_path, event(0, *made)).hparams
    assert (hparams.status, hparams.values) == (status, {"lr": 0.1})
    assert math.isnan(hparams.start_time)
    assert math.isnan(hparams.end_time)


def test_hyperparameters_beside_an_empty_tensor(tmp_path):
    # TensorFlow since 2.1 writes a float tensor of shape (0,) with them.
    made = writer.hparams_start({"lr": 0.1})
    made.tensor = tensor(np.zeros(0, "f4"))
    run = read(tmp_path, event(0, made))
    assert run.hparams.values == {"lr": 0.1}
    assert (run.tensors, run.gaps) == ({}, ())


def test_an_experiment_without_a_session(tmp_path):
    run = read(tmp_path, event(0, writer.hparams_experiment([("", "loss")])))
    assert (run.hparams.values, run.hparams.metrics) == ({}, (("", "loss"),))
    assert read(tmp_path, event(0, writer.hparams("_hparams_/experiment", b""))).hparams is None


def test_the_newest_layout_of_custom_scalars(tmp_path):
    old = writer.custom_scalars({"old": {"chart": ["x"]}})
    new = writer.custom_scalars({"new": {"lines": ["a", "b.*"], "band": [("v", "lo", "hi")]}})
    run = read(tmp_path, event(0, old), event(1, new))
    charts = LayoutChart("lines", ("a", "b.*")), LayoutChart("band", (), (("v", "lo", "hi"),))
    assert run.layout == (LayoutCategory("new", charts),)
    assert run.tensors == {}


# Gaps


def test_values_of_a_plugin_that_nobody_knows_are_counted(tmp_path):
    made = value("flight", metadata=metadata("flight", b"position"))
    run = read(tmp_path, *(event(step, made, scalar("loss", step)) for step in range(3)))
    gap = gap_of(run)
    assert (gap.kind, gap.count) == (GapKind.UNKNOWN, 3)
    assert gap.length == 3 * len(metadata("flight", b"position"))
    assert gap.reason == "tag 'flight': values of the plugin 'flight', which nothing here shows"
    assert len(run.scalars["loss"]) == 3


def test_values_of_2015_and_values_of_nothing_are_counted(tmp_path):
    made = value("old", obsolete_old_style_histogram=b"x" * 7), value("nothing")
    run = read(tmp_path, event(0, *made))
    assert [(gap.kind, gap.length) for gap in run.gaps] == [
        (GapKind.UNKNOWN, 7),
        (GapKind.UNKNOWN, 0),
    ]


def mesh_with_garbage() -> Any:
    return tensor_value("m", np.ones((1, 2, 3), "f4"), "mesh", GARBAGE)


@pytest.mark.parametrize(
    "payload",
    [
        event(1, value("x", histo=GARBAGE)),
        event(1, value("x", histo=b"\x32\x03abc")),  # three bytes of packed doubles
        event(1, value("x", image=GARBAGE)),
        event(1, value("x", audio=GARBAGE)),
        event(1, value("x", tensor=GARBAGE)),
        event(1, value("x", tensor=tensor(1.0, shape=[1 << 33]))),
        event(1, scalar("x", 1, metadata=GARBAGE)),
        event(1, writer.hparams("_hparams_/session_start_info", GARBAGE)),
        event(1, tensor_value("x", [GARBAGE], "custom_scalars")),
        event(1, tensor_value("x", [GARBAGE], "graph_keras_model")),
        event(1, tensor_value("x", [b'{"config": {"layers": 3}}'], "graph_keras_model")),
        event(1, tensor_value("x", [b"[" * 100_000], "graph_keras_model")),
        event(1, tensor_value("x", [GARBAGE], "graph_run_metadata")),
        event(1, tensor_value("x", [GARBAGE], "graph_run_metadata_graph")),
        event(1, mesh_with_garbage()),
        event(1, graph_def=GARBAGE),
        event(1, meta_graph_def=GARBAGE),
        event(1, meta_graph_def=message("MetaGraphDef")(graph_def=GARBAGE).SerializeToString()),
        writer.tagged_run_metadata("x", GARBAGE),
        GARBAGE,
        b"\xfb\x01" * 100_000,  # open unknown groups
    ],
)
def test_garbage_in_a_sound_record_is_one_gap_and_the_rest_is_read(tmp_path, payload):
    run = read(tmp_path, event(0, scalar("loss", 1)), payload, event(2, scalar("loss", 2)))
    assert run.scalars["loss"].values.tolist() == [1, 2]
    gap = gap_of(run)
    assert (gap.kind, gap.count) == (GapKind.MALFORMED, 1)
    assert gap.reason


def test_a_value_with_bad_metadata_is_read_all_the_same(tmp_path):
    run = read(tmp_path, event(0, scalar("loss", 1, metadata=GARBAGE)))
    assert run.scalars["loss"].values.tolist() == [1]
    assert gap_of(run).reason == "tag 'loss': not a SummaryMetadata"


def test_a_gap_says_where_the_record_is(tmp_path):
    records = [event(0, scalar("loss", 1)), GARBAGE, event(2, value("x", image=GARBAGE))]
    run = read(tmp_path, *records, version="")
    offsets = [0, len(writer.frame(records[0]))]
    offsets.append(offsets[1] + len(writer.frame(GARBAGE)))
    assert sorted((gap.offset, gap.length) for gap in run.gaps) == [
        (offset, len(GARBAGE)) for offset in offsets[1:]
    ]
