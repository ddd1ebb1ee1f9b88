"""Writes the small checkpoints in ``checkpoints/`` with the libraries that training loops use.

Run it in an environment with torch, tensorflow and keras, and in one with safetensors (any one part
can be made alone): ``python tests/gold/make_checkpoints.py torch tensorflow safetensors numpy``.
Beside the files stands ``<part>.npz``, the arrays as they were saved, by "<file>|<tensor's name>".
"""

from __future__ import annotations

import functools
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "checkpoints"


def numpy_part() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = {
        "kernel": rng.normal(size=(3, 3, 1, 2)).astype(np.float32),
        "bias": rng.normal(size=2),
        "count": np.array(7),
        "turned": np.asfortranarray(rng.normal(size=(2, 3)).astype(np.float32)),
        "half": rng.normal(size=4).astype(np.float16),
        "mask": np.array([True, False]),
        "big": np.arange(3, dtype=">i4"),
    }
    np.savez(HERE / "weights.npz", **arrays)
    np.savez_compressed(HERE / "weights_packed.npz", **arrays)
    np.save(HERE / "kernel_100.npy", arrays["kernel"])
    np.save(HERE / "pickled_weights.npy", np.array([{"a": 1}], object), allow_pickle=True)
    truth = {f"{file}|{name}": array for name, array in arrays.items() for file in NPZ}
    return truth | {"kernel_100.npy|kernel_100": arrays["kernel"]}


NPZ = ("weights.npz", "weights_packed.npz")


def safetensors_part() -> dict[str, np.ndarray]:
    import safetensors
    from safetensors.numpy import save_file

    rng = np.random.default_rng(1)
    arrays = {
        "conv.weight": rng.normal(size=(2, 1, 3, 3)).astype(np.float32),
        "conv.bias": rng.normal(size=2).astype(np.float16),
        "steps": np.array([1, 2, 3], np.int64),
        "mask": np.array([[True, False]]),
    }
    save_file(arrays, HERE / "model-00001-of-00002.safetensors", {"format": "pt"})
    exact = rng.normal(size=(2, 3)).astype(np.float32).view(np.uint32) & 0xFFFF0000
    bits = (exact >> 16).astype("<u2")
    entry = safetensors.TensorSpec(
        dtype="bfloat16", shape=[2, 3], data_ptr=bits.ctypes.data, data_len=bits.nbytes
    )
    data = safetensors.serialize({"head.weight": entry}, {"format": "pt"})
    (HERE / "model-00002-of-00002.safetensors").write_bytes(data)
    truth = {f"model-00001-of-00002.safetensors|{name}": array for name, array in arrays.items()}
    return truth | {"model-00002-of-00002.safetensors|head.weight": exact.view(np.float32)}


def torch_part() -> dict[str, np.ndarray]:
    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(2, 2)
    )
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.rand(2, 1, 3, 3)).sum().backward()
    optimizer.step()
    state = model.state_dict()
    truth = {}

    def add(file: str, tensors: dict[str, torch.Tensor]) -> None:
        for name, tensor in tensors.items():
            truth[f"{file}|{name}"] = (
                tensor.float() if tensor.dtype is torch.bfloat16 else tensor
            ).numpy()

    torch.save(state, HERE / "state_dict-step=30.pt")
    add("state_dict-step=30.pt", state)
    _save_lightning(torch, model, optimizer)
    add("epoch=2-step=3750.ckpt", {f"net.{name}": value for name, value in state.items()})
    torch.save(model, HERE / "whole_model.pth")
    add("whole_model.pth", state)
    _save_script(torch, model)
    add("script.pt", state)
    torch.save(state, HERE / "legacy.pth.tar", _use_new_zipfile_serialization=False)
    torch.serialization.set_crc32_options(False)
    torch.save(state, HERE / "unchecked.pt")
    torch.serialization.set_crc32_options(True)
    add("unchecked.pt", state)
    _save_agent(torch, state)
    add("rl_model_1000_steps.zip", state)
    add("odd.pt", _save_odd(torch))
    return truth


def _save_script(torch, model) -> None:
    """A TorchScript module without its debug files, which hold paths of the machine."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(model.eval()), buffer)
    with (
        zipfile.ZipFile(buffer) as made,
        zipfile.ZipFile(HERE / "script.pt", "w") as kept,
    ):
        for info in made.infolist():
            if not info.filename.endswith(".debug_pkl"):
                kept.writestr(info, made.read(info))


def _save_lightning(torch, model, optimizer) -> None:
    """What a Lightning checkpoint holds: hyper-parameters and callbacks beside the weights."""
    from argparse import Namespace

    torch.save(
        {
            "epoch": 2,
            "global_step": 3750,
            "pytorch-lightning_version": "2.4.0",
            "state_dict": {f"net.{name}": value for name, value in model.state_dict().items()},
            "callbacks": {
                "ModelCheckpoint{'monitor': None}": {"best_model_score": torch.tensor(0.5)}
            },
            "optimizer_states": [optimizer.state_dict()],
            "lr_schedulers": [],
            "hparams_name": "kwargs",
            "hyper_parameters": {
                "args": Namespace(lr=0.1),
                "path": Path("data"),
                "activation": functools.partial(torch.nn.functional.relu, inplace=True),
                "device": torch.device("cpu"),
                "dtype": torch.float32,
            },
        },
        HERE / "epoch=2-step=3750.ckpt",
    )


def _save_agent(torch, state) -> None:
    """As stable-baselines3's ``save_to_zip_file`` does it."""
    with zipfile.ZipFile(HERE / "rl_model_1000_steps.zip", "w") as archive:
        archive.writestr("data", json.dumps({"policy_class": {":type:": "<class>"}}))
        optimizer = {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": []}
        for name, saved in (("policy", state), ("policy.optimizer", optimizer)):
            buffer = io.BytesIO()
            torch.save(saved, buffer)
            archive.writestr(f"{name}.pth", buffer.getvalue())
        archive.writestr("_stable_baselines3_version", "2.4.0")


def _save_odd(torch) -> dict[str, object]:
    storage = torch.arange(12.0)
    good = {
        "bfloat16": torch.tensor([1.0, -2.5, 3.0], dtype=torch.bfloat16),
        "half": torch.tensor([1.0, -2.5], dtype=torch.float16),
        "uint16": torch.tensor([1, 65535], dtype=torch.uint16),
        "complex": torch.tensor([1 + 2j]),
        "turned": storage.reshape(3, 4).t(),
        "part": storage[4:6],
        "parameter": torch.nn.Parameter(torch.ones(2)).detach(),
        "scalar": torch.tensor(7),
        "empty": torch.zeros(0, 3),
        "flag": torch.tensor([True, False]),
    }
    bad = {
        "float8": torch.ones(2).to(torch.float8_e4m3fn),
        "sparse": torch.eye(3).to_sparse(),
        "repeated": torch.ones(1).expand(5),
    }
    torch.save({**good, **bad}, HERE / "odd.pt")
    return good


def tensorflow_part() -> dict[str, np.ndarray]:
    import tensorflow as tf

    return _save_keras(tf) | _save_bundles(tf)


def _model(keras):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Conv2D(2, 3, name="stem"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Flatten(),
            keras.layers.Dense(2, name="head"),
        ]
    )


def _save_keras(tf) -> dict[str, np.ndarray]:
    import keras

    truth = {}
    model = _model(keras)
    model.save_weights(HERE / "keras.weights.h5")
    model.save(HERE / "model.keras")
    for weight in model.weights:
        name = weight.path.removeprefix("sequential/")
        truth[f"keras.weights.h5|{name}"] = truth[f"model.keras|{name}"] = weight.numpy()
    model.compile(keras.optimizers.SGD(momentum=0.9), "mse")
    model.fit(np.zeros((2, 4, 4, 1)), np.ones((2, 2)), verbose=0)
    model.save(HERE / "legacy_model.h5")
    truth |= {f"legacy_model.h5|{weight.path}": weight.numpy() for weight in model.weights}

    recurrent = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Embedding(5, 2, name="words"),
            keras.layers.LSTM(1, name="memory"),
            keras.layers.Dense(1, dtype=keras.DTypePolicy("bfloat16"), name="low"),
        ]
    )
    (HERE / "projector/train").mkdir(parents=True, exist_ok=True)
    file = "projector/train/keras_embedding.ckpt-3.weights.h5"
    recurrent.save_weights(HERE / file)
    for weight in recurrent.weights:
        name = weight.path.split("/", 1)[1].replace("/lstm_cell/", "/cell/")
        name = name.replace("memory/cell", "memory/lstm_cell")
        truth[f"{file}|{name}"] = np.asarray(weight.numpy(), np.float32)
    return truth


def _save_bundles(tf) -> dict[str, np.ndarray]:
    import keras

    truth = {}
    model = _model(keras)
    model.compile(keras.optimizers.SGD(momentum=0.9), "mse")
    model.fit(np.zeros((2, 4, 4, 1)), np.ones((2, 2)), verbose=0)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    checkpoint.write(str(HERE / "tf2.ckpt-7"))
    truth |= {f"tf2.ckpt-7|{weight.path}": weight.numpy() for weight in model.weights}

    rng = np.random.default_rng(2)
    tensors = {
        "embedding": tf.Variable(rng.normal(size=(6, 2)).astype(np.float32)),
        "half": tf.Variable(rng.normal(size=3).astype(np.float16)),
        "brain": tf.Variable(tf.cast(rng.normal(size=(2, 2)), tf.bfloat16)),
        "count": tf.Variable(3, dtype=tf.int64),
        "name": tf.Variable("a text"),
    }
    whole = tf.train.CheckpointOptions(experimental_sharding_callback=_two_shards(tf))
    tf.train.Checkpoint(**tensors).write(str(HERE / "shards.ckpt-2"), options=whole)
    policy = tf.train.experimental.MaxShardSizePolicy(max_shard_size=40)
    sliced = tf.train.CheckpointOptions(experimental_sharding_callback=policy)
    tf.train.Checkpoint(**tensors).write(str(HERE / "slices.ckpt-2"), options=sliced)
    for name, variable in tensors.items():
        if name != "name":
            value = tf.cast(variable, tf.float32) if name == "brain" else variable
            truth[f"shards.ckpt-2|{name}"] = value.numpy()
    return truth | _save_tf1(tf)


def _two_shards(tf):
    class Alternate(tf.train.experimental.ShardingCallback):
        @property
        def description(self):
            return "Every other tensor in a shard of its own."

        def __call__(self, shardable_tensors):
            shards = [{}, {}]
            for number, each in enumerate(shardable_tensors):
                shards[number % 2][each.checkpoint_key] = {each.slice_spec: each.tensor}
            return shards

    return Alternate()


def _save_tf1(tf) -> dict[str, np.ndarray]:
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        v1.set_random_seed(0)
        weights = v1.get_variable("conv1/weights", (3, 3, 1, 2))
        biases = v1.get_variable("conv1/biases", (2,))
        step = v1.train.get_or_create_global_step()
        loss = tf.reduce_sum(weights) + tf.reduce_sum(biases)
        train = v1.train.AdamOptimizer().minimize(loss, global_step=step)
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            session.run([train, step.assign(1000)])
            saver = v1.train.Saver()
            saver.save(
                session,
                str(HERE / "model.ckpt"),
                global_step=1000,
                write_meta_graph=False,
            )
            values = session.run([weights, biases])
    (HERE / "checkpoint").unlink()  # names this machine's directories
    return {
        "model.ckpt-1000|conv1/weights": values[0],
        "model.ckpt-1000|conv1/biases": values[1],
    }


PARTS = {
    "numpy": numpy_part,
    "safetensors": safetensors_part,
    "torch": torch_part,
    "tensorflow": tensorflow_part,
}

if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for part in sys.argv[1:] or PARTS:
        np.savez_compressed(HERE / f"{part}.npz", **PARTS[part]())
