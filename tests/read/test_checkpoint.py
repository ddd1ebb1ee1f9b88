"""Checkpoints: the numbers that real libraries saved, under the names of their variables."""

from __future__ import annotations

import numpy as np
import pytest

from tbreport.model import CheckpointTensor, GapKind, TensorRole
from tbreport.read.checkpoint import Budget, CheckpointFile, read_checkpoint
from tests.read.checkpoints import FILES, GOLD, path_of, read, truth

ROLES = (TensorRole.PARAMETER, TensorRole.STATISTIC, TensorRole.STATE)


# --- what was saved is what is read


@pytest.mark.parametrize("file", FILES)
def test_every_array_is_as_it_was_saved(file):
    checkpoint, _ = read(path_of(file))
    for name, array in truth()[file].items():
        tensor = checkpoint.tensors[name]
        if tensor.values is None:
            assert (file, name) == ("slices.ckpt-2", "embedding")
            continue
        assert tensor.values.dtype == array.dtype.newbyteorder("=")
        assert tensor.shape == array.shape
        np.testing.assert_array_equal(tensor.values, array)


@pytest.mark.parametrize("file", FILES)
def test_there_are_no_other_parameters(file):
    checkpoint, _ = read(path_of(file))
    wanted = {name for name, tensor in checkpoint.tensors.items() if tensor.role in ROLES[:2]}
    states = {name for name, tensor in checkpoint.tensors.items() if tensor.role in ROLES[2:]}
    assert wanted - {"float8", "repeated"} <= set(truth()[file]) <= wanted | states


@pytest.mark.parametrize(
    "file", [file for file in FILES if file not in ("odd.pt", "slices.ckpt-2")]
)
def test_a_sound_checkpoint_has_no_gaps(file):
    assert read(path_of(file))[1] == []


@pytest.mark.parametrize(
    ("file", "format_name", "layout"),
    [
        ("tf2.ckpt-7", "TensorFlow bundle", "HWIO"),
        ("model.keras", "Keras HDF5", "HWIO"),
        ("state_dict-step=30.pt", "torch", "OIHW"),
        ("model-00001-of-00002.safetensors", "safetensors", "OIHW"),
        ("weights.npz", "numpy", ""),
    ],
)
def test_the_format_tells_the_layout(file, format_name, layout):
    checkpoint, _ = read(path_of(file))
    assert checkpoint.format == format_name
    assert {tensor.layout for tensor in checkpoint.tensors.values()} == {layout}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("state_dict-step=30.pt", "0.weight"),
        ("keras.weights.h5", "stem/kernel"),
        ("tf2.ckpt-7", "sequential_2/stem/kernel"),
        ("model.ckpt-1000", "conv1/weights"),
        ("weights.npz", "kernel"),
    ],
)
def test_convolution_kernels_come_as_out_in_height_width(file, name):
    tensor = read(path_of(file))[0].tensors[name]
    kernels = tensor.kernels()
    assert kernels is not None
    assert kernels.shape == (2, 1, 3, 3)
    saved = truth()[file][name]
    if tensor.layout != "OIHW":
        saved = np.einsum("hwio->oihw", saved)
    np.testing.assert_array_equal(kernels, saved)


def test_only_rank_four_has_kernels():
    assert read(path_of("keras.weights.h5"))[0].tensors["head/kernel"].kernels() is None
    unread = CheckpointTensor("a", "a", (2, 1, 3, 3), "float32")
    assert unread.kernels() is None


@pytest.mark.parametrize(
    ("shape", "kernels"),
    [((3, 3, 8, 16), (16, 8, 3, 3)), ((16, 8, 3, 3), (16, 8, 3, 3)), ((3, 3, 5, 5), (3, 3, 5, 5))],
)
def test_an_unknown_layout_is_told_by_the_shape(shape, kernels):
    tensor = CheckpointTensor("w", "w", shape, "float32", values=np.zeros(shape, np.float32))
    found = tensor.kernels()
    assert found is not None
    assert found.shape == kernels


# --- names and roles


def test_slots_of_optimizers_are_listed_and_not_read():
    for file in ("tf2.ckpt-7", "model.ckpt-1000", "epoch=2-step=3750.ckpt", "legacy_model.h5"):
        checkpoint, _ = read(path_of(file))
        slots = [t for t in checkpoint.tensors.values() if t.role is TensorRole.OPTIMIZER]
        assert slots
        assert all(slot.values is None for slot in slots)
        assert not any("moment" in t.name or "exp_avg" in t.name for t in checkpoint.parameters)


def test_names_are_those_of_the_variables():
    checkpoint, _ = read(path_of("tf2.ckpt-7"))
    kernel = checkpoint.tensors["sequential_2/stem/kernel"]
    assert kernel.key == "optimizer/_trainable_variables/0/.ATTRIBUTES/VARIABLE_VALUE"
    mean = checkpoint.tensors["sequential_2/norm/moving_mean"]
    assert mean.role is TensorRole.STATISTIC
    plain, _ = read(path_of("shards.ckpt-2"))
    assert plain.tensors["half"].key == "half/.ATTRIBUTES/VARIABLE_VALUE"


def test_counters_are_no_parameters():
    checkpoint, _ = read(path_of("epoch=2-step=3750.ckpt"))
    state = [t.name for t in checkpoint.tensors.values() if t.role is TensorRole.STATE]
    assert state == [
        "net.1.num_batches_tracked",
        "callbacks.ModelCheckpoint{'monitor': None}.best_model_score",
    ]
    assert read(path_of("model.ckpt-1000"))[0].tensors["global_step"].role is TensorRole.STATE


def test_a_training_step_inside_the_checkpoint_is_found():
    assert read(path_of("epoch=2-step=3750.ckpt"))[0].step == 3750
    assert read(path_of("model.ckpt-1000"))[0].step in (1000, 1001)
    named = CheckpointFile(str(path_of("epoch=2-step=3750.ckpt")), "x", str(GOLD), step=5)
    assert read_checkpoint(named, Budget())[0].step == 5


def test_what_a_lightning_checkpoint_holds_beside_weights_is_no_trouble():
    checkpoint, gaps = read(path_of("epoch=2-step=3750.ckpt"))
    assert [tensor.name for tensor in checkpoint.parameters] == [
        f"net.{layer}.{part}" for layer in (0, 1, 3) for part in ("weight", "bias")
    ]
    assert gaps == []


def test_an_agent_is_read_out_of_the_archive_in_the_archive():
    checkpoint, _ = read(path_of("rl_model_1000_steps.zip"))
    slot = checkpoint.tensors["policy.optimizer.state.0.exp_avg"]
    assert slot.role is TensorRole.OPTIMIZER
    assert checkpoint.parameters[0].name == "0.weight"


def test_what_is_stored_in_another_way_is_named():
    checkpoint, gaps = read(path_of("odd.pt"))
    assert [(gap.kind, gap.reason) for gap in gaps] == [
        (GapKind.UNKNOWN, "tensor 'float8': numbers of type float8_e4m3fn are not read"),
        (GapKind.LIMIT, "tensor 'repeated': 5 numbers that repeat 1 stored ones"),
        (
            GapKind.REFUSED,
            "made by torch._utils._rebuild_sparse_tensor, not rebuilt here: 'sparse'",
        ),
    ]
    assert checkpoint.tensors["float8"].values is None
    _, gaps = read(path_of("slices.ckpt-2"))
    assert [gap.kind for gap in gaps] == [GapKind.UNKNOWN]
    assert "kept in slices" in gaps[0].reason


@pytest.mark.parametrize(
    ("file", "kind", "words"),
    [
        ("legacy.pth.tar", GapKind.REFUSED, "torch's format before 1.6"),
        ("pickled_weights.npy", GapKind.REFUSED, "holds pickled Python objects"),
    ],
)
def test_a_bare_pickle_is_refused(file, kind, words):
    checkpoint, gaps = read(GOLD / file)
    assert not checkpoint.tensors
    assert [gap.kind for gap in gaps] == [kind]
    assert words in gaps[0].reason
