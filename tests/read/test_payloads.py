"""Payloads: images, sounds, text, curves, meshes, tensors, hyperparameters and layouts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tbreport.model import AudioClip, EncodedImage, LayoutCategory, LayoutChart
from tests import writer
from tests.read.single import read
from tests.writer import T0, event, scalar, tensor, tensor_value, text


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
