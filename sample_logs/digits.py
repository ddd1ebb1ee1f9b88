"""The data of every sample run: scikit-learn's digits, split and batched by one seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import Tensor

SEED = 20260101
BATCH = 64  # images
STEPS = 500  # updates, 25 epochs


@dataclass(frozen=True, eq=False)
class Digits:
    """8x8 images, standardised, float32 of shape (n, 1, 8, 8), and their labels, int64."""

    train_images: Tensor
    train_labels: Tensor
    val_images: Tensor
    val_labels: Tensor
    val_pixels: Tensor  # the validation images as they are, in [0, 1]


def read_digits() -> Digits:
    """The 1,797 digits, shuffled by the seed: 1,297 to train on, 500 to validate."""
    bunch = load_digits()
    order = np.random.default_rng(SEED).permutation(len(bunch.target))
    pixels = torch.tensor(bunch.images[order, None] / 16, dtype=torch.float32)
    labels = torch.tensor(bunch.target[order], dtype=torch.int64)
    train = pixels[:-500]
    images = (pixels - train.mean()) / train.std()
    return Digits(images[:-500], labels[:-500], images[-500:], labels[-500:], pixels[-500:])


def batches(digits: Digits) -> Iterator[tuple[int, Tensor, Tensor]]:
    """(step, images, labels) from 0 to STEPS inclusive, the same for every run."""
    generator = np.random.default_rng(SEED)
    order: NDArray[np.int64] = np.empty(0, np.int64)
    for step in range(STEPS + 1):
        if len(order) < BATCH:
            order = np.concatenate([order, generator.permutation(len(digits.train_labels))])
        index, order = torch.tensor(order[:BATCH]), order[BATCH:]
        yield step, digits.train_images[index], digits.train_labels[index]
