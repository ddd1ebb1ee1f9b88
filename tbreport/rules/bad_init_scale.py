"""Weights that start much too large or too small let signals explode or fade from layer to layer.

The spread of sound initialisations is about 1 / sqrt(inputs of a unit): 0.58 of that in PyTorch, 1
after LeCun, 1.41 after He. How many inputs a unit has follows from the sizes of the weight and of
its bias, so no shape is needed.
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
    gains = [(one, gain) for one in training.layers.weights if (gain := _gain(one)) is not None]
    if len(gains) < 2:
        raise Unchecked("no histograms of the weights and biases of two layers at step 0 or 1")
    for far, limit, word in (
        ([(one, gain) for one, gain in gains if gain > limits["large"]], limits["large"], "large"),
        ([(one, gain) for one, gain in gains if gain < limits["small"]], limits["small"], "small"),
    ):
        if len(far) >= max(2.0, limits["share"] * len(gains)):
            worst, gain = max(far, key=lambda pair: abs(np.log(pair[1])))
            yield RULE.finding(
                worst.values.run,
                f"{listed(one.layer for one, _ in far)} start too {word}: "
                f"{worst.layer} has {number(gain)} x 1/sqrt(fan-in) (usual: 0.6 to 1.4).",
                "Use the default initialisation of the framework, Xavier or He.",
                tag=far[0][0].values.tag,
                step=int(worst.values.series.steps[0]),
                value=gain,
                threshold=limit,
            )


def _gain(weight: Weight) -> float | None:
    """std x sqrt(fan-in) at the first log; None where that is not the start or not exact."""
    series, bias = weight.values.series, weight.bias
    if bias is None or bias.size == 0 or series.steps[0] > 1 or not weight.values.is_exact:
        return None
    if not _is_before_training(weight):
        return None
    gain = float(weight.values.spread()[0] * np.sqrt(weight.values.size / bias.size))
    return gain if np.isfinite(gain) and gain > 0 else None


def _is_before_training(weight: Weight) -> bool:
    """Whether the first log shows the start: steps may count epochs, and 0 be the end of one.

    A learning rate that blows weights up in the first epoch moves them in the second as well.
    """
    steps = weight.values.series.steps
    if len(steps) < 2 or steps[0] != 0 or steps[1] - steps[0] > 1:
        return True
    rms = weight.values.rms()[0]
    return bool(abs(rms[1] / rms[0] - 1) < 0.2) if rms[0] > 0 else True


RULE = Rule(
    id="bad-init-scale",
    title="Weights start at a bad scale",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="exact histograms of weights and biases, the first at step 0 or 1",
    check=each(_check),
    thresholds=(
        Threshold("large", 3.0, "bench: healthy 0.235 to 1.02, faulty from 5.2"),
        Threshold("small", 0.03, "bench: healthy from 0.235; SIREN's networks start at 0.047"),
        Threshold("share", 0.5, "of the layers: one odd layer may be meant"),
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
