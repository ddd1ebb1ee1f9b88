"""Weights that shrink to nothing are pulled there by a weight decay stronger than the data."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import (
    LOSS_SYMPTOMS,
    STILL_SYMPTOMS,
    Limits,
    Rule,
    Threshold,
    each,
    listed,
    number,
)
from tbreport.rules.layers import Weight
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    weights = [one for one in training.layers.weights if len(one.values.series) >= 2]
    if not weights:
        raise Unchecked("no histograms of weights in two logs or more")
    shrunk = [(one, left) for one in weights if (left := _left(one)) < limits["left"]]
    if len(shrunk) < limits["share"] * len(weights):
        return
    worst, left = min(shrunk, key=lambda pair: pair[1])
    yield RULE.finding(
        worst.values.run,
        f"{listed(one.layer for one, _ in shrunk)} shrank to {number(left)} of their start.",
        "Use less weight decay.",
        tag=shrunk[0][0].values.tag,
        step=int(worst.values.series.steps[-1]),
        value=left,
        threshold=limits["left"],
    )


def _left(weight: Weight) -> float:
    """The greatest share of its first RMS that a weight can have kept."""
    least, most = weight.values.rms()
    if not (np.isfinite(least[0]) and np.isfinite(most[-1]) and least[0] > 0):
        return 1.0
    return float(most[-1] / least[0])


RULE = Rule(
    id="weights-collapse",
    title="Weights collapse",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="histograms of weights in two logs",
    check=each(_check),
    thresholds=(
        Threshold("left", 0.01, "of the first RMS; own"),
        Threshold("share", 0.5, "of the layers"),
    ),
    explains=(*LOSS_SYMPTOMS, *STILL_SYMPTOMS, "vanishing-gradient", "dead-units"),
)
