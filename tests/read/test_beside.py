"""Which files beside event files are a run's checkpoints, and which of them are read."""

from __future__ import annotations

import shutil
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tbreport.model import Checkpoint, GapKind, Run
from tbreport.read import beside, checkpointfiles
from tbreport.read.checkpoint import RUN_BUDGET
from tbreport.read.logdir import read_logs
from tbreport.read.steps import step_of
from tests import writer
from tests.read.checkpoints import GOLD, kinds

STATE = "state_dict-step=30.pt"


def run(folder: Path) -> Path:
    """A directory with an event file."""
    writer.write(folder, writer.event(1, writer.scalar("loss", 1.0)))
    return folder


def put(folder: Path, name: str, gold: str = STATE) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(GOLD / gold, path)


def read(folder: Path, name: str = ".") -> Run:
    return next(run for run in read_logs(folder).runs if run.name == name)


def listed(found: Run) -> list[tuple[str, bool]]:
    return [(checkpoint.name, checkpoint.read) for checkpoint in found.checkpoints]


@pytest.mark.parametrize(
    "name",
    [
        "model.pt",
        "best.pth",
        "last.ckpt",
        "net.pth.tar",
        "checkpoints/epoch=1-step=5.ckpt",
        "checkpoint_000010/state.pt",
        "ckpt/a.pt",
        "ckpts/step_3/a.pt",
        "models/a.pt",
        "weights/best.pt",
        "pytorch_model.bin",
    ],
)
def test_a_checkpoint_is_found_where_training_loops_put_it(tmp_path, name):
    put(run(tmp_path), name)
    found = read(tmp_path)
    assert listed(found) == [(name, True)]
    assert found.checkpoints[0].parameters
    assert not found.gaps


@pytest.mark.parametrize(
    "name",
    [
        *("data/a.pt", "checkpoints/a/b.pt", "checkpoints/model/x/ckpt/a.pt", "a.txt", "pt"),
        *(".hidden.pt", "training_args.bin", "predictions.npy", "evaluations.npz", "images.index"),
    ],
)
def test_other_files_are_not_looked_into(tmp_path, name):
    put(run(tmp_path), name)
    found = read(tmp_path)
    assert listed(found) == []
    assert not found.gaps


def test_arrays_with_a_telling_name_or_place_are_checkpoints(tmp_path):
    run(tmp_path)
    for name in ("weights.npz", "checkpoints/any.npz"):
        put(tmp_path, name, "weights.npz")
    assert listed(read(tmp_path)) == [("checkpoints/any.npz", True), ("weights.npz", True)]


def test_a_bundle_is_one_checkpoint_with_the_size_of_its_files(tmp_path):
    run(tmp_path)
    size = 0
    for path in GOLD.glob("shards.ckpt-2.*"):
        put(tmp_path, path.name, path.name)
        size += path.stat().st_size
    (found,) = read(tmp_path).checkpoints
    assert (found.name, found.step, found.size) == ("shards.ckpt-2", 2, size)
    assert found.format == "TensorFlow bundle"


def test_an_exported_keras_model_is_found(tmp_path):
    run(tmp_path)
    for path in GOLD.glob("tf2.ckpt-7.*"):
        suffix = path.name.removeprefix("tf2.ckpt-7")
        put(tmp_path, f"saved_model/variables/variables{suffix}", path.name)
    (found,) = read(tmp_path).checkpoints
    assert found.name == "saved_model/variables/variables"
    assert "sequential_2/stem/kernel" in found.tensors


def test_the_first_and_the_last_of_a_series_are_read(tmp_path):
    run(tmp_path)
    for step in (9, 10, 100, 20):
        put(tmp_path, f"checkpoints/step={step}.ckpt")
    put(tmp_path, "checkpoints/last.ckpt")
    found = read(tmp_path)
    assert listed(found) == [
        ("checkpoints/last.ckpt", True),
        ("checkpoints/step=9.ckpt", True),
        ("checkpoints/step=10.ckpt", False),
        ("checkpoints/step=20.ckpt", False),
        ("checkpoints/step=100.ckpt", True),
    ]
    assert [checkpoint.step for checkpoint in found.checkpoints] == [None, 9, 10, 20, 100]
    unread = found.checkpoints[2]
    assert (unread.format, dict(unread.tensors)) == ("", {})
    assert unread.size == (GOLD / STATE).stat().st_size
    assert not found.gaps


def test_the_parts_of_one_checkpoint_are_read_together(tmp_path):
    run(tmp_path)
    for step in (1, 2, 3):
        for part in (1, 2):
            name = f"model-0000{part}-of-00002.safetensors"
            put(tmp_path, f"checkpoint-{step}/{name}", name)
    found = read(tmp_path)
    assert [(c.step, c.read) for c in found.checkpoints] == [
        *[(1, True)] * 2,
        *[(2, False)] * 2,
        *[(3, True)] * 2,
    ]


def test_only_so_many_checkpoints_are_read_the_last_of_each_series_first(tmp_path):
    run(tmp_path)
    for name in "abcdef":
        for step in (1, 2):
            put(tmp_path, f"{name}-step={step}.pt")
    found = read(tmp_path)
    reads = {checkpoint.name for checkpoint in found.checkpoints if checkpoint.read}
    assert len(found.checkpoints) == 12
    assert reads == {f"{name}-step=2.pt" for name in "abcdef"} | {"a-step=1.pt", "b-step=1.pt"}


def test_each_run_has_its_own(tmp_path):
    put(run(tmp_path / "a"), "checkpoints/x.pt")
    put(run(tmp_path / "b"), "y.pt")
    put(run(tmp_path / "b/model"), "z.pt")
    logs = read_logs(tmp_path)
    assert {run.name: listed(run) for run in logs.runs} == {
        "a": [("a/checkpoints/x.pt", True)],
        "b": [("b/y.pt", True)],
        "b/model": [("b/model/z.pt", True)],
    }


def test_names_are_the_same_whatever_way_the_logs_are_given(tmp_path, monkeypatch):
    put(run(tmp_path / "a"), "x.pt")
    monkeypatch.chdir(tmp_path / "a")
    for place in (".", tmp_path / "a", writer.NAME):
        (found,) = read_logs(place).runs
        assert listed(found) == [("x.pt", True)]
    names = {c.name for each in read_logs([tmp_path / "a", "../a"]).runs for c in each.checkpoints}
    assert all(name.endswith("x.pt") for name in names)


def test_a_damaged_checkpoint_costs_only_itself(tmp_path):
    run(tmp_path)
    put(tmp_path, "good.pt")
    (tmp_path / "bad.pt").write_bytes((GOLD / STATE).read_bytes()[:1000])
    found = read(tmp_path)
    assert {c.name: bool(c.tensors) for c in found.checkpoints} == {
        "good.pt": True,
        "bad.pt": False,
    }
    assert [(gap.kind, gap.file) for gap in found.gaps] == [(GapKind.DAMAGED, "bad.pt")]
    assert "loss" in found.scalars


def test_what_nobody_thought_of_costs_only_its_file(tmp_path, monkeypatch):
    def fail(file, budget):
        raise KeyError(file.name)

    monkeypatch.setattr(beside, "read_checkpoint", fail)
    put(run(tmp_path), "model-step=3.pt")
    found = read(tmp_path)
    assert [(c.name, c.step, c.read) for c in found.checkpoints] == [("model-step=3.pt", 3, True)]
    assert [(gap.kind, gap.file) for gap in found.gaps] == [(GapKind.MALFORMED, "model-step=3.pt")]


def test_an_archive_of_something_else_is_passed_over(tmp_path):
    with zipfile.ZipFile(run(tmp_path) / "code.zip", "w") as archive:
        archive.writestr("train.py", "print()")
    put(tmp_path, "rl_model_1000_steps.zip", "rl_model_1000_steps.zip")
    found = read(tmp_path)
    assert [(c.name, c.step) for c in found.checkpoints] == [("rl_model_1000_steps.zip", 1000)]
    assert not found.gaps


def test_links_out_of_the_run_are_refused_and_named(tmp_path):
    outside = tmp_path / "outside"
    put(outside, "model.pt")
    folder = run(tmp_path / "run")
    (folder / "checkpoints").symlink_to(outside)
    (folder / "model.pt").symlink_to(outside / "model.pt")
    found = read(folder)
    assert all(not checkpoint.tensors for checkpoint in found.checkpoints)
    assert sorted((gap.kind, gap.file) for gap in found.gaps) == [
        (GapKind.REFUSED, "checkpoints"),
        (GapKind.REFUSED, "model.pt"),
    ]


def test_a_run_that_is_a_link_itself_is_read(tmp_path):
    put(run(tmp_path / "elsewhere"), "model.pt")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/run").symlink_to(tmp_path / "elsewhere")
    assert listed(read(tmp_path / "logs", "run")) == [("run/model.pt", True)]


def test_folders_without_end_are_not_all_looked_into(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpointfiles, "MAX_FOLDERS", 3)
    run(tmp_path)
    for step in range(5):
        put(tmp_path, f"checkpoint-{step}/model.pt")
    found = read(tmp_path)
    assert len(found.checkpoints) == 2
    assert kinds(list(found.gaps)) == [GapKind.LIMIT]


def test_the_budget_is_shared_among_runs():
    assert beside.share_of_budget(1) == RUN_BUDGET
    assert 1000 * beside.share_of_budget(1000) <= beside.TOTAL_BUDGET


def test_other_processes_read_the_same(tmp_path):
    for name in ("a", "b"):
        put(run(tmp_path / name), "model.pt")
    with ProcessPoolExecutor(1) as executor:
        there = read_logs(tmp_path, executor=executor).runs
    for one, other in zip(read_logs(tmp_path).runs, there, strict=True):
        assert summary(one.checkpoints[0]) == summary(other.checkpoints[0])


def summary(checkpoint: Checkpoint) -> list[tuple[str, bytes]]:
    tensors = checkpoint.tensors.values()
    return [(t.name, t.values.tobytes()) for t in tensors if t.values is not None]


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("epoch=2-step=3750", 3750),
        ("model.ckpt-1000", 1000),
        ("keras_embedding.ckpt-3", 3),
        ("ckpt-12", 12),
        ("checkpoint_000010", 10),
        ("rl_model_1000_steps", 1000),
        ("step-0005", 5),
        ("global_step500", 500),
        ("iter_20000", 20000),
        ("20000_iters", 20000),
        ("epoch_7", 7),
        ("epoch7", 7),
        ("weights.05-0.32", 5),
        ("model_42", 42),
        ("1200", 1200),
        ("policy-64", 64),
        ("model-00001-of-00002", None),
        ("resnet18", None),
        ("vgg16_best", None),
        ("last", None),
        ("best_model", None),
        ("step=" + "9" * 19, None),
    ],
)
def test_the_step_is_told_by_the_name(name, step):
    assert step_of(name) == step


def test_the_folder_tells_the_step_where_the_name_does_not():
    assert step_of("pytorch_model", "checkpoint-500") == 500
    assert step_of("epoch_3", "checkpoint-500") == 3


def test_real_checkpoints_of_lightning(shared_logs):
    logs = read_logs(shared_logs / "ibadrather__pytorch_learn")
    found = {run.name.rpartition("/")[2]: run for run in logs.runs if run.checkpoints}
    assert sorted(found) == [f"version_{n}" for n in (10, 11, 14, 15, 17)]
    (checkpoint,) = found["version_10"].checkpoints
    assert checkpoint.step == 3750
    assert {tensor.name: tensor.shape for tensor in checkpoint.parameters} == {
        "model.lstm.weight_ih_l0": (512, 6),
        "model.lstm.weight_hh_l0": (512, 128),
        "model.lstm.bias_ih_l0": (512,),
        "model.lstm.bias_hh_l0": (512,),
        "model.lstm.weight_ih_l1": (512, 128),
        "model.lstm.weight_hh_l1": (512, 128),
        "model.lstm.bias_ih_l1": (512,),
        "model.lstm.bias_hh_l1": (512,),
        "model.regressor.weight": (6, 128),
        "model.regressor.bias": (6,),
    }
    for tensor in checkpoint.parameters:
        assert tensor.values is not None
        assert np.isfinite(tensor.values).all()


def test_a_real_bundle_of_two_shards(shared_logs):
    logs = read_logs(shared_logs / "Alwaysproblem__tensorboard-review" / "log-base")
    (checkpoint,) = next(run for run in logs.runs if run.name == "train").checkpoints
    assert {tensor.name: tensor.shape for tensor in checkpoint.parameters} == {
        "embed/embeddings": (10000, 16),
        "output_layer/bias": (1,),
        "output_layer/kernel": (64, 1),
        "relu_layer/bias": (64,),
        "relu_layer/kernel": (16, 64),
    }
    assert all(tensor.values is not None for tensor in checkpoint.parameters)
