"""The sample logs: small, complete, anonymous, and with the health that README.md claims."""

from __future__ import annotations

import functools
import math
import re
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SAMPLE_LOGS = Path(__file__).resolve().parents[1] / "sample_logs"
SOUND = [
    "lr=1e-03,conv=1",
    "lr=1e-03,conv=2",
    "lr=3e-03,conv=1",
    "lr=3e-03,conv=2",
    "lr=1e-02,conv=1",
    "lr=1e-02,conv=2",
]
TOO_HIGH = "lr=1e+00,conv=2"
ZERO_INIT = "lr=1e-03,conv=2,init=zero"
HPARAMS_RUN = "lr=1e-02,conv=1/1767225600.0"
TF1 = ["tf1_mlp/train", "tf1_mlp/validation"]
RICH = "lr=3e-03,conv=2"
CLASSES = 10


@functools.cache
def read(run: str) -> EventAccumulator:
    everything = dict.fromkeys(["scalars", "histograms", "images", "audio", "tensors"], 0)
    accumulator = EventAccumulator(str(SAMPLE_LOGS / run), size_guidance=everything)
    return accumulator.Reload()


def values(run: str, tag: str) -> list[float]:
    return [event.value for event in read(run).Scalars(tag)]


def histograms(run: str, group: str) -> dict[str, list]:
    tags = [tag for tag in read(run).Tags()["histograms"] if tag.startswith(f"{group}/")]
    return {tag: read(run).Histograms(tag) for tag in tags}


def logged_files() -> list[Path]:
    """The files of the runs; not the scripts and what Python compiles of them."""
    inside = [path for path in SAMPLE_LOGS.glob("*/**/*") if path.is_file()]
    return [path for path in inside if "__pycache__" not in path.parts]


def test_every_run_is_there_and_no_other():
    runs = {path.parent for path in logged_files() if "tfevents" in path.name}
    names = {run.relative_to(SAMPLE_LOGS).as_posix() for run in runs}
    assert names == {*SOUND, TOO_HIGH, ZERO_INIT, HPARAMS_RUN, *TF1}


def test_they_are_small():
    assert 1e6 < sum(path.stat().st_size for path in logged_files()) < 3e6


def test_no_file_tells_the_machine_that_made_it():
    for path in logged_files():
        if "tfevents" in path.name:
            assert re.fullmatch(r"events\.out\.tfevents\.\d{10}\.sample\.\d+", path.name)
        told = re.search(rb"/home/|/Users/|/root/|\\Users\\|site-packages", path.read_bytes())
        assert told is None, path


def test_there_is_no_pickle():
    suffixes = {path.suffix for path in logged_files() if "tfevents" not in path.name}
    assert suffixes == {".pbtxt", ".png", ".tsv"}


@pytest.mark.parametrize("run", [*SOUND, TOO_HIGH, ZERO_INIT])
def test_weights_and_gradients_start_before_the_first_update(run):
    weights, gradients = histograms(run, "weights"), histograms(run, "gradients")
    assert [tag.split("/")[1] for tag in weights] == [tag.split("/")[1] for tag in gradients]
    assert len(weights) == (6 if "conv=1" in run else 8)
    for events in (*weights.values(), *gradients.values()):
        assert events[0].step == 0
        assert len(events) >= 8


@pytest.mark.parametrize("run", SOUND)
def test_sound_runs_learn_without_overfitting(run):
    assert values(run, "loss/train")[0] == pytest.approx(math.log(CLASSES), rel=0.05)
    assert values(run, "accuracy/val")[-1] >= 0.95
    validation = values(run, "loss/val")
    assert validation[-1] < 0.1 * validation[0]
    assert validation[-1] < 1.2 * min(validation)


def test_a_learning_rate_too_high_never_reaches_the_level_of_the_others():
    loss = values(TOO_HIGH, "loss/train")
    assert max(loss[1:]) > 1.5 * loss[0]
    assert min(loss) > 10 * max(values(run, "loss/val")[-1] for run in SOUND)


def test_a_learning_rate_too_high_kills_the_gradients_of_every_layer():
    for tag, events in histograms(TOO_HIGH, "gradients").items():
        first, *later = (event.histogram_value for event in events)
        assert first.min < 0 < first.max
        if tag != "gradients/head.bias":
            assert all(one.min == one.max == 0 for one in later)


def test_weights_that_start_at_zero_stay_there():
    weights = histograms(ZERO_INIT, "weights")
    del weights["weights/head.bias"]
    for events in weights.values():
        assert all(one.histogram_value.min == one.histogram_value.max == 0 for one in events)
    assert values(ZERO_INIT, "loss/val") == pytest.approx([math.log(CLASSES)] * 26, rel=0.01)


def test_one_run_holds_every_kind_of_summary():
    tags = read(RICH).Tags()
    assert {"kernels/conv1", "confusion", "misclassified"} <= set(tags["images"])
    assert tags["audio"] == ["loss"]
    assert tags["graph"]
    plugins = {meta.plugin_data.plugin_name for meta in read(RICH).summary_metadata.values()}
    assert {"text", "pr_curves", "mesh", "custom_scalars", "tensor", "hparams"} <= plugins
    kernels = read(RICH).Tensors("kernels/conv1.weight")[-1].tensor_proto
    assert [dim.size for dim in kernels.tensor_shape.dim] == [16, 1, 5, 5]


def test_embeddings_have_labels_and_a_sprite_for_each_row():
    for run in (RICH, TOO_HIGH):
        assert 'image_path: "00500/fc1/sprite.png"' in (
            SAMPLE_LOGS / run / "projector_config.pbtxt"
        ).read_text(encoding="utf-8")
        folder = SAMPLE_LOGS / run / "00500" / "fc1"
        rows = (folder / "tensors.tsv").read_text(encoding="utf-8").splitlines()
        header, *labels = (folder / "metadata.tsv").read_text(encoding="utf-8").splitlines()
        assert header == "label\tpredicted"
        assert len(rows) == len(labels) == 300


def test_the_tensorflow_1_run_is_written_by_tensorflow_and_learns():
    train, validation = TF1
    assert read(train).Tags()["graph"]
    assert read(train).Tags()["meta_graph"]
    assert read(train).GetSourceWriter() == "tensorflow.core.util.events_writer"
    assert values(validation, "metrics/accuracy")[-1] >= 0.95
    for tag in ("parameter/hidden/weights", "gradient/hidden/weights", "activation/hidden"):
        assert len(read(train).Histograms(tag)) >= 8
