"""Filters that repeat each other cost time and teach the network nothing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.banks import FirstFilters, first_filters
from tbreport.rules.kit import Limits, Rule, Threshold, each
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    found = first_filters(training, int(limits["side"]), int(limits["filters"]))
    if not found:
        raise Unchecked("no kernels of a first layer, 5 x 5 or larger, were logged or saved")
    for one in found:
        doubles = _doubles(one, limits["similar"])
        count = len(one.kernels)
        if doubles > limits["share"] * count:
            yield RULE.finding(
                one.run,
                f"{doubles} of the {count} filters of {one.name} duplicate another one.",
                "A narrower layer would do; check that filters start differently.",
                tag=one.name,
                step=one.step,
                value=doubles / count,
                threshold=limits["share"],
            )


def _doubles(filters: FirstFilters, similar: float) -> int:
    """How many filters are like another one, sign aside."""
    flat = filters.kernels.reshape(len(filters.kernels), -1)
    centred = flat - flat.mean(axis=1, keepdims=True)
    size = np.sqrt((centred * centred).sum(axis=1))
    unit = centred[size > 0] / size[size > 0, None]
    likeness = np.abs(unit @ unit.T) - np.eye(len(unit))
    return int((likeness.max(axis=1, initial=0.0) > similar).sum())


RULE = Rule(
    id="filter-redundancy",
    title="Filters repeat each other",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.NOTE,
    needs="kernels of a first layer as tensors or in a checkpoint",
    thresholds=(
        Threshold("similar", 0.95, "cosine; the most alike of healthy filters have 0.45 to 0.82"),
        Threshold("share", 0.25, "of the filters; own"),
        Threshold("side", 5, "pixels: smaller filters are alike by chance"),
        Threshold("filters", 8, "fewer are no bank"),
    ),
)
