"""The run in the manner of TensorFlow 1: a graph, a session and two summary.FileWriter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from digits import SEED, STEPS, Digits, batches
from numpy.typing import NDArray
from torch import Tensor

SCALARS_EVERY = 10  # steps, like the next one
HISTOGRAMS_EVERY = 50
LEARNING_RATE = 0.2

tf1 = tf.compat.v1


def dense(inputs: tf.Tensor, units: int) -> tf.Tensor:
    """A fully connected layer without activation; its variables are in the current scope."""
    weights = tf1.get_variable("weights", [inputs.shape[1], units])
    biases = tf1.get_variable("biases", [units], initializer=tf1.zeros_initializer())
    return tf.matmul(inputs, weights) + biases


class Model:
    """The graph's ends: placeholders, update, and two merged summaries."""

    def __init__(self) -> None:
        self.images = tf1.placeholder(tf.float32, [None, 64], "images")
        self.labels = tf1.placeholder(tf.int64, [None], "labels")
        with tf1.variable_scope("hidden", use_resource=False):
            hidden = tf.nn.relu(dense(self.images, 32), "relu")
        with tf1.variable_scope("output", use_resource=False):
            logits = dense(hidden, 10)
        with tf1.name_scope("loss"):
            entropies = tf.nn.sparse_softmax_cross_entropy_with_logits(self.labels, logits)
            loss = tf.reduce_mean(entropies, name="mean")
            scalars = [tf1.summary.scalar("cross_entropy", loss)]
        with tf1.name_scope("metrics"):
            hits = tf.equal(tf.argmax(logits, 1), self.labels, "hits")
            share = tf.reduce_mean(tf.cast(hits, tf.float32), name="share")
            scalars.append(tf1.summary.scalar("accuracy", share))
        optimizer = tf1.train.GradientDescentOptimizer(LEARNING_RATE)
        gradients = optimizer.compute_gradients(loss)
        self.update = optimizer.apply_gradients(gradients)
        self.scalars = tf1.summary.merge(scalars)
        self.details = tf1.summary.merge(details(gradients, hidden))


def details(gradients: list[tuple[tf.Tensor, tf.Tensor]], hidden: tf.Tensor) -> list[tf.Tensor]:
    """Histograms of every variable and gradient, and the hidden units' weights as images."""
    summaries = [tf1.summary.histogram("activation/hidden", hidden)]
    for gradient, variable in gradients:
        summaries.append(tf1.summary.histogram(f"parameter/{variable.op.name}", variable))
        summaries.append(tf1.summary.histogram(f"gradient/{variable.op.name}", gradient))
    units = tf.reshape(tf.transpose(gradients[0][1]), [-1, 8, 8, 1])
    return [*summaries, tf1.summary.image("units", units, max_outputs=4)]


def train(digits: Digits, folder: Path) -> None:
    """Train the perceptron in graph mode; log ``folder``/train and ``folder``/validation."""
    with tf.Graph().as_default() as graph:
        tf1.set_random_seed(SEED)
        model = Model()
        one_thread = tf1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        training = tf1.summary.FileWriter(str(folder / "train"), graph)
        validation = tf1.summary.FileWriter(str(folder / "validation"))
        with tf1.Session(config=one_thread) as session, training, validation:
            for writer in (training, validation):
                writer.add_session_log(tf1.SessionLog(status=tf1.SessionLog.START), 0)
            session.run(tf1.global_variables_initializer())
            held_out = feed(model, digits.val_images, digits.val_labels)
            for step, images, labels in batches(digits):
                batch = feed(model, images, labels)
                if step % SCALARS_EVERY == 0:
                    training.add_summary(session.run(model.scalars, batch), step)
                    validation.add_summary(session.run(model.scalars, held_out), step)
                if step % HISTOGRAMS_EVERY == 0:
                    training.add_summary(session.run(model.details, batch), step)
                if step < STEPS:
                    session.run(model.update, batch)


def feed(model: Model, images: Tensor, labels: Tensor) -> dict[tf.Tensor, NDArray[np.generic]]:
    """The feed dictionary of one batch."""
    return {model.images: images.flatten(1).numpy(), model.labels: labels.numpy()}
