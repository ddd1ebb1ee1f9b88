"""Which setting matters for a metric: bars of permutation importance, found while drawing.

A random forest is fitted to the rank of the metric, so that one failed trial does not outweigh the
rest; a setting matters as much as the forest predicts worse when that setting is shuffled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.style import INK, run_colour

Floats = NDArray[np.float64]

WIDTH, BAR = 360, 20  # CSS pixels
TREES, REPEATS = 100, 10


@dataclass(frozen=True, eq=False)
class Ranking:
    """``settings`` float64 (trials, settings), NaN where missing; ``metric`` float64 (trials,).

    ``names`` go into the picture's note with their share and rank correlation, in order of the
    share; ``words`` tells which settings are words of more than two kinds, without an order.
    """

    alt: str
    settings: Floats
    metric: Floats
    names: tuple[str, ...]
    words: tuple[bool, ...]

    def draw(self) -> Drawing:
        """Fit, rank and draw; the note names the bars."""
        import matplotlib

        from tbreport.charts import figure as surface

        shares, correlations = self.measure()
        order = np.argsort(-shares, kind="stable")
        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(WIDTH, BAR * len(order) + 46)
            axes = surface.add_axes(figure, (26, 4, WIDTH - 40, BAR * len(order) + 8))
            places = np.arange(len(order))
            axes.barh(places, shares[order] * 100, height=0.66, color=run_colour(0))
            axes.set_yticks(places, [str(number + 1) for number in places])
            axes.set_ylim(len(order) - 0.5, -0.5)
            axes.set_xlabel("% of importance", labelpad=2, color=INK)
            axes.grid(axis="y", visible=False)
            drawing = surface.finish(figure)
        said = [
            f"{place} {self.names[index]} {shares[index]:.0%}{_signed(correlations[index])}"
            for place, index in enumerate(order, 1)
        ]
        return drawing._replace(note=", ".join(said))

    def measure(self) -> tuple[Floats, Floats]:
        """Share of importance (0..1) and Spearman's correlation of each setting; NaN for words."""
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.inspection import permutation_importance

        known = np.isfinite(self.metric)
        ranks = _ranks(self.metric[known])
        columns = np.column_stack([_filled(column[known]) for column in self.settings.T])
        forest = RandomForestRegressor(TREES, min_samples_leaf=2, random_state=0, n_jobs=1)
        forest.fit(columns, ranks)
        missed = permutation_importance(
            forest, columns, ranks, n_repeats=REPEATS, random_state=0, n_jobs=1
        ).importances_mean
        shares: Floats = np.maximum(missed, 0)
        shares /= shares.sum() or 1.0
        correlations = [
            np.nan if words else _correlation(column, ranks)
            for column, words in zip(columns.T, self.words, strict=True)
        ]
        return shares, np.array(correlations)


def _signed(correlation: float) -> str:
    return "" if np.isnan(correlation) else f" (rank correlation {correlation:+.2f})"


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, equal values sharing their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts + 1) / 2)[places]
    return ranks


def _filled(values: Floats) -> Floats:
    """Missing settings as a value of their own below all others, which a tree can split off."""
    finite = values[np.isfinite(values)]
    low = finite.min() - 1 if len(finite) else 0.0
    return np.where(np.isfinite(values), values, low)


def _correlation(column: Floats, ranks: Floats) -> float:
    if len(np.unique(column)) < 2 or len(np.unique(ranks)) < 2:
        return float("nan")
    return float(np.corrcoef(_ranks(column), ranks)[0, 1])
