"""Which setting decided how good a run became, where there are enough runs to tell.

Runs are ranked by their result; a setting explains the share of the variance of these ranks that
lies between its values (eta squared). A rank correlation would miss a setting with its best value
in the middle: in simulated sweeps it found the learning rate in a quarter of the cases only. The
probability of so large a share by chance comes from shuffled ranks, corrected for the number of
settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Finding, Floats, HParam, Severity
from tbreport.roles import Better, better
from tbreport.rules.curves import Curve, mean_ranks
from tbreport.rules.kit import Limits, Rule, Threshold, number
from tbreport.rules.training import Training, Unchecked

_MOST_LEVELS = 4  # more values of a number are put in thirds
_NOT_A_SETTING = frozenset({"seed", "random_seed", "run", "run_id", "id", "name", "version"})

Labels = NDArray[np.int64]


def _check(trainings: Sequence[Training], limits: Limits) -> Iterable[Finding]:
    tried = [(one, result) for one in trainings if (result := _result(one)) and one.hparams]
    kinds = {tag for _, (tag, _) in tried}
    if len(kinds) != 1 or len(tried) < limits["runs"]:
        raise Unchecked(
            f"no {limits['runs']:.0f} runs with settings and the same validation metric"
        )
    ranks = mean_ranks(np.array([value for _, (_, value) in tried]))
    settings = _settings([one for one, _ in tried])
    if not settings:
        raise Unchecked("no setting differs between the runs")
    shares = {name: _eta_squared(ranks, labels) for name, labels in settings.items()}
    winner = max(shares, key=shares.__getitem__)
    chance = _probability(ranks, settings[winner], shares[winner], int(limits["shuffles"]))
    if chance * len(settings) >= limits["chance"]:
        return
    best = tried[int(ranks.argmin())][0]
    assert best.hparams is not None
    yield RULE.finding(
        tuple(one.runs[0].name for one, _ in tried),
        f"{winner} explains {number(100 * shares[winner])} % of the rank variance over "
        f"{len(tried)} runs (p = {number(chance)}).",
        f"Search {winner} more finely round {_shown(best.hparams.values.get(winner))}.",
        tag=tried[0][1][0],
        value=shares[winner],
        threshold=limits["chance"],
    )


def _result(training: Training) -> tuple[str, float] | None:
    """The tag and the best value of the validation metric, to be low."""
    for one in (training.validation_loss, training.validation_accuracy):
        if one is not None:
            return one.tag, _best(one)
    return None


def _best(one: Curve) -> float:
    return float(-one.values.max() if better(one.tag) is Better.HIGHER else one.values.min())


def _settings(trainings: Sequence[Training]) -> dict[str, Labels]:
    """The level of every setting that all runs have and that differs, as numbers from 0."""
    values = [one.hparams.values for one in trainings if one.hparams is not None]
    names = [name for name in values[0] if all(name in one for one in values)]
    found = {}
    for name in names:
        labels = _levels([one[name] for one in values])
        if name.lower() not in _NOT_A_SETTING and 2 <= len(np.unique(labels)) < len(labels):
            found[name] = labels
    return found


def _levels(values: Sequence[HParam]) -> Labels:
    """Each distinct value is a level; of many numbers each third is."""
    if len(set(values)) > _MOST_LEVELS and all(isinstance(one, float) for one in values):
        numbers = np.array(values, dtype=np.float64)
        return np.searchsorted(np.quantile(numbers, [1 / 3, 2 / 3]), numbers).astype(np.int64)
    order = {value: place for place, value in enumerate(dict.fromkeys(values))}
    return np.array([order[value] for value in values], dtype=np.int64)


def _eta_squared(ranks: Floats, labels: Labels) -> float:
    """The share of the variance of the ranks that lies between the levels."""
    counts = np.bincount(labels)
    means = np.bincount(labels, weights=ranks) / np.maximum(counts, 1)
    between = float((counts * (means - ranks.mean()) ** 2).sum())
    within = float(((ranks - ranks.mean()) ** 2).sum())
    return between / within if within > 0 else 0.0


def _probability(ranks: Floats, labels: Labels, share: float, shuffles: int) -> float:
    """How often shuffled ranks reach the share (Phipson and Smyth 2010: never zero)."""
    shuffle = np.random.default_rng(0)
    reached = sum(
        _eta_squared(shuffle.permutation(ranks), labels) >= share - 1e-12 for _ in range(shuffles)
    )
    return (reached + 1) / (shuffles + 1)


def _shown(value: HParam | None) -> str:
    return number(value) if isinstance(value, float) else str(value)


RULE = Rule(
    id="hparam-importance",
    title="A setting that decides",
    why=__doc__ or "",
    check=_check,
    severity=Severity.NOTE,
    needs="12 runs with settings and a validation metric",
    thresholds=(
        Threshold("runs", 12, "power 0.37 at 12 runs, 0.63 to 0.97 at 40, in simulated sweeps"),
        Threshold("chance", 0.05, "probability, corrected for the number of settings"),
        Threshold("shuffles", 2000, "of the ranks"),
    ),
)
