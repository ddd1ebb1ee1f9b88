"""Weights that start as one constant make every unit of a layer the same, and keep them so.

Units with equal weights get equal gradients: however long the training, the layer acts as a single
unit. Zero is right for biases, for a last layer or an adapter that others feed with variety, and
one for the scale of a normalisation; these are not meant here.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import (
    LAYER_SYMPTOMS,
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
    weights = training.layers.weights
    if not weights:
        raise Unchecked("no histograms of weights were logged")
    equal = [one for one in weights if _starts_constant(one, limits)]
    zero = [one for one in equal if one.values.largest[0] == 0]
    found = equal
    if len(zero) < len(weights):  # a last layer or an adapter may start at zero, and then move
        found = [one for one in equal if one not in zero or _stays_zero(one, training)]
    if not found:
        return
    first = found[0].values
    constant = float(first.series.maximum[0])
    layers = listed(one.layer for one in found)
    start = "start" if len(found) > 1 else "starts"
    yield RULE.finding(
        first.run,
        f"{layers} {start} as the constant {number(constant)}: units cannot differ.",
        "Initialise weights at random (Xavier or He); zero is right for biases only.",
        tag=first.tag,
        step=int(first.series.steps[0]),
        value=constant,
        threshold=limits["spread"],
    )


def _starts_constant(weight: Weight, limits: Limits) -> bool:
    """Equal at the first log near the start, or all zero in every log."""
    series, largest = weight.values.series, weight.values.largest
    spread = series.maximum[0] - series.minimum[0]
    if not (np.isfinite(spread) and spread <= limits["spread"] * largest[0]):
        return False
    if largest[0] == 0:
        return series.steps[0] <= 1 or bool((largest == 0).all())
    has_columns = weight.bias is not None and 1 < weight.bias.size < weight.values.size
    return series.steps[0] <= 1 and has_columns


def _stays_zero(weight: Weight, training: Training) -> bool:
    """Whether a weight is zero to the end, in a training that gets nowhere."""
    return bool(weight.values.largest[-1] == 0) and training.stuck


RULE = Rule(
    id="constant-init",
    title="Weights start constant",
    severity=Severity.ERROR,
    why=__doc__ or "",
    needs="histograms of weights, the first at step 0 or 1",
    check=each(_check),
    thresholds=(
        Threshold(
            "spread",
            1e-7,
            "max - min relative to max |w|: float32's precision; SageMaker and MindSpore say 100 % "
            "zeros, but of biases too, which flags 18 of 120 healthy trainings",
        ),
    ),
    explains=(
        "saturated-activation",
        "initial-loss-high",
        "lr-too-high",
        "non-finite",
        "val-at-chance",
        *LOSS_SYMPTOMS,
        *LAYER_SYMPTOMS,
        *STILL_SYMPTOMS,
    ),
)
