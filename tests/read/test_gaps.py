"""Gaps: what is not as it should be is counted in its place, and the rest is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tbreport.model import GapKind
from tbreport.read.wire import message
from tests import writer
from tests.read.single import gap_of, read
from tests.writer import event, metadata, scalar, tensor, tensor_value, value

GARBAGE = b"\xff\xff\xff garbage"


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
