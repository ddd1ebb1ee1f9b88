"""Layers: the histograms of a run sorted by what they are of, in network order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.model import HistogramSeries, Run
from tbreport.roles import HistogramRole, Part, Quantity, histogram_role
from tbreport.sections.moments import Moments, moments

Floats = NDArray[np.float64]

MOST_STEPS = 200  # columns of a heat map


@dataclass(frozen=True, eq=False)
class Layer:
    """One tag's histograms with their role and measures."""

    tag: str
    role: HistogramRole
    series: HistogramSeries
    moments: Moments

    @property
    def change(self) -> float:
        """How much the spread has changed between first and last step: |log ratio|.

        Infinite for a tensor that is constant all along: nothing tells more.
        """
        first, last = self.moments.rms[0], self.moments.rms[-1]
        if not (first > 0 and last > 0):
            return np.inf
        return abs(float(np.log(last / first)))


def layers_of(run: Run, quantities: Iterable[Quantity]) -> list[Layer]:
    """The histograms of ``quantities`` in order of first appearance, which is network order."""
    wanted = set(quantities)
    found = []
    for tag, series in run.histograms.items():
        role = histogram_role(tag)
        if role.quantity in wanted and len(series):
            found.append(Layer(tag, role, series, moments(series)))
    return found


def kernels(layers: Iterable[Layer]) -> list[Layer]:
    """Those that hold weights: biases and normalisation left away where there are others."""
    every = list(layers)
    chosen = [one for one in every if one.role.part not in (Part.BIAS, Part.NORM, Part.POSITION)]
    return chosen or every


def grid(layers: Iterable[Layer], measure: str) -> tuple[NDArray[np.int64], Floats]:
    """A measure of ``Moments`` as a matrix (layers, steps) over at most MOST_STEPS common steps.

    A layer that was not logged at a step has NaN there.
    """
    every = list(layers)
    steps = np.unique(np.concatenate([one.series.steps for one in every]))
    if len(steps) > MOST_STEPS:
        steps = steps[np.linspace(0, len(steps) - 1, MOST_STEPS).round().astype(int)]
    rows = np.full((len(every), len(steps)), np.nan)
    for row, one in zip(rows, every, strict=True):
        # Of values logged twice at a step the last one counts.
        places = np.searchsorted(steps, one.series.steps)
        inside = places < len(steps)
        inside[inside] = steps[places[inside]] == one.series.steps[inside]
        row[places[inside]] = getattr(one.moments, measure)[inside]
    return steps, rows
