"""Trials: what was tried with which settings and how it came out, one for each experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport import roles
from tbreport.groups import experiment_of
from tbreport.model import HParam, Logs, Reading, Run, ScalarSeries
from tbreport.runnames import hparams_in_name
from tbreport.sections.metrics import Metric, best, last

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trial:
    """One experiment: ``runs`` are its run directories, ``colour`` that of the first of them.

    ``values`` are the settings from the hparams plugin, settings files and the runs' names, in this
    order of trust. ``status`` and ``group`` are those of its session, "" when none was logged.
    """

    name: str
    runs: tuple[Run, ...]
    colour: int
    values: Mapping[str, HParam]
    status: str = ""
    group: str = ""

    def best(self, metric: Metric) -> Reading | None:
        """The best value of the metric in any of the runs that compete in it."""
        found = [best(series, metric.better) for series in self._series(metric)]
        readings = [reading for reading in found if reading]
        if not readings:
            return None
        pick = min if metric.better is roles.Better.LOWER else max
        return pick(readings, key=lambda reading: reading.value)

    def last(self, metric: Metric) -> Reading | None:
        """The newest value of the metric."""
        readings = [last(series) for series in self._series(metric)]
        return next((reading for reading in reversed(readings) if reading), None)

    def result(self, metric: Metric) -> float:
        """The best value, or the last where nobody knows what is best; NaN without any."""
        reading = self.best(metric) or self.last(metric)
        return reading.value if reading else float("nan")

    def _series(self, metric: Metric) -> list[ScalarSeries]:
        return [
            run.scalars[metric.tag]
            for run in self.runs
            if run.name in metric.runs and metric.tag in run.scalars
        ]


def trials(logs: Logs) -> list[Trial]:
    """One trial for each experiment that says anything about its settings, in order of the runs."""
    members: dict[str, list[tuple[int, Run]]] = {}
    for place, run in logs.coloured:
        members.setdefault(experiment_of(run.name), []).append((place, run))
    found = []
    for name, runs in members.items():
        values: dict[str, HParam] = dict(hparams_in_name(name))
        for _, run in sorted(runs, key=lambda one: len(one[1].name)):
            if run.hparams:
                values.update(run.hparams.values)
        statuses = [run.hparams.status for _, run in runs if run.hparams]
        if values:
            found.append(
                Trial(
                    name,
                    tuple(run for _, run in runs),
                    runs[0][0],
                    values,
                    next((status for status in statuses if status != "unknown"), ""),
                    next((run.hparams.group for _, run in runs if run.hparams), ""),
                )
            )
    return found


@dataclass(frozen=True, eq=False)
class Setting:
    """One hyper-parameter over all trials.

    ``numbers`` float64 (trials,): its values, or for words their places in ``labels``; NaN where a
    trial does not have it. ``log`` says that its numbers are positive and span decades.
    """

    name: str
    numbers: Floats
    labels: tuple[str, ...] = ()

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(np.unique(self.numbers[np.isfinite(self.numbers)]))

    @property
    def log(self) -> bool:
        """Whether the values are better seen on a logarithmic axis."""
        finite = self.numbers[np.isfinite(self.numbers)]
        return (
            not self.labels
            and len(finite) > 0
            and finite.min() > 0
            and (finite.max() / finite.min() >= 30)
        )


def settings(found: Sequence[Trial]) -> list[Setting]:
    """Every hyper-parameter of the trials, in order of first appearance."""
    names = list(dict.fromkeys(name for trial in found for name in trial.values))
    return [_setting(name, [trial.values.get(name) for trial in found]) for name in names]


def _setting(name: str, values: Sequence[HParam | None]) -> Setting:
    if all(value is None or (isinstance(value, float)) for value in values):
        numbers = [np.nan if value is None else float(value) for value in values]
        return Setting(name, np.array(numbers, np.float64))
    words = [None if value is None else shown(value) for value in values]
    labels = sorted({word for word in words if word is not None})
    places = [np.nan if word is None else labels.index(word) for word in words]
    return Setting(name, np.array(places, np.float64), tuple(labels))


def shown(value: HParam) -> str:
    """A setting as a reader writes it: 0.001, 64, true, Adam."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value
