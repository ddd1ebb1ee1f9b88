"""How well labels cluster: whether the nearest points have the same, and whose they are else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.points import directions, neighbours

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEIGHBOURS = 10


@dataclass(frozen=True, eq=False)
class Agreement:
    """How often the nearest points by cosine have the same label.

    ``share`` float64 (n,): of the ``count`` neighbours of each point; ``chance`` what it would be
    if labels were dealt out anew; ``near`` int64 (n, count) the rows of the neighbours.
    """

    share: Floats
    chance: float
    count: int
    near: Ints

    @property
    def mean(self) -> float:
        """The share over all points."""
        return float(self.share.mean())


def agreement(points: NDArray[Any], classes: Ints) -> Agreement | None:
    """Agreement of the 10 nearest of points (n, d) in ``classes`` (n,); None for one class."""
    total = len(points)
    counts = np.unique(classes, return_counts=True)[1]
    if total < 3 or len(counts) < 2:
        return None
    count = min(NEIGHBOURS, total - 1)
    near = neighbours(directions(points), count).rows
    share = (classes[near] == classes[:, None]).mean(axis=1)
    chance = float((counts * (counts - 1)).sum() / (total * (total - 1)))
    return Agreement(share, chance, count, near)


def mixed_with(found: Agreement, classes: Ints, one: int) -> tuple[int, float]:
    """The other class found most often near the points of class ``one``, and its share there."""
    near = classes[found.near[classes == one]].ravel()
    counts = np.bincount(near, minlength=1)
    if one < len(counts):
        counts[one] = 0
    other = int(counts.argmax())
    return other, float(counts[other] / max(len(near), 1))
