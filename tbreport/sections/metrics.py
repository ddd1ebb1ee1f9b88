"""The main metrics: which few numbers sum up the trainings, and the best and last of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tbreport import roles
from tbreport.errors import InputError
from tbreport.model import Logs, Reading, Run, ScalarSeries
from tbreport.names import natural_key, natural_order
from tbreport.roles import Better, Role
from tbreport.sections.kit import Cell
from tbreport.sections.words import at_step, listed
from tbreport.stats import format_number

MOST_METRICS = 4  # what fits beside a run in one table row
MOST_UNJUDGED = 2  # where no name says what is better
RARE = 10  # a metric in so many times fewer trainings than another is not a main one

WAYS = {"min": Better.LOWER, "max": Better.HIGHER}
_FAVOURITES = frozenset({"loss", "accuracy", "acc"})  # of metrics that are equally plain
_SILENT_WORDS = roles.VALIDATION_WORDS | roles.TRAINING_WORDS | {"epoch", "total"}


@dataclass(frozen=True)
class Metric:
    """A tag that sums up a training; ``runs`` are those whose values compete to be the best.

    Where the runs of one tag are told apart as training and validation, only validation competes.
    """

    tag: str
    better: Better
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Winner:
    """The run with the best reading of a metric."""

    metric: Metric
    run: str
    reading: Reading


def last(series: ScalarSeries) -> Reading | None:
    """The newest value, finite or not; None for an empty series."""
    if not len(series):
        return None
    return Reading(float(series.values[-1]), int(series.steps[-1]))


def best(series: ScalarSeries, better: Better) -> Reading | None:
    """The first of the best finite values; None without one or where nobody knows what is best."""
    finite = np.flatnonzero(np.isfinite(series.values))
    if not len(finite) or better is Better.UNKNOWN:
        return None
    values = series.values[finite]
    place = finite[int(values.argmin() if better is Better.LOWER else values.argmax())]
    return Reading(float(series.values[place]), int(series.steps[place]))


def winner(metric: Metric, logs: Logs) -> Winner | None:
    """The first run, in order, with the best of all readings; None where nothing competes."""
    found: Winner | None = None
    competing = set(metric.runs)
    for run in logs.runs:
        series = run.scalars.get(metric.tag) if run.name in competing else None
        reading = best(series, metric.better) if series is not None else None
        if reading and (found is None or _beats(reading, found.reading, metric.better)):
            found = Winner(metric, run.name, reading)
    return found


def _beats(one: Reading, other: Reading, better: Better) -> bool:
    return one.value < other.value if better is Better.LOWER else one.value > other.value


def main_metrics(logs: Logs, wanted: Sequence[str] = ()) -> tuple[Metric, ...]:
    """The main metrics, first those ``wanted``, then those told by name up to four in all.

    ``wanted`` is as ``chosen_metrics`` takes it. Raises InputError.
    """
    chosen = chosen_metrics(logs, wanted)
    tags = {metric.tag for metric in chosen}
    others = [metric for metric in _told_by_name(logs) if metric.tag not in tags]
    return (*chosen, *others)[: max(MOST_METRICS, len(chosen))]


def chosen_metrics(logs: Logs, wanted: Sequence[str]) -> tuple[Metric, ...]:
    """The metrics that ``wanted`` means, each a tag, or a tag with ":min" or ":max".

    A tag that ends so itself is meant as it is. Raises InputError, which names close tags, where no
    run holds the tag.
    """
    found: dict[str, Metric] = {}
    for one in wanted:
        metric = _chosen(logs, one)
        found.setdefault(metric.tag, metric)
    return tuple(found.values())


def metric_for(tag: str, runs: Sequence[Run], chosen: Iterable[Metric]) -> Metric:
    """The tag as the one of the ``chosen`` metrics that it is, else as a metric of its ``runs``."""
    return next((metric for metric in chosen if metric.tag == tag), metric_of(tag, runs))


def _chosen(logs: Logs, wanted: str) -> Metric:
    name, _, end = wanted.rpartition(":")
    readings: list[tuple[str, Better | None]] = [(wanted, None)]
    if name and end in WAYS:
        readings.append((name, WAYS[end]))
    for tag, way in readings:
        runs = [run for run in logs.runs if len(run.scalars.get(tag, ()))]
        if runs:
            metric = metric_of(tag, runs)
            return replace(metric, better=way) if way else metric
    raise InputError(f"metric: {no_such_scalar(readings[-1][0], logs)}")


def no_such_scalar(sought: str, logs: Logs) -> str:
    """That no run has a scalar of that name, with the names that are close."""
    known = natural_order({tag for run in logs.runs for tag in run.scalars})
    close = difflib.get_close_matches(sought, known, n=3)
    hint = f"; did you mean {listed(close)}?" if close else f"; there are {listed(known)}"
    return f"no run has a scalar {sought!r}{hint if known else ''}"


def _told_by_name(logs: Logs) -> tuple[Metric, ...]:
    """The main metrics by what most trainings share and what the names of tags say.

    One each of: what is measured on validation data and to be low, there and to be high, a reward,
    else to be low, else to be high. Without any, up to two tags whose better way nobody knows.
    """
    holders: dict[str, list[Run]] = {}
    for run in logs.runs:
        for tag, series in run.scalars.items():
            if len(series):
                holders.setdefault(tag, []).append(run)
    spread = {tag: _trainings(runs) for tag, runs in holders.items()}
    everywhere = max(_trainings(run for run in logs.runs if run.scalars), 1)
    order = {tag: _order(tag, runs, spread[tag] / everywhere) for tag, runs in holders.items()}
    kinds: dict[int, list[str]] = {}
    for tag in sorted(holders, key=order.__getitem__):
        kinds.setdefault(_kind(tag, holders[tag]), []).append(tag)
    unjudged = kinds.pop(_UNJUDGED, [])
    if any(map(_is_reward, holders)):  # the loss of an agent says little of how well it plays
        kinds.pop(_LOW, None)
    first = [kinds[kind][0] for kind in sorted(kinds)]
    widest = max((spread[tag] for tag in first), default=0)
    tags = [tag for tag in first if spread[tag] * RARE > widest][:MOST_METRICS]
    if tags:
        return tuple(metric_of(tag, holders[tag]) for tag in tags)
    metrics = [metric_of(tag, holders[tag]) for tag in unjudged[:MOST_UNJUDGED]]
    return tuple(replace(metric, better=Better.UNKNOWN) for metric in metrics)


def _trainings(runs: Iterable[Run]) -> int:
    return len({roles.experiment(run.name) for run in runs})


def metric_of(tag: str, runs: Sequence[Run]) -> Metric:
    """The tag as a metric of the ``runs`` that hold it."""
    validating = [run for run in runs if roles.role(tag, run.name) is Role.VALIDATION]
    return Metric(tag, roles.better(tag), tuple(run.name for run in validating or runs))


# The kinds of main metrics, in their order.
_VALIDATION_LOW, _VALIDATION_HIGH, _REWARD, _LOW, _HIGH, _UNJUDGED = range(6)


def _kind(tag: str, runs: Iterable[Run]) -> int:
    """The kind of metric that the tag is."""
    way = roles.better(tag)
    reward = _is_reward(tag)
    if way is Better.UNKNOWN or (roles.is_exotic(tag) and not reward):
        return _UNJUDGED
    if any(roles.role(tag, run.name) is Role.VALIDATION for run in runs):
        return _VALIDATION_LOW if way is Better.LOWER else _VALIDATION_HIGH
    if reward:
        return _REWARD
    return _LOW if way is Better.LOWER else _HIGH


def _is_reward(tag: str) -> bool:
    return not roles.REWARD_WORDS.isdisjoint(roles.tokens(tag))


def _order(tag: str, runs: Sequence[Run], share: float) -> tuple[object, ...]:
    """Sorts the tags of one kind: shared by most, by epoch rather than by batch, plain, known."""
    words = roles.tokens(tag)
    return (
        share < 0.5,
        roles.better(tag) is Better.UNKNOWN,
        not roles.STEP_WORDS.isdisjoint(words),
        max(len(run.scalars[tag]) for run in runs) < 2,
        sum(word not in _SILENT_WORDS for word in words),
        _FAVOURITES.isdisjoint(words),
        -share,
        natural_key(tag),
    )


def reading_cell(reading: Reading | None, mark: str = "", known_step: int | None = None) -> Cell:
    """A reading as a table cell, with its step unless that is ``known_step``; empty for None."""
    if reading is None:
        return Cell("")
    small = "" if reading.step == known_step else at_step(reading.step)
    return Cell(format_number(reading.value), reading.value, small=small, mark=mark)
