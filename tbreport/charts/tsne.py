"""t-SNE: a map on which neighbours in many dimensions are neighbours, and how far to trust it.

The same bytes whatever the number of threads: components and starting places are ours and BLAS
works on one thread (left alone, two threads give another map than one).
"""

from __future__ import annotations

import contextlib
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import BadData
from tbreport.points import (
    Neighbours,
    divergence,
    neighbours,
    principal,
    same_bits,
    trustworthiness,
)
from tbreport.workers import in_worker

Floats = NDArray[np.float64]
Points = NDArray[Any]

FEWEST = 8  # points: of fewer no two have neighbours that differ much
PERPLEXITY = 30.0  # scikit-learn's; a third of the points where these are few
ITERATIONS = 500  # scikit-learn's 1,000 give the same trustworthiness in twice the time
# What is seen at a smaller angle than this is one force. scikit-learn's 0.5 takes a third more time
# for 0.0002 of trustworthiness and 0.002 of divergence (5,000 x 128).
ANGLE = 0.7
DIMENSIONS = 50  # more are reduced to their components first, as van der Maaten advises
NEIGHBOURS = 12  # whose ranks make the trustworthiness
MANY = 1_000  # points from which threads are worth waiting for each other, 500 times a second
START = 1e-4  # the spread of the starting places along the first axis, as in scikit-learn

# The limit of threads belongs to the whole process: two threads changing it would leave it changed.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, eq=False)
class Map:
    """``places`` float64 (n, 2), centred; the KL ``divergence`` that is left; ``trust`` 0..1."""

    places: Floats
    divergence: float
    trust: float
    perplexity: float


def tsne(points: Points, start: Floats | None = None) -> Map:
    """The map of points (n, d), finite, n at least 8.

    ``start`` (n, 2) are places to begin with, by default along the first two components. Raises
    BadData for fewer points and for points that are all equal.
    """
    from sklearn.manifold import TSNE  # before the limit, which holds for loaded libraries only

    count = len(points)
    if count < FEWEST:
        raise BadData(f"t-SNE needs {FEWEST} points or more; there are {count}.")
    perplexity = min(PERPLEXITY, (count - 1) / 3)
    with _one_at_a_time, same_bits(), _threads(count):
        reduced = _reduced(points)
        near = neighbours(reduced, min(count - 1, int(3 * perplexity + 1)))
        begin = reduced[:, :2] if start is None else start - start.mean(axis=0)
        model = TSNE(
            perplexity=perplexity,
            max_iter=ITERATIONS,
            angle=ANGLE,
            init=(begin / begin[:, 0].std() * START).astype(np.float32),
            metric="precomputed",
            random_state=0,
        )
        places = model.fit_transform(_graph(near)).astype(np.float64)
        places -= places.mean(axis=0)
        left = divergence(near, places, perplexity)
        trust = trustworthiness(points, places, min(NEIGHBOURS, (count - 1) // 2))
    return Map(places, left, trust, perplexity)


def _graph(near: Neighbours) -> Any:
    """Distances as scikit-learn takes them: a sparse matrix with each point first in its row.

    Left to itself it finds the neighbours on all threads, and which of several at one distance are
    among them depends on their number.
    """
    from scipy.sparse import csr_array

    count, width = near.rows.shape
    columns = np.column_stack([np.arange(count), near.rows]).astype(np.int32)
    distances = np.column_stack([np.zeros(count), np.sqrt(near.squares)])
    starts = np.arange(count + 1, dtype=np.int32) * (width + 1)
    return csr_array((distances.ravel(), columns.ravel(), starts), shape=(count, count))


def _threads(count: int) -> AbstractContextManager[object]:
    """One OpenMP thread for few points and beside other workers; else as many as there are.

    Threads of several processes spin while they wait for each other: two on two processors took
    three times as long as one thread each. GNU's OpenMP would also hang in a process forked from
    one that had used its threads.
    """
    from threadpoolctl import threadpool_limits

    if count >= MANY and not in_worker():
        return contextlib.nullcontext()
    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="openmp")
    return limits


def _reduced(points: Points) -> Floats:
    """Places along at most 50 components, of size 1 along the first; two columns at least."""
    components = principal(points, DIMENSIONS)
    if not len(components.axes):
        raise BadData("All points are equal: there is nothing to tell apart.")
    places = components.places(points)
    places = places / places[:, 0].std()
    if places.shape[1] == 1:  # a line: the map gets a second dimension to bend it into
        places = np.column_stack([places, np.zeros(len(places))])
    return places
