"""Points in many dimensions, in numbers: principal components, neighbours, duplicates, samples.

Pure numpy. Points are rows of an array (n, d) of finite numbers; what is computed of them is
float64 whatever they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Points = NDArray[Any]

SEED = 0
BLOCK = 64  # rows compared with all others at a time: 2.5 MB for 5,000 points, near the processor
LOT = 1e-12  # of the mean square of points: decides between distances that differ by rounding
WIDEST = 25.0  # logarithm of the largest precision, relative to a row's mean distance
HALVINGS = 40  # of the range of that logarithm: to 10 digits


class Neighbours(NamedTuple):
    """The nearest other points of each point: ``rows`` int64 (n, k), ``squares`` of distances."""

    rows: Ints
    squares: Floats


def same_bits() -> AbstractContextManager[object]:
    """While it lasts, BLAS works on one thread: sums then do not depend on how many there are.

    The limit holds for the whole process, so what needs it takes turns.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limits


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components: ``axes`` (k, d) of length 1 through ``centre`` (d,).

    ``variances`` (min(n - 1, d),) are those along all components, largest first, also of those
    beyond the k that have an axis.
    """

    centre: Floats
    axes: Floats
    variances: Floats

    @property
    def shares(self) -> Floats:
        """The share of the variance that each component explains; 0 where there is none."""
        total = float(self.variances.sum())
        return self.variances / total if total > 0 else np.zeros(len(self.variances))

    @property
    def effective_rank(self) -> float:
        """The participation ratio of the variances: how many dimensions are really used.

        (sum v)^2 / sum v^2: d for a ball, 1 for a line, 0 for points that are all equal.
        """
        shares = self.shares
        return float(1 / (shares**2).sum()) if shares.any() else 0.0

    def places(self, points: Points) -> Floats:
        """Where points (n, d) lie along the axes: float64 (n, k)."""
        return np.asarray((np.asarray(points, dtype=np.float64) - self.centre) @ self.axes.T)


def principal(points: Points, most: int) -> Components:
    """The components of points (n, d), n at least 2, with up to ``most`` axes.

    By the eigenvectors of the covariance, or of the points' products where points are fewer than
    dimensions. Each axis points to where its largest entry is positive, as scikit-learn's does.
    Axes without any variance are left out.
    """
    points = np.asarray(points, dtype=np.float64)
    count, dimensions = points.shape
    centre = points.mean(axis=0)
    centred = points - centre
    scale = float(np.abs(centred).max(initial=0.0)) or 1.0  # so that no square overflows
    centred /= scale
    tall = count >= dimensions
    products = centred.T @ centred if tall else centred @ centred.T
    squares, vectors = np.linalg.eigh(products)
    squares, vectors = np.maximum(squares[::-1], 0.0), vectors[:, ::-1]
    squares = squares[: min(count - 1, dimensions)]
    noise = squares[:1] * max(count, dimensions) * np.finfo(np.float64).eps
    kept = min(most, int((squares > noise).sum()))
    axes = vectors[:, :kept].T if tall else vectors[:, :kept].T @ centred
    axes = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    largest = np.abs(axes).argmax(axis=1)
    axes *= np.sign(axes[np.arange(kept), largest])[:, None]
    return Components(centre, axes, squares / (count - 1) * scale**2)


def finite(points: Points) -> NDArray[np.bool_]:
    """Which rows hold finite numbers only."""
    return np.concatenate(
        [np.isfinite(points[rows]).all(axis=1) for rows in _blocks(len(points))]
        or [np.zeros(0, np.bool_)]
    )


def duplicates(points: Points) -> int:
    """How many rows are equal to one before them; −0 equals 0."""
    seen = {
        hashlib.blake2b(row.tobytes(), digest_size=16).digest()
        for rows in _blocks(len(points))
        for row in points[rows] + 0.0
    }
    return len(points) - len(seen)


def sample(classes: Ints, most: int, seed: int = SEED) -> Ints:
    """At most ``most`` rows, ascending, each class with its share of them to within one.

    ``classes`` (n,) numbers the class of every row. Which rows of a class are taken is random with
    a fixed seed.
    """
    count = len(classes)
    if count <= most:
        return np.arange(count)
    shuffled = np.random.default_rng(seed).permutation(count)
    by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
    places = (2 * np.arange(most, dtype=np.int64) + 1) * count // (2 * most)
    return np.sort(by_class[places])


def directions(points: Points) -> Floats:
    """Points moved to length 1, so that Euclid's neighbours are those by cosine; 0 stays 0."""
    points = np.asarray(points, dtype=np.float64)
    points = points / (np.abs(points).max(axis=1, keepdims=True) + np.finfo(np.float64).tiny)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.where(lengths > 0, lengths, 1.0))


def neighbours(points: Points, count: int) -> Neighbours:
    """The ``count`` nearest other rows of each row of points (n, d), by Euclid, nearest first.

    Of rows that are equally far the lot decides, with a fixed seed: were the first taken each
    time, they would be everyone's neighbours. Squares of ``points`` must not overflow.
    """
    points = np.asarray(points, dtype=np.float64)
    points = points - points.mean(axis=0)
    lot = LOT * (float((points**2).sum(axis=1).mean()) or 1.0)
    lots = sliding_window_view(
        lot * np.random.default_rng(SEED).random(2 * len(points)), len(points)
    )
    rows, squares = [], []
    for some, distances in _distances(points):
        distances += lots[some]
        near = np.argpartition(distances, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(distances, near, axis=1)
        order = np.argsort(found, axis=1)
        rows.append(np.take_along_axis(near, order, axis=1))
        squares.append(np.take_along_axis(found, order, axis=1))
    return Neighbours(np.concatenate(rows), np.maximum(np.concatenate(squares), 0.0))


def trustworthiness(points: Points, places: Points, count: int) -> float:
    """How far the neighbours in a picture are neighbours in truth: 1 is all, 0.5 about chance.

    ``points`` (n, d) and their ``places`` (n, 2); ``count`` neighbours, fewer than n / 2. Venna and
    Kaski (2001), as in scikit-learn, but with equal distances given the better rank.
    """
    total = len(points)
    near = neighbours(places, count).rows
    lost = 0
    for rows, distances in _distances(_bounded(points)):
        for column in near[rows].T:
            limit = np.take_along_axis(distances, column[:, None], axis=1)
            ranks = (distances < limit).sum(axis=1) + 1
            lost += int(np.maximum(ranks - count, 0).sum())
    return 1.0 - lost * 2.0 / (total * count * (2 * total - 3 * count - 1))


def divergence(near: Neighbours, places: Points, perplexity: float) -> float:
    """What a t-SNE map does not tell: KL(P || Q) in nats, with Q over all pairs of ``places``.

    P as van der Maaten (2014) has it: Gaussian similarities of points to those ``near`` them, made
    symmetric. scikit-learn sums its own value in an order that depends on the number of threads,
    and takes an approximate Q.
    """
    count = len(near.rows)
    similar = _similarities(near.squares, perplexity)
    rows = np.repeat(np.arange(count), near.rows.shape[1])
    ends = np.sort(np.column_stack([rows, near.rows.ravel()]), axis=1)
    pairs, place = np.unique(ends @ np.array([count, 1]), return_inverse=True)
    shared = np.bincount(place, similar.ravel()) / (2 * count)
    pairs, shared = pairs[shared > 0], shared[shared > 0]
    whole = sum(float((1 / (1 + distances)).sum()) for _, distances in _distances(places))
    apart = ((places[pairs // count] - places[pairs % count]) ** 2).sum(axis=1)
    return float(2 * (shared * np.log(shared * (1 + apart) * whole)).sum())


def _similarities(squares: Floats, perplexity: float) -> Floats:
    """Gaussian similarities of squared distances (n, k), each row as wide as its perplexity asks.

    Rows sum to 1; the width is found by halving.
    """
    squares = squares - squares.min(axis=1, keepdims=True)
    squares /= squares.mean(axis=1, keepdims=True) + np.finfo(np.float64).tiny
    low, high = np.full((2, len(squares), 1), [[[-WIDEST]], [[WIDEST]]])
    for _ in range(HALVINGS):  # of the logarithm of the precision
        middle = (low + high) / 2
        weights = np.exp(-squares * np.exp(middle))
        weights /= weights.sum(axis=1, keepdims=True)
        entropy = -(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1, keepdims=True)
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return np.asarray(weights)


def turned(places: Points, onto: Points) -> Floats:
    """``places`` (n, 2) moved and turned, mirrored if need be, to lie best on ``onto`` (n, 2).

    Orthogonal Procrustes: distances stay as they are.
    """
    centre = places.mean(axis=0)
    left, _, right = np.linalg.svd((places - centre).T @ (onto - onto.mean(axis=0)))
    return np.asarray((places - centre) @ (left @ right) + onto.mean(axis=0))


def _bounded(points: Points) -> Floats:
    """Points centred and scaled so that no square overflows."""
    points = np.asarray(points, dtype=np.float64)
    points = points - points.mean(axis=0)
    return np.asarray(points / (float(np.abs(points).max(initial=0.0)) or 1.0))


def _distances(points: Floats) -> Iterator[tuple[slice, Floats]]:
    """Rows and their squared distances to all points, a block at a time; to itself infinite."""
    squares = (points**2).sum(axis=1)
    for rows in _blocks(len(points)):
        some = squares[rows, None] - 2 * (points[rows] @ points.T)
        some += squares
        some[np.arange(len(some)), np.arange(rows.start, rows.start + len(some))] = np.inf
        yield rows, some


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))
