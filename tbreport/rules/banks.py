"""Kernels as numbers: what tensors and checkpoints hold of the weights of a training.

First-layer filters are tested for spatial structure by the correlation of neighbouring pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport import roles
from tbreport.model import Floats, Run, TensorSeries
from tbreport.moran import excess
from tbreport.roles import Part, Quantity, histogram_role
from tbreport.rules.training import Training

Values = NDArray[Any]

_LARGEST_SIDE = 11  # AlexNet's first kernels, the largest in common use
_MOST_CHANNELS = 4  # of what goes into a first layer: grey, RGB, RGBA
_KERNEL_WORDS = frozenset({"filter", "filters", "conv", "kernel", "kernels", "weight", "weights"})


@dataclass(frozen=True, eq=False)
class Bank:
    """The newest values of one kernel, of any floating-point type and two dimensions or more.

    ``step`` is None where a checkpoint does not tell.
    """

    run: str
    name: str
    step: int | None
    values: Values


@dataclass(frozen=True, eq=False)
class FirstFilters:
    """Filters of a first layer, ``kernels`` (float64, shape (filters, channels, side, side))."""

    run: str
    name: str
    step: int | None
    kernels: Floats

    @property
    def structure(self) -> float:
        """How many standard deviations neighbouring pixels correlate above what chance gives.

        NaN where all kernels are constant.
        """
        return excess(self.kernels.reshape(-1, *self.kernels.shape[2:]))


def banks(training: Training) -> Iterator[Bank]:
    """The kernels that were logged as tensors, and those of the newest checkpoint that was read."""
    for run in training.runs:
        yield from _logged(run)
        yield from _saved(run)


def first_filters(training: Training, least_side: int, least_filters: int) -> list[FirstFilters]:
    """The convolution kernels over image channels that are large enough to have a structure."""
    found = []
    for bank in banks(training):
        kernels = _as_filters(bank.values)
        if kernels is None:
            continue
        filters, channels, side, _ = kernels.shape
        if filters >= least_filters and channels <= _MOST_CHANNELS and side >= least_side:
            exact = np.asarray(kernels, dtype=np.float64)
            if np.isfinite(exact).all():
                found.append(FirstFilters(bank.run, bank.name, bank.step, exact))
    return found


def _as_filters(values: Values) -> Values | None:
    """As (out, in, side, side): TensorFlow has the sides in front, torch behind."""
    if values.ndim != 4:
        return None
    front, back = values.shape[:2], values.shape[2:]
    if back[0] == back[1] <= _LARGEST_SIDE:
        return values
    return values.transpose(3, 2, 0, 1) if front[0] == front[1] <= _LARGEST_SIDE else None


def _logged(run: Run) -> Iterator[Bank]:
    for tag, series in run.tensors.items():
        if len(series) and series.steps[-1] > 0 and _is_kernel(tag, series):
            yield Bank(run.name, tag, int(series.steps[-1]), series.values[-1])


def _is_kernel(tag: str, series: TensorSeries) -> bool:
    role = histogram_role(tag)
    if role.quantity in (Quantity.GRADIENT, Quantity.ACTIVATION) or not _is_real(series.values[-1]):
        return False
    words = {word.rstrip("0123456789") for word in roles.tokens(tag)}
    return role.part is Part.KERNEL or not words.isdisjoint(_KERNEL_WORDS)


def _saved(run: Run) -> Iterator[Bank]:
    read = [one for one in run.checkpoints if one.read]
    for tensor in read[-1].parameters if read else ():
        kernels = tensor.kernels()
        values = tensor.values if kernels is None else kernels
        is_kernel = histogram_role(tensor.name).part in (Part.KERNEL, Part.UNKNOWN)
        if is_kernel and values is not None and _is_real(values):
            yield Bank(run.name, tensor.name, read[-1].step, values)


def _is_real(values: Values) -> bool:
    return values.ndim >= 2 and bool(np.issubdtype(values.dtype, np.floating))
