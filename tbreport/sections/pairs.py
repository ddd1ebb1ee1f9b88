"""Pairs: which runs of the logs are compared with which runs of the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tbreport import roles
from tbreport.groups import experiment_of
from tbreport.model import Group, RunSummary
from tbreport.roles import Better
from tbreport.sections.metrics import Metric
from tbreport.sections.summaries import best_of


@dataclass(frozen=True, eq=False)
class Unit:
    """What is compared as one: a run, or the runs of a group; ``runs`` is never empty."""

    name: str
    runs: tuple[RunSummary, ...]

    @property
    def training(self) -> str:
        """The name of the training that it is a part of."""
        return experiment_of(self.name)

    @property
    def role(self) -> roles.Role:
        """Which data it was measured on, by its name."""
        return roles.role("", self.name)


@dataclass(frozen=True, eq=False)
class Pair:
    """A unit of the logs and the one of the baseline that it is compared with."""

    current: Unit
    before: Unit


@dataclass(frozen=True, eq=False)
class Matching:
    """The pairs, how they were found in one sentence, and what has no counterpart."""

    pairs: tuple[Pair, ...]
    how: str
    new: tuple[Unit, ...] = ()
    gone: tuple[Unit, ...] = ()


def units_of(runs: Sequence[RunSummary], groups: Iterable[Group]) -> tuple[Unit, ...]:
    """The groups and the runs that are in none, in the order of the runs."""
    owner = {run: group.name for group in groups for run in group.runs}
    members: dict[tuple[bool, str], list[RunSummary]] = {}
    for run in runs:
        members.setdefault((run.name in owner, owner.get(run.name, run.name)), []).append(run)
    return tuple(Unit(name, tuple(held)) for (_, name), held in members.items())


def match(now: Sequence[Unit], before: Sequence[Unit], metric: Metric | None) -> Matching:
    """Pair the units: by name; else one training with all; else the best by ``metric`` of each."""
    named = _by_name(now, before)
    if named:
        return _matching(named, now, before, "Runs are compared with those of the same name.")
    trainings = {unit.training for unit in now}, {unit.training for unit in before}
    if min(map(len, trainings)) == 1:
        every = [Pair(one, other) for one in now for other in before if _same_side(one, other)]
        alone = "baseline" if len(trainings[1]) == 1 else "report"
        how = f"No run has the same name; the one training of the {alone} is compared with every"
        return _matching(every, now, before, f"{how} one.")
    best = [_best(units, metric) if metric else None for units in (now, before)]
    if metric is None or None in best:
        return _matching([], now, before, "No run has the same name, and none is the best.")
    pairs = [
        Pair(one, other)
        for one in now
        for other in before
        if (one.training, other.training) == tuple(best) and _same_side(one, other)
    ]
    how = f"No run has the same name; the best by {metric.tag} are compared with one another."
    return _matching(pairs, now, before, how)


def _matching(
    pairs: Sequence[Pair], now: Sequence[Unit], before: Sequence[Unit], how: str
) -> Matching:
    paired = {id(pair.current) for pair in pairs} | {id(pair.before) for pair in pairs}
    new = tuple(unit for unit in now if id(unit) not in paired)
    gone = tuple(unit for unit in before if id(unit) not in paired)
    return Matching(tuple(pairs), how, new, gone)


def _by_name(now: Sequence[Unit], before: Sequence[Unit]) -> list[Pair]:
    """Those with one name, then groups by the first of the runs that they share."""
    names = {unit.name: unit for unit in before}
    members = {run.name: unit for unit in reversed(before) for run in unit.runs}
    pairs = []
    for unit in now:
        shared = (members[run.name] for run in unit.runs if run.name in members)
        other = names.get(unit.name) or next(shared, None)
        if other is not None:
            pairs.append(Pair(unit, other))
    return pairs


def _same_side(one: Unit, other: Unit) -> bool:
    """Training is not compared with validation; what names no side is with either."""
    return not one.role or not other.role or one.role is other.role


def _best(units: Sequence[Unit], metric: Metric) -> str | None:
    """The training with the best value of the metric on validation data, if any is."""
    readings = [
        (reading.value, unit)
        for unit in units
        for run in unit.runs
        if metric.tag in run.scalars
        and (reading := best_of(run.scalars[metric.tag], metric.better)) is not None
    ]
    validating = [one for one in readings if one[1].role is roles.Role.VALIDATION]
    if not readings:
        return None
    pick = min if metric.better is Better.LOWER else max
    return pick(validating or readings, key=lambda one: one[0])[1].training
