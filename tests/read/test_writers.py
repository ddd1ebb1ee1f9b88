"""Real writers: what tensorboardX and TensorBoard itself write, read into the typed model."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.audio import metadata as audio_metadata
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as layout_metadata
from tensorboard.plugins.histogram import summary_v2 as histogram_summary
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.mesh import metadata as mesh_metadata
from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData
from tensorboard.plugins.pr_curve import metadata as pr_curve_metadata
from tensorboard.plugins.scalar import summary_v2 as scalar_summary
from tensorboard.plugins.text import summary_v2 as text_summary
from tensorboard.summary import Writer
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter

from tbreport.model import AudioClip, EncodedImage, LayoutCategory, LayoutChart, Run
from tbreport.read.logdir import read_logs


def read(folder: Path) -> Run:
    (run,) = read_logs(folder).runs
    assert run.gaps == ()
    return run


@pytest.fixture
def tensorboardx(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        yield writer


def test_tensorboardx_scalars(tmp_path, tensorboardx):
    for step in range(5):
        tensorboardx.add_scalar("loss", 1 / (step + 1), step, walltime=1e9 + step)
    tensorboardx.close()
    loss = read(tmp_path).scalars["loss"]
    assert loss.steps.tolist() == [0, 1, 2, 3, 4]
    assert loss.wall_times.tolist() == [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4]
    assert loss.values.tolist() == np.float32([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]).tolist()


def test_tensorboardx_groups_of_scalars_are_runs_of_their_own(tmp_path, tensorboardx):
    tensorboardx.add_scalars("a/b", {"x": 1.0, "y": 2.0}, 3)
    tensorboardx.close()
    runs = {run.name: run for run in read_logs(tmp_path).runs}
    assert set(runs) == {".", "a/b/x", "a/b/y"}
    assert runs["a/b/y"].scalars["a/b"].values.tolist() == [2]


def test_tensorboardx_histograms(tmp_path, tensorboardx):
    tensorboardx.add_histogram("h", np.arange(100.0), 0)
    tensorboardx.add_histogram_raw("raw", 0, 4, 5, 10, 30, [1, 2, 4], [0, 2, 3], 1)
    tensorboardx.close()
    run = read(tmp_path)
    found = run.histograms["h"]
    assert (found.minimum[0], found.maximum[0], found.num[0]) == (0, 99, 100)
    assert (found.sum[0], found.sum_squares[0]) == (4950, 328350)
    assert found.counts[0].sum() == 100
    assert run.histograms["raw"].buckets(0).tolist() == [[0, 2, 2], [2, 4, 3]]


def test_tensorboardx_images(tmp_path, tensorboardx):
    tensorboardx.add_image("one", np.full((3, 4, 5), 0.5), 2)
    tensorboardx.add_images("grid", np.zeros((2, 3, 4, 5)), 2)
    tensorboardx.close()
    run = read(tmp_path)
    ((one,),) = run.images["one"].images
    assert (one.width, one.height) == (5, 4)
    with Image.open(io.BytesIO(one.data)) as picture:
        assert (picture.size, picture.format) == ((5, 4), "PNG")
    assert run.images["grid"].steps.tolist() == [2]


def test_tensorboardx_text(tmp_path, tensorboardx):
    tensorboardx.add_text("note", "# 損失", 1)
    tensorboardx.close()
    (words,) = read(tmp_path).texts["note/text_summary"].texts
    assert words.tolist() == ["# 損失"]


def test_tensorboardx_pr_curves(tmp_path, tensorboardx):
    labels, scores = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.4, 0.6])
    tensorboardx.add_pr_curve("pr", labels, scores, 0, num_thresholds=11)
    tensorboardx.close()
    (curve,) = read(tmp_path).pr_curves["pr"].curves
    assert curve.shape == (6, 11)
    assert curve[:4, 0].tolist() == [2, 2, 0, 0]  # at a threshold of 0 all are called positive


def test_tensorboardx_meshes(tmp_path, tensorboardx):
    corners = np.arange(12.0).reshape(1, 4, 3)
    faces = np.array([[[0, 1, 2]]])
    tensorboardx.add_mesh("m", corners, np.full((1, 4, 3), 7), faces, {"camera": 1}, 3)
    tensorboardx.close()
    series = read(tmp_path).meshes["m"]
    (mesh,) = series.meshes
    assert (series.steps.tolist(), series.config) == ([3], '{"camera": 1}')
    assert mesh.vertices.tolist() == corners.tolist()
    assert mesh.faces.tolist() == faces.tolist()
    assert mesh.colors.tolist() == [[[7, 7, 7]] * 4]


def test_tensorboardx_hyperparameters_are_in_a_run_of_their_own(tmp_path, tensorboardx):
    settings = {"lr": 0.1, "batch": 32, "name": "adam", "amp": True}
    tensorboardx.add_hparams(settings, {"accuracy": 0.5}, name="trial")
    tensorboardx.close()
    runs = {run.name: run for run in read_logs(tmp_path).runs}
    hparams = runs["trial"].hparams
    assert hparams.values == settings
    assert (hparams.metrics, hparams.status) == ((("", "accuracy"),), "success")
    assert runs["trial"].scalars["accuracy"].values.tolist() == [0.5]


def test_tensorboardx_custom_scalars(tmp_path, tensorboardx):
    lines, band = ["Multiline", ["loss/.*", "acc"]], ["Margin", ["v", "lo", "hi"]]
    tensorboardx.add_custom_scalars({"mine": {"lines": lines, "band": band}})
    tensorboardx.close()
    charts = LayoutChart("lines", ("loss/.*", "acc")), LayoutChart("band", (), (("v", "lo", "hi"),))
    assert read(tmp_path).layout == (LayoutCategory("mine", charts),)


def test_tensorboards_own_writer(tmp_path):
    writer = Writer(str(tmp_path))
    for step in range(3):
        writer.add_scalar("loss", step / 3, step, wall_time=1e9 + step, description="what it is")
    writer.close()
    run = read(tmp_path)
    loss = run.scalars["loss"]
    assert loss.values.tolist() == np.float32([0, 1 / 3, 2 / 3]).tolist()
    assert loss.wall_times.tolist() == [1e9, 1e9 + 1, 1e9 + 2]
    assert loss.description == "what it is"
    assert run.files[0].version == "brain.Event:2"


def write(folder: Path, *summaries: summary_pb2.Summary) -> Run:
    """The run of one file by TensorBoard's writer with ``summaries``, a step each."""
    writer = EventFileWriter(str(folder))
    for step, summary in enumerate(summaries):
        event = event_pb2.Event(wall_time=1e9 + step, step=step, summary=summary)
        writer.add_event(event)
    writer.close()
    return read(folder)


def summary(tag: str, array: np.ndarray, metadata: summary_pb2.SummaryMetadata):
    value = summary_pb2.Summary.Value(
        tag=tag, tensor=tensor_util.make_tensor_proto(array), metadata=metadata
    )
    return summary_pb2.Summary(value=[value])


def test_scalars_histograms_and_text_of_tensorflow_2(tmp_path):
    data = np.linspace(0, 3, 50)
    run = write(
        tmp_path,
        scalar_summary.scalar_pb("loss", 0.25),
        histogram_summary.histogram_pb("h", data, buckets=5, description="weights"),
        histogram_summary.histogram_pb("empty", np.array([])),
        histogram_summary.histogram_pb("constant", np.ones(4)),
        text_summary.text_pb("words", np.array([["a", "b"]])),
    )
    assert run.scalars["loss"].values.tolist() == [0.25]
    counts, edges = np.histogram(data, 5)
    rows = np.column_stack([edges[:-1], edges[1:], counts])
    np.testing.assert_allclose(run.histograms["h"].buckets(0), rows)
    assert run.histograms["h"].description == "weights"
    assert run.histograms["empty"].num.tolist() == [0]
    constant = run.histograms["constant"]
    assert (constant.minimum[0], constant.maximum[0], constant.num[0]) == (1, 1, 4)
    assert run.texts["words"].texts[0].tolist() == [["a", "b"]]


def test_media_of_tensorflow_2(tmp_path):
    metadata = {
        "image": image_metadata.create_summary_metadata(None, "a picture"),
        "audio": audio_metadata.create_summary_metadata(
            None, None, audio_metadata.Encoding.Value("WAV")
        ),
        "mesh": mesh_metadata.create_summary_metadata(
            "m", None, MeshPluginData.VERTEX, 1, [1, 2, 3], json_config="{}"
        ),
        "curve": pr_curve_metadata.create_summary_metadata(None, None, 7),
    }
    run = write(
        tmp_path,
        summary("image", np.array([b"5", b"4", b"png"], object), metadata["image"]),
        summary("audio", np.array([[b"wav", b"label"]], object), metadata["audio"]),
        summary("m_VERTEX", np.ones((1, 2, 3), "f4"), metadata["mesh"]),
        summary("curve", np.ones((6, 7), "f4"), metadata["curve"]),
    )
    assert run.images["image"].images == ((EncodedImage(b"png", 5, 4),),)
    assert run.images["image"].description == "a picture"
    assert run.audio["audio"].clips == ((AudioClip(b"wav", "audio/wav", 0.0, "label"),),)
    assert run.meshes["m"].meshes[0].vertices.shape == (1, 2, 3)
    assert run.pr_curves["curve"].curves[0].shape == (6, 7)


def test_hyperparameters_of_tensorflow_2(tmp_path):
    learning_rate = hparams_summary.HParam("lr", hparams_summary.RealInterval(1e-3, 1.0))
    metric = hparams_summary.Metric("epoch_accuracy", group="validation")
    settings = {learning_rate: 0.1, "optimizer": "adam", "amp": True}
    run = write(
        tmp_path,
        hparams_summary.hparams_config_pb([learning_rate], [metric]),
        hparams_summary.hparams_pb(settings, trial_id="trial", start_time_secs=5.0),
    )
    assert run.hparams.values == {"amp": True, "lr": 0.1, "optimizer": "adam"}
    assert run.hparams.metrics == (("validation", "epoch_accuracy"),)
    assert (run.hparams.group, run.hparams.start_time) == ("trial", 5.0)
    assert run.tensors == {}


def test_custom_scalars_of_tensorflow(tmp_path):
    chart = layout_pb2.Chart(
        title="lines", multiline=layout_pb2.MultilineChartContent(tag=["loss"])
    )
    layout = layout_pb2.Layout(
        category=[layout_pb2.Category(title="mine", chart=[chart], closed=True)]
    )
    array = np.array(layout.SerializeToString(), object)
    metadata = layout_metadata.create_summary_metadata()
    run = write(tmp_path, summary("custom_scalars__config__", array, metadata))
    charts = (LayoutChart("lines", ("loss",)),)
    assert run.layout == (LayoutCategory("mine", charts, closed=True),)
