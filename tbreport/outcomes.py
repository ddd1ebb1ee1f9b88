"""Outcomes: each gate of ``--fail-if`` measured on every run that has its metric.

A gate is about all runs: one run for which it holds trips it. Runs without the metric are passed
over, but a metric that no run has is an error, never a pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tbreport import roles
from tbreport.gates import RUNTIME, Gate, misplaced
from tbreport.model import GateResult, Logs, Measured, Run, ScalarSeries
from tbreport.options import Options
from tbreport.roles import Better
from tbreport.sections import extent
from tbreport.sections.comparison import Deltas
from tbreport.sections.metrics import WAYS, best, last, no_such_scalar
from tbreport.sections.words import counted, listed
from tbreport.stats import format_duration, format_number

PASSED, TRIPPED, ERROR = "passed", "tripped", "error"
_DIGITS = 17  # significant ones that tell any two floats apart


def check_gates(options: Options, baseline: bool = False) -> None:
    """Raise InputError, with the place, where a gate can't be measured whatever the logs hold.

    ``baseline`` says whether there is one.
    """
    for gate in options.gates:
        if gate.measure == "delta" and not baseline:
            said = "delta compares with a baseline; name one with --baseline"
            raise misplaced(gate.expression, said, gate.place)
        if gate.measure == "best" and not _better(gate.tag, options.metric):
            said = f"which way {gate.tag!r} gets better, its name does not say; write min or max"
            raise misplaced(gate.expression, said, gate.place)


def outcomes(logs: Logs, options: Options, deltas: Deltas | None = None) -> tuple[GateResult, ...]:
    """What came of every gate of ``options``, those that tripped first, then errors.

    ``deltas`` are the values that "delta" compares.
    """
    results = [_outcome(gate, logs, options, deltas or {}) for gate in options.gates]
    return tuple(sorted(results, key=lambda one: (TRIPPED, ERROR, PASSED).index(one.state)))


def _outcome(gate: Gate, logs: Logs, options: Options, deltas: Deltas) -> GateResult:
    measured = tuple(_measured(gate, logs, options, deltas))
    if not measured:
        return GateResult(gate.expression, ERROR, _why_not(gate, logs), gate.tag)
    tripped = [one for one in measured if one.tripped]
    if tripped:
        worst = max(tripped, key=lambda one: _distance(gate, one))
        others = f"; {counted(len(tripped) - 1, 'more run')} too" if len(tripped) > 1 else ""
        message = f"{_said(gate, worst)}{others}"
    else:
        near = min(measured, key=lambda one: _distance(gate, one))
        nearest = f", the nearest of {counted(len(measured), 'run')}" if len(measured) > 1 else ""
        message = f"{_said(gate, near)}{nearest}"
    state = TRIPPED if tripped else PASSED
    return GateResult(gate.expression, state, message, gate.tag, measured)


def _said(gate: Gate, one: Measured) -> str:
    return f"run {listed([one.run])} {'took' if gate.measure == RUNTIME else 'has'} {one.words}"


def _distance(gate: Gate, one: Measured) -> float:
    """How far the value is from the limit; NaN is beyond all."""
    return math.inf if math.isnan(one.value) else abs(one.value - gate.limit)


def _why_not(gate: Gate, logs: Logs) -> str:
    if gate.measure == RUNTIME:
        return "no run has a value whose time could be told"
    if gate.measure == "delta" and any(len(run.scalars.get(gate.tag, ())) for run in logs.runs):
        return f"the baseline has no value of {gate.tag!r} to compare with"
    return no_such_scalar(gate.tag, logs)


def _measured(gate: Gate, logs: Logs, options: Options, deltas: Deltas) -> Iterator[Measured]:
    """What each run has, in the order of the runs."""
    for run in logs.runs:
        found = None
        series = run.scalars.get(gate.tag)
        if gate.measure == RUNTIME:
            found = _runtime(gate, run)
        elif gate.measure == "delta":
            pair = deltas.get((run.name, gate.tag))
            found = _delta(gate, *pair) if pair else None
        elif series is not None and len(series):
            found = _value(gate, series, _better(gate.tag, options.metric))
        if found:
            value, words = found
            if math.isnan(value):
                words += ", which trips every gate"
            yield Measured(run.name, value, words, gate.trips(value))


def _runtime(gate: Gate, run: Run) -> tuple[float, str] | None:
    """How long the run wrote, without pauses between its files; of runs with values only."""
    if not any(extent.series_of(run)):
        return None
    seconds = extent.active_seconds(run)
    if seconds is None:
        return math.nan, "an unknown time (NaN)"
    return seconds, f"{format_duration(seconds)} ({_telling(gate, seconds)} s)"


def _value(gate: Gate, series: ScalarSeries, better: Better) -> tuple[float, str]:
    if gate.measure == "mean":
        # A mean over values that hold NaN or both infinities is NaN: no news that numpy warns of.
        with np.errstate(invalid="ignore", over="ignore"):
            value = float(np.mean(series.values))
        return value, f"{_telling(gate, value)} over {counted(len(series), 'value')}"
    ways = {"min": Better.LOWER, "max": Better.HIGHER, "best": better}
    reading = last(series) if gate.measure == "last" else best(series, ways[gate.measure])
    if reading is None:
        return math.nan, "no finite value (NaN)"
    return reading.value, f"{_telling(gate, reading.value)} at step {reading.step:,}"


def _delta(gate: Gate, before: float, now: float) -> tuple[float, str]:
    """The difference from the baseline, as a share of its size where the gate is relative."""
    difference = now - before
    sides = f"({format_number(now)}, baseline {format_number(before)})"
    if not gate.relative:
        return difference, f"{_telling(gate, difference, signed=True)} {sides}"
    if difference == 0:
        share = 0.0
    else:
        share = difference / abs(before) if before else math.copysign(math.inf, difference)
    return share, f"{_telling(gate, share, 100, signed=True)} % {sides}"


def _telling(gate: Gate, value: float, scale: float = 1, signed: bool = False) -> str:
    """``value`` in as few digits as show on which side of the limit it is."""
    shown = value * scale
    texts = [format_number(shown), *(f"{shown:.{digits}g}" for digits in range(5, _DIGITS))]
    side = gate.trips(value)
    text = next((one for one in texts if gate.trips(float(one) / scale) == side), repr(shown))
    return f"+{text}" if signed and shown > 0 else text


def _better(tag: str, metrics: Sequence[str]) -> Better:
    """Which way the tag gets better: as ``--metric`` says, else its name."""
    ways = {f"{tag}:{end}": better for end, better in WAYS.items()}
    return next((ways[one] for one in metrics if one in ways), roles.better(tag))
