"""What writers of other people log, a value of each kind: ``python -m tests.loggers KIND FOLDER``.

Each runs in a process of its own: frameworks warn, start threads and take seconds to import.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

LABELS, SCORES = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.4, 0.6])
CORNERS, FACES = np.arange(12.0).reshape(1, 4, 3), np.array([[[0, 1, 2]]])


def tensorboardx(folder: Path) -> None:
    """Everything that tensorboardX's writer has a method for and needs no framework."""
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.add_scalars("both/loss", {"a": 1.0, "b": 2.0}, 0)
        writer.add_histogram("fc/weight", np.arange(9.0), 0)
        writer.add_histogram_raw("raw/weight", 0, 4, 5, 10, 30, [1, 2, 4], [0, 2, 3], 0)
        writer.add_image("picture", np.zeros((3, 8, 8)), 0)
        writer.add_text("note", "# hello", 0)
        writer.add_pr_curve("pr", LABELS, SCORES, 0, num_thresholds=11)
        writer.add_mesh("mesh", CORNERS, None, FACES, None, 0)
        writer.add_custom_scalars({"mine": {"chart": ["Multiline", ["loss"]]}})
        writer.add_hparams({"rate": 0.1, "kind": "adam"}, {"score": 0.5}, name="trial")


def torch(folder: Path) -> None:
    """Every method of torch's SummaryWriter."""
    import torch
    from torch.utils.tensorboard import SummaryWriter

    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU())
    with SummaryWriter(str(folder)) as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.add_scalar("new style", 1.0, 0, new_style=True)
        writer.add_scalars("both/loss", {"a": 1.0, "b": 2.0}, 0)
        writer.add_histogram("fc/weight", np.arange(9.0), 0)
        writer.add_image("picture", np.zeros((3, 8, 8)), 0)
        writer.add_images("pictures", np.zeros((2, 3, 8, 8)), 0)
        writer.add_audio("sound", torch.zeros(1, 100), 0, 8000)
        writer.add_text("note", "# hello", 0)
        writer.add_pr_curve("pr", LABELS, SCORES, 0)
        writer.add_mesh("mesh", torch.tensor(CORNERS), faces=torch.tensor(FACES), global_step=0)
        writer.add_custom_scalars({"mine": {"chart": ["Multiline", ["loss"]]}})
        writer.add_embedding(torch.rand(5, 3), metadata=list("abcde"), tag="words", global_step=0)
        writer.add_tensor("matrix", torch.rand(2, 3))
        writer.add_tensor("half", torch.rand(2, 3).to(torch.bfloat16))
        writer.add_tensor("conv.weight", torch.rand(8, 1, 3, 3))
        writer.add_tensor("batch", torch.rand(2, 3, 40, 50))
        writer.add_graph(network, torch.rand(1, 3))
        writer.add_hparams({"rate": 0.1, "kind": "adam"}, {"score": 0.5}, run_name="trial")


def tensorflow1(folder: Path) -> None:
    """TensorFlow 1's operations through its FileWriter, and a traced session."""
    import tensorflow as tf
    from tensorboard.plugins.custom_scalar import layout_pb2
    from tensorboard.plugins.custom_scalar import summary as custom_summary
    from tensorboard.plugins.mesh import summary as mesh_summary
    from tensorboard.plugins.pr_curve import summary as curve_summary

    v1 = tf.compat.v1
    lines = layout_pb2.MultilineChartContent(tag=["loss"])
    chart = layout_pb2.Chart(title="chart", multiline=lines)
    layout = layout_pb2.Layout(category=[layout_pb2.Category(title="mine", chart=[chart])])
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        weights = v1.get_variable("fc/weight", shape=(2, 3))
        operations = [
            v1.summary.scalar("loss", 1.0),
            v1.summary.histogram("fc/histogram", weights),
            v1.summary.image("picture", tf.zeros((1, 4, 4, 3))),
            v1.summary.audio("sound", tf.zeros((1, 100, 1)), 8000.0),
            v1.summary.text("note", tf.constant("# hello")),
            v1.summary.tensor_summary("matrix", tf.constant([[1.0, 2.0]])),
            curve_summary.op("pr", tf.constant(LABELS > 0), tf.constant(SCORES, tf.float32), 11),
            mesh_summary.op("mesh", tf.constant(CORNERS, tf.float32), faces=tf.constant(FACES)),
        ]
        session.run(v1.global_variables_initializer())
        traced, full = v1.RunMetadata(), v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
        merged = session.run(v1.summary.merge(operations), options=full, run_metadata=traced)
        with v1.summary.FileWriter(str(folder), graph) as writer:
            writer.add_summary(merged, 0)
            writer.add_summary(custom_summary.pb(layout))
            writer.add_run_metadata(traced, "traced", 7)


def tensorflow2(folder: Path) -> None:
    """TensorFlow 2's tf.summary, with the plugins that TensorBoard brings."""
    import tensorflow as tf
    from tensorboard.plugins.hparams import api as hparams
    from tensorboard.plugins.mesh import summary_v2 as mesh_summary

    data = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="flames")
    with tf.summary.create_file_writer(str(folder)).as_default(step=0):
        tf.summary.scalar("loss", 1.0)
        tf.summary.histogram("fc/weight", tf.range(9.0))
        tf.summary.image("picture", tf.zeros((2, 4, 4, 3)))
        tf.summary.audio("sound", tf.zeros((1, 100, 1)), 8000)
        tf.summary.text("note", "# hello")
        hparams.hparams({"rate": 0.1, "kind": "adam"})
        mesh_summary.mesh("mesh", tf.constant(CORNERS, tf.float32), faces=tf.constant(FACES))
        metadata = tf.compat.v1.SummaryMetadata(plugin_data=data)
        tf.summary.write("matrix", tf.constant([[1.0, 2.0]]), metadata=metadata)
        tf.summary.trace_on(graph=True)
        square = tf.function(lambda x: tf.nn.relu(x @ x))
        square(tf.ones((2, 2)))
        tf.summary.trace_export("square")
        tf.summary.graph(square.get_concrete_function(tf.ones((2, 2))).graph)


def keras(folder: Path) -> None:
    """Keras' callback with all it can log."""
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(3, 2, name="conv"),
            layers.Flatten(),
            layers.Dense(2, activation="softmax", name="head"),
        ],
        name="net",
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    inputs, labels = np.zeros((8, 4, 4, 1), "f4"), np.arange(8) % 2
    callback = keras.callbacks.TensorBoard(
        str(folder), histogram_freq=1, write_images=True, update_freq=1, profile_batch=(1, 2)
    )
    model.fit(
        inputs, labels, 4, 2, verbose=0, callbacks=[callback], validation_data=(inputs, labels)
    )


LOGGERS = {each.__name__: each for each in (tensorboardx, torch, tensorflow1, tensorflow2, keras)}

if __name__ == "__main__":
    LOGGERS[sys.argv[1]](Path(sys.argv[2]))
