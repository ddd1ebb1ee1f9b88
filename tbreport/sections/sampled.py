"""What of an embedding is drawn: some of its steps, and the points that there is time for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Embedding
from tbreport.points import finite, sample
from tbreport.sections.choice import evenly
from tbreport.sections.embedded import Embedded
from tbreport.sections.labels import Kind, Labels, choose_labels
from tbreport.sections.words import counted

Ints = NDArray[np.int64]

MOST_STEPS = 3  # side by side: the first, the middle and the last
MOST_VALUES = 5_000 * 1_024  # of the points drawn, 20 MB


@dataclass(frozen=True, eq=False)
class Shown:
    """One step: its ``points`` float32 (m, d), which are ``rows`` int64 (m,) of the embedding.

    ``ids`` int64 (m,) number their classes; the step's labels begin at ``start`` in those of all
    steps. ``ill`` rows of the embedding are not finite. ``problem`` is why there is nothing to
    draw, or "".
    """

    embedding: Embedding
    rows: Ints
    points: NDArray[np.float32]
    ids: Ints
    start: int
    ill: int
    problem: str = ""

    @property
    def places(self) -> Ints:
        """Where the labels of the points stand in those of all steps."""
        return self.start + self.rows

    @property
    def left_out(self) -> int:
        """How many finite rows are not drawn."""
        return len(self.embedding.values) - self.ill - len(self.rows)


@dataclass(frozen=True, eq=False)
class Sample:
    """An embedding as it is drawn; ``same_points``: its rows are the same things at each step."""

    embedded: Embedded
    labels: Labels
    steps: tuple[Shown, ...]
    same_points: bool

    @property
    def drawn(self) -> tuple[Shown, ...]:
        """The steps that can be drawn."""
        return tuple(step for step in self.steps if not step.problem)


def take(embedded: Embedded, most: int) -> Sample:
    """At most ``most`` points of all drawn steps together, each class with its share of them."""
    last = embedded.steps[-1].values.shape[1]
    alike = [step for step in embedded.steps if step.values.shape[1] == last]
    steps = evenly(alike, MOST_STEPS)
    most = max(1, min(most, MOST_VALUES // max(last, 1)) // len(steps))
    labels = _labels(steps)
    starts = np.cumsum([0, *(len(step.values) for step in steps)])[:-1].tolist()
    same = _same_points(steps, labels)
    sound = [finite(step.values) for step in steps]
    together = np.logical_and.reduce(sound) if same else None
    rows = np.zeros(0, np.int64)
    shown: list[Shown] = []
    for step, start, good in zip(steps, starts, sound, strict=True):
        if together is None or not shown:
            there = np.flatnonzero(good if together is None else together)
            rows = there[sample(labels.ids[start + there], most)]
        points = np.asarray(step.values[rows], dtype=np.float32)
        ill = len(good) - int((good if together is None else together).sum())
        ids = labels.ids[start + rows]
        shown.append(Shown(step, rows, points, ids, start, ill, _problem(points, ill)))
    return Sample(embedded, labels, tuple(shown), same)


def _labels(steps: Sequence[Embedding]) -> Labels:
    """The labels of all points of all steps, one after the other."""
    total = sum(len(step.values) for step in steps)
    whole = [
        name
        for name in steps[-1].labels
        if all(len(step.labels.get(name, ())) == len(step.values) for step in steps)
    ]
    columns = {name: [text for step in steps for text in step.labels[name]] for name in whole}
    return choose_labels(columns, total)


def _same_points(steps: Sequence[Embedding], labels: Labels) -> bool:
    """Whether the i-th row is the same thing at every step, as far as labels tell."""
    if len(steps) < 2 or len({len(step.values) for step in steps}) > 1:
        return False
    if labels.kind is Kind.NOTHING:
        return True
    return len({step.labels[labels.column] for step in steps}) == 1


def _problem(points: NDArray[np.float32], ill: int) -> str:
    """Why points can't be drawn, in a sentence, or ""."""
    count, dimensions = points.shape
    if not count:
        return "every row holds NaN or Inf" if ill else "there are no points"
    if count == 1:
        return "there is a single point"
    if dimensions < 2:
        return "there is one dimension, so there is nothing to project"
    if not (points != points[0]).any():
        return f"all {counted(count, 'row')} are equal"
    return ""
