"""Trainings for tests of rules: curves and histograms made from the few numbers they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tbreport.model import Finding, HistogramSeries, Logs, Run, Severity
from tbreport.rules import RULES, Verdict, judge
from tests import make

EPOCH = 38  # steps; so that step 0 is before training
# The limits of TensorFlow 1's and torch's buckets: 1e-12 and up by a tenth, both signs, and zero.
_POSITIVE = 1e-12 * 1.1 ** np.arange(800)
LEGACY_LIMITS = np.concatenate([-_POSITIVE[::-1], [0.0], _POSITIVE])


def steps(count: int, every: int = EPOCH, start: int = 0) -> np.ndarray:
    """Equally spaced steps."""
    return start + every * np.arange(count)


def falling(count: int = 16, start: float = 2.3, end: float = 0.1) -> np.ndarray:
    """A healthy loss: it falls by the same factor from point to point."""
    return np.geomspace(start, end, count)


def training(
    scalars: Mapping[str, Iterable[float]],
    *histograms: HistogramSeries,
    name: str = ".",
    every: int = EPOCH,
    start: int = 0,
    **about: object,
) -> Run:
    """A run whose scalars are logged once an epoch."""
    series = []
    for tag, values in scalars.items():
        listed = list(values)
        series.append(make.scalar_series(tag, listed, steps(len(listed), every, start)))
    return make.run(name, None, *series, *histograms, **about)


def exact_histograms(
    tag: str, tensors: Sequence[Iterable[float]], every: int = EPOCH, start: int = 0
) -> HistogramSeries:
    """Legacy histograms of tensors, with all their exact moments."""
    arrays = [np.asarray(list(values), dtype=np.float64) for values in tensors]
    counts = [_legacy_counts(values) for values in arrays]
    return HistogramSeries(
        tag,
        steps(len(arrays), every, start).astype(np.int64),
        make.START + np.arange(len(arrays), dtype=np.float64),
        edges=(LEGACY_LIMITS,) * len(arrays),
        counts=tuple(counts),
        exact=np.ones(len(arrays), dtype=np.bool_),
        minimum=np.array([values.min() for values in arrays]),
        maximum=np.array([values.max() for values in arrays]),
        num=np.array([float(len(values)) for values in arrays]),
        sum=np.array([values.sum() for values in arrays]),
        sum_squares=np.array([(values**2).sum() for values in arrays]),
        logged=len(arrays),
    )


def _legacy_counts(values: np.ndarray) -> np.ndarray:
    """Each value in the first bucket whose upper limit is above it, as TensorFlow counts."""
    places = np.searchsorted(LEGACY_LIMITS, values[np.isfinite(values)], side="right")
    return np.bincount(
        np.minimum(places, len(LEGACY_LIMITS) - 1), minlength=len(LEGACY_LIMITS)
    ).astype(np.float64)


def keras_histograms(tag: str, tensors: Sequence[Iterable[float]]) -> HistogramSeries:
    """TF2's histograms at the end of every epoch: 30 buckets of equal width, no sums."""
    slices = []
    for tensor in tensors:
        values = np.asarray(list(tensor), dtype=np.float64)
        if np.ptp(values) == 0:  # one bucket of no width, as TF2 has it
            slices.append([[values[0], values[0], len(values)]])
            continue
        counts, edges = np.histogram(values, 30)
        slices.append(np.column_stack([edges[:-1], edges[1:], counts]))
    return make.histogram_series(tag, slices)


def normal(size: int, scale: float = 0.1, seed: int = 0) -> np.ndarray:
    """Normally distributed weights."""
    return np.random.default_rng(seed).normal(0, scale, size)


def uniform(size: int, largest: float = 0.1, seed: int = 0) -> np.ndarray:
    """Weights as torch's layers start with: uniform."""
    return np.random.default_rng(seed).uniform(-largest, largest, size)


def growing(tensor: np.ndarray, count: int, factor: float = 0.05) -> list[np.ndarray]:
    """A tensor that moves a little from log to log."""
    return [tensor * (1 + factor * place) for place in range(count)]


def layer(
    name: str,
    count: int = 6,
    inputs: int = 64,
    outputs: int = 10,
    scale: float | None = None,
    seed: int = 0,
    start: int = 0,
) -> tuple[HistogramSeries, HistogramSeries]:
    """The weight and the bias of a layer that starts well (He) and moves."""
    scale = np.sqrt(2 / inputs) if scale is None else scale
    weight = growing(normal(inputs * outputs, scale, seed), count)
    bias = growing(uniform(outputs, 0.05, seed), count)
    return (
        exact_histograms(f"{name}.weight", weight, start=start),
        exact_histograms(f"{name}.bias", bias, start=start),
    )


def verdict_of(*runs: Run, **about: object) -> Verdict:
    """The verdict on runs; a rule that raises fails the test."""
    verdict = judge(Logs(runs), **about)  # type: ignore[arg-type]
    assert not verdict.faults, verdict.faults[0].details
    return verdict


def only(rule: str, *runs: Run, **about: object) -> tuple[Finding, ...]:
    """What one rule says when no other is asked."""
    others = [one.id for one in RULES if one.id != rule]
    return verdict_of(*runs, ignore=others, **about).findings


def reason(rule: str, *runs: Run) -> str:
    """Why a rule could not be checked."""
    return dict(verdict_of(*runs).not_run)[rule]


def alarms(verdict: Verdict) -> list[str]:
    """The ids of the warnings and errors, worst first."""
    return [one.rule for one in verdict.findings if one.severity is not Severity.NOTE]
