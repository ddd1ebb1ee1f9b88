"""The embeddings of a training, for rules about them: the projector's points with their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tbreport.rules.training import Training, Unchecked


class Points(Protocol):
    """What rules need of an embedding: its name, step, values (n, d) and columns of labels."""

    @property
    def name(self) -> str:
        """The tensor's name."""

    @property
    def step(self) -> int | None:
        """The step of the checkpoint that it is from."""

    @property
    def values(self) -> NDArray[np.float32]:
        """One point a row."""

    @property
    def labels(self) -> Mapping[str, Sequence[str]]:
        """Columns of metadata by their headers."""


def embeddings(training: Training) -> list[tuple[str, Points]]:
    """(run, embedding) of every embedding. Raises Unchecked where there is none."""
    found = [
        (run.name, one) for run in training.runs for one in getattr(run, "embeddings", ()) or ()
    ]
    if not found:
        raise Unchecked("no embeddings were logged")
    return found
