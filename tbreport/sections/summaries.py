"""Summaries: the numbers of every run and series, small enough to be kept for a later report."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.model import (
    Logs,
    Reading,
    Run,
    RunSummary,
    ScalarSeries,
    ScalarSummary,
    Thinned,
)
from tbreport.roles import Better
from tbreport.sections import extent
from tbreport.sections.metrics import best
from tbreport.sections.trials import Trial, trials

Floats = NDArray[np.float64]

MOST_POINTS = 400_000  # in the curves of all series together, about 10 MB as JSON
MOST_COLUMNS = 500  # of one curve: about the CSS pixels between the axes of a chart
FEWEST_COLUMNS = 30  # however many series there are
DIGITS = 7  # significant ones of a curve's values, as float32 has
NOTHING = Thinned(*[np.zeros(0)] * 4)
PLACES = 3  # decimals of steps and seconds in the middle of a column
WHOLE = 2.0**53  # from here on every float64 is a whole number


def summaries(logs: Logs, columns: int | None = None) -> tuple[RunSummary, ...]:
    """The summary of each run; the more series there are, the thinner their curves.

    Its settings are those of its trial, so also what its name or a run beside it says. ``columns``
    is how many a curve may have, 0 for no curves.
    """
    if columns is None:
        series = sum(len(run.scalars) for run in logs.runs)
        columns = min(MOST_COLUMNS, max(FEWEST_COLUMNS, MOST_POINTS // (2 * max(series, 1))))
    by_run = {run.name: trial for trial in trials(logs) for run in trial.runs}
    return tuple(_summary(run, by_run, columns) for run in logs.runs)


def _summary(run: Run, by_run: Mapping[str, Trial], columns: int) -> RunSummary:
    trial = by_run.get(run.name)
    span = extent.span(run)
    return RunSummary(
        name=run.name,
        files=tuple(file.name for file in run.files),
        size=sum(file.size for file in run.files),
        events=extent.events(run),
        values=extent.logged_values(run),
        superseded=run.superseded,
        last_step=extent.last_step(run),
        first_wall_time=span[0] if span else None,
        last_wall_time=span[1] if span else None,
        runtime=extent.active_seconds(run),
        status=trial.status if trial else "",
        hparams=dict(trial.values) if trial else {},
        scalars={
            tag: _scalar(series, columns) for tag, series in run.scalars.items() if len(series)
        },
    )


def _scalar(series: ScalarSeries, columns: int) -> ScalarSummary:
    finite = series.values[np.isfinite(series.values)]
    return ScalarSummary(
        count=len(series),
        finite=len(finite),
        first=Reading(float(series.values[0]), int(series.steps[0])),
        last=Reading(float(series.values[-1]), int(series.steps[-1])),
        lowest=best(series, Better.LOWER),
        highest=best(series, Better.HIGHER),
        mean=_mean(finite),
        curve=_thinned(series, columns) if columns else NOTHING,
    )


def _mean(finite: Floats) -> float | None:
    """The mean; of halves where the sum of values near the largest float64 would overflow."""
    if not len(finite):
        return None
    with np.errstate(over="ignore"):
        mean = float(finite.mean())
    return mean if np.isfinite(mean) else float((finite / len(finite)).sum())


def _thinned(series: ScalarSeries, columns: int) -> Thinned:
    steps = series.steps.astype(np.float64)
    if len(steps) > 1 and steps[0] == steps[-1]:
        steps = np.arange(len(steps), dtype=np.float64)
    kept = columns if len(steps) > 2 * columns else 2 * columns
    curve = stats.envelope(steps, series.values, kept)
    times = stats.envelope(steps, _seconds(series), kept)
    low = _rounded(curve.low)
    high = low if curve.low is curve.high else _rounded(curve.high)
    middle = times.low + (times.high - times.low) / 2
    return Thinned(_placed(curve.x), _placed(middle), low, high)


def _placed(values: Floats) -> Floats:
    """Values to PLACES decimals; large ones have none, and scaling them would overflow."""
    whole = np.abs(values) >= WHOLE
    return np.where(whole, values, np.where(whole, 0.0, values).round(PLACES))


def _seconds(series: ScalarSeries) -> Floats:
    """The time of each value since the first that has one; NaN where it has none."""
    walls = series.wall_times
    # 0 is what a writer without a clock leaves, not a moment of 1970.
    known = np.isfinite(walls) & (walls > 0)
    if not known.any():
        return np.full(len(walls), np.nan)
    return np.where(known, walls - walls[known][0], np.nan)


def _rounded(values: Floats) -> Floats:
    return np.array([float(f"{value:.{DIGITS}g}") for value in values.tolist()], np.float64)


def best_of(scalar: ScalarSummary, better: Better) -> Reading | None:
    """The first of the best finite values; None where there is none or nobody knows what is."""
    if better is Better.UNKNOWN:
        return None
    return scalar.lowest if better is Better.LOWER else scalar.highest
