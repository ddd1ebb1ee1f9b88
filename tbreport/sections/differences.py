"""Differences of numbers between two sides of one or several runs, and which of them count."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tbreport.model import RunSummary, ScalarSummary
from tbreport.roles import Better
from tbreport.sections.pairs import Pair
from tbreport.sections.summaries import best_of

Floats = NDArray[np.float64]

CONFIDENCE = 0.95  # of the interval for a difference: by chance 1 in 20 lies outside


class State(StrEnum):
    """What a difference means, the worst first."""

    WORSE = "worse"
    BETTER = "better"
    DIFFERS = "differs"  # nobody knows which way is better
    WITHIN = "within the spread"
    EQUAL = "equal"


@dataclass(frozen=True)
class Change:
    """One number before and now, each the mean over the runs of its side.

    ``spread`` is half the width of the interval in which the difference lies by chance, None
    where neither side has several runs or one has values that aren't finite.
    """

    before: float
    current: float
    state: State
    spread: float | None = None

    @property
    def difference(self) -> float:
        """``current`` less ``before``; 0 where they are the same, NaN where it is no number."""
        return 0.0 if _same(self.before, self.current) else self.current - self.before

    @property
    def relative(self) -> float | None:
        """The difference as a share of the size of ``before``; None where that is no number."""
        if self.difference == 0:
            return 0.0
        share = self.difference / abs(self.before) if self.before else math.nan
        return share if math.isfinite(share) else None


@dataclass(frozen=True, eq=False)
class Difference:
    """The best and the last of one tag in one pair; ``best`` None where nobody knows what is."""

    tag: str
    better: Better
    pair: Pair
    last: Change
    best: Change | None

    @property
    def state(self) -> State:
        """The worst of both: a training that ends badly is no better for its best value."""
        return self.telling.state

    @property
    def which(self) -> str:
        """Which of both tells the state."""
        return "best" if self.telling is self.best else "last"

    @property
    def telling(self) -> Change:
        """The change with the worst state, the best value first."""
        changes = [self.last] if self.best is None else [self.best, self.last]
        return min(changes, key=lambda change: list(State).index(change.state))


def differences(pair: Pair, ways: Iterable[tuple[str, Better]]) -> tuple[Difference, ...]:
    """A difference for each (tag, direction) that both sides of the pair have values of."""
    found = []
    for tag, better in ways:
        before, now = (
            [run.scalars[tag] for run in unit.runs if tag in run.scalars]
            for unit in (pair.before, pair.current)
        )
        if not before or not now:
            continue
        last = change([one.last.value for one in before], [one.last.value for one in now], better)
        old, new = _tops(before, better), _tops(now, better)
        best = change(old, new, better) if old and new else None
        found.append(Difference(tag, better, pair, last, best))
    return tuple(found)


def _tops(side: Iterable[ScalarSummary], better: Better) -> list[float]:
    """The best value of each run that has one."""
    return [reading.value for one in side if (reading := best_of(one, better))]


def shared_tags(pair: Pair) -> list[str]:
    """The tags that both sides have, in the order of the newer one."""
    known = _tags(pair.before.runs)
    return [tag for tag in _tags(pair.current.runs) if tag in known]


def _tags(runs: Iterable[RunSummary]) -> dict[str, None]:
    return dict.fromkeys(tag for run in runs for tag in run.scalars)


def change(before: Sequence[float], now: Sequence[float], better: Better) -> Change:
    """The change between the values of the runs of each side, of which there is one at least."""
    spread = chance(before, now)
    old, new = _mean(before), _mean(now)
    return Change(old, new, _state(old, new, better, spread), spread)


def _state(before: float, now: float, better: Better, spread: float | None) -> State:
    if _same(before, now):
        return State.EQUAL
    if math.isfinite(before) != math.isfinite(now):  # NaN is worse than any number
        return State.BETTER if math.isfinite(now) else State.WORSE
    if not math.isfinite(now) or (spread is None and better is Better.UNKNOWN):
        return State.DIFFERS
    if spread is not None and abs(now - before) <= spread:
        return State.WITHIN
    if better is Better.UNKNOWN:
        return State.DIFFERS
    return State.BETTER if (now < before) == (better is Better.LOWER) else State.WORSE


def _same(before: float, now: float) -> bool:
    return before == now or (math.isnan(before) and math.isnan(now))


def _mean(values: Sequence[float]) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.mean(values)) if len(set(values)) > 1 else values[0]


def chance(before: Sequence[float], now: Sequence[float]) -> float | None:
    """How far apart two means of runs that differ by seed only lie by chance, 19 times in 20.

    Where both sides have several runs, Welch's interval (Biometrika 34, 1947); where one side is a
    single run, the interval of prediction for it from the deviation of the other.
    """
    sides = [np.asarray(side, dtype=np.float64) for side in (before, now)]
    several = [side for side in sides if len(side) > 1]
    if not several or not all(np.isfinite(side).all() for side in sides):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        variances = [float(side.var(ddof=1)) for side in several]
    parts = [one / len(side) for one, side in zip(variances, several, strict=True)]
    error = sum(parts) + (variances[0] if len(several) == 1 else 0.0)
    if not math.isfinite(error):
        return None
    from scipy.special import stdtrit  # takes long to import, and only seeds need it

    return float(stdtrit(_freedom(parts, several), (1 + CONFIDENCE) / 2)) * math.sqrt(error)


def _freedom(parts: Sequence[float], several: Sequence[Floats]) -> float:
    """Welch's degrees of freedom: ``parts`` are the variances of the means of ``several``."""
    total = sum(parts)
    if total == 0:
        return 1.0
    shares = (
        (part / total) ** 2 / (len(side) - 1) for part, side in zip(parts, several, strict=True)
    )
    return 1 / sum(shares)
