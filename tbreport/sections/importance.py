"""Which hyper-parameter matters: rank correlation, and how much a forest misses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.sections.trials import Setting

Floats = NDArray[np.float64]

# Simulated with a peaked optimum, a ranking from 6 trials was right in 57 % and from 12 on mostly;
# below LEAST nothing is said, below SURE it is called indicative.
LEAST = 6
SURE = 12
_TREES = 200
_REPEATS = 20


@dataclass(frozen=True)
class Importance:
    """``correlation``: Spearman's, NaN for words of more than two kinds; ``share``: 0..1 of the
    permutation importance of all settings together."""

    name: str
    correlation: float
    share: float


def importances(settings: Sequence[Setting], metric: Floats) -> list[Importance]:
    """The settings by their share, largest first; empty with fewer than LEAST known results.

    The forest predicts the rank of the metric, so that one failed trial does not outweigh the rest.
    """
    known = np.isfinite(metric)
    if known.sum() < LEAST or not settings:
        return []
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    ranks = _ranks(metric[known])
    columns = np.column_stack([_filled(setting.numbers[known]) for setting in settings])
    forest = RandomForestRegressor(_TREES, min_samples_leaf=2, random_state=0, n_jobs=1)
    forest.fit(columns, ranks)
    missed = permutation_importance(
        forest, columns, ranks, n_repeats=_REPEATS, random_state=0, n_jobs=1
    ).importances_mean
    shares = np.maximum(missed, 0)
    total = shares.sum() or 1.0
    found = [
        Importance(setting.name, _correlation(setting, column, ranks), float(share / total))
        for setting, column, share in zip(settings, columns.T, shares, strict=True)
    ]
    return sorted(found, key=lambda one: -one.share)


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, equal values sharing their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = (ends - (counts + 1) / 2)[places]
    return ranks


def _filled(values: Floats) -> Floats:
    """Missing settings as a value of their own below all others, which a tree can split off."""
    finite = values[np.isfinite(values)]
    low = finite.min() - 1 if len(finite) else 0.0
    return np.where(np.isfinite(values), values, low)


def _correlation(setting: Setting, column: Floats, ranks: Floats) -> float:
    if len(setting.labels) > 2 or len(np.unique(column)) < 2 or len(np.unique(ranks)) < 2:
        return float("nan")
    return float(np.corrcoef(_ranks(column), ranks)[0, 1])
