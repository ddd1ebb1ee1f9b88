"""A curve: the finite points of one scalar series, and what they say about its course."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tbreport import roles
from tbreport.model import Floats, Ints, ScalarSeries

BATCH_POINTS = 200  # a longer series is taken as one value a batch, whatever its name
BATCH_MEDIANS = 40  # and is judged by the medians of so many equal parts: batches are noisy;
BATCH_LEAST = 5  # of fewer parts where these would have fewer points than this
_ENDS = 0.1  # the share of the points that is the head, and the tail


@dataclass(frozen=True, eq=False)
class Curve:
    """``steps`` and ``values`` (float64, shape (n,)) without what is not finite.

    For values of single batches these are the medians of up to BATCH_MEDIANS equal parts and the
    last step of each; ``base`` is the very first value (the median of three for batches),
    ``points`` how many were logged and ``noise`` the standard error of the medians.
    """

    run: str
    tag: str
    steps: Ints
    values: Floats
    base: float
    points: int
    noise: float = 0.0

    def __len__(self) -> int:
        return len(self.values)

    @property
    def head(self) -> float:
        """Median of the first tenth, at least of two points."""
        return float(np.median(self.values[: self._end]))

    @property
    def tail(self) -> float:
        """Median of the last tenth, at least of two points."""
        return float(np.median(self.values[-self._end :]))

    @property
    def low(self) -> float:
        """The least value."""
        return float(self.values.min())

    @property
    def roughness(self) -> float:
        """The standard deviation of a point about the line between its neighbours, robust."""
        if len(self.values) < 5:
            return 0.0
        residual = self.values[1:-1] - (self.values[:-2] + self.values[2:]) / 2
        spread = np.median(np.abs(residual - np.median(residual)))
        return float(1.4826 * spread / np.sqrt(1.5))

    @property
    def noise_of_base(self) -> float:
        """The standard error of ``base``, where it is the median of three batches."""
        size = self.points / len(self.values)
        return float(self.noise * np.sqrt(size / 3))

    @property
    def _end(self) -> int:
        return max(2, round(_ENDS * len(self.values)))

    @property
    def first_step(self) -> int:
        """The step of the first point."""
        return int(self.steps[0])

    @property
    def last_step(self) -> int:
        """The step of the last point."""
        return int(self.steps[-1])

    @property
    def from_start(self) -> bool:
        """Whether the first point is of the first epoch: it comes no later than one interval."""
        if len(self.steps) < 2:
            return self.first_step <= 1
        return self.first_step <= max(1.0, 1.5 * float(np.median(np.diff(self.steps))))

    @property
    def before_training(self) -> bool:
        """Whether the first point is of the untrained network.

        Where steps count one by one they may count epochs, and 0 is then the end of the first.
        """
        return self.first_step == 0 and (len(self.steps) < 2 or int(self.steps[1]) > 1)

    def at(self, step: float) -> float:
        """The value at a step, interpolated."""
        return float(np.interp(step, self.steps, self.values))


def curve(run: str, series: ScalarSeries) -> Curve | None:
    """The curve of a series, None if none of its values is finite."""
    finite = np.isfinite(series.values)
    steps, values = series.steps[finite], series.values[finite]
    if not len(values):
        return None
    points, base, noise = len(values), float(values[0]), 0.0
    count = min(BATCH_MEDIANS, points // BATCH_LEAST)
    if points > BATCH_POINTS or (count >= 8 and is_batchwise(series.tag)):
        by_epoch = "epoch" in roles.tokens(series.tag)
        base = base if by_epoch else float(np.median(values[:3]))
        parts = np.array_split(np.arange(points), count)
        noise = float(np.median([_error(values[part]) for part in parts]))
        values = np.array([np.median(values[part]) for part in parts])
        steps = np.array([steps[part[-1]] for part in parts])
    return Curve(run, series.tag, steps, values, base, points, noise)


def _error(values: Floats) -> float:
    """The standard error of the median of normally distributed values."""
    deviation = 1.4826 * np.median(np.abs(values - np.median(values)))
    return float(1.2533 * deviation / np.sqrt(len(values)))


def is_batchwise(tag: str) -> bool:
    """Whether the name says that each value is of one batch ("train_loss_step")."""
    return not roles.STEP_WORDS.isdisjoint(roles.tokens(tag))


def smooth(values: Floats, width: int = 3) -> Floats:
    """The moving mean of an odd ``width``, over fewer points at both ends."""
    kernel = np.ones(width)
    return np.convolve(values, kernel, "same") / np.convolve(np.ones_like(values), kernel, "same")


def rank_correlation(values: Iterable[float]) -> float:
    """Spearman's correlation of the values with their place, ties by mean rank; 0 if constant."""
    ranks = mean_ranks(np.asarray(list(values), dtype=np.float64))
    if len(ranks) < 2 or np.ptp(ranks) == 0:
        return 0.0
    return float(np.corrcoef(np.arange(len(ranks)), ranks)[0, 1])


def mean_ranks(values: Floats) -> Floats:
    """The rank of each value, from 0; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[inverse], dtype=np.float64)
