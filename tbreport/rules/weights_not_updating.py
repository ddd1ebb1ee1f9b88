"""Weights that are bit for bit the same in every log are not being trained.

That is right for a frozen backbone. It is wrong where gradients arrive and nothing follows, where
the layer still holds the random numbers it started with, or where the training gets nowhere: then
the optimiser does not hold the parameters, or the graph to them is cut.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, listed
from tbreport.rules.layers import Tensor, Weight
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    logs = int(limits["logs"])
    weights = [one for one in training.layers.weights if len(one.values.series) >= logs]
    if not weights:
        raise Unchecked(f"no histograms of weights in {logs} logs or more")
    still = [one for one in weights if is_still(one.values)]
    if not still or _all_zero(still):
        return
    first = still[0].values
    ill = len(still) == len(weights) or _is_ill(training, still, limits)
    count = len(first.series)
    yield RULE.finding(
        first.run,
        f"{listed(one.layer for one in still)} "
        f"{'are' if len(still) > 1 else 'is'} bit-identical in all {count} logs.",
        "Frozen on purpose? Otherwise pass these parameters to the optimiser, and check "
        "requires_grad, detach and the learning rate.",
        tag=first.tag,
        step=int(first.series.steps[-1]),
        value=float(len(still)),
        severity=Severity.WARNING if ill else Severity.NOTE,
    )


def is_still(tensor: Tensor) -> bool:
    """Whether all logs of a tensor are equal, in everything that was kept."""
    prints = tensor.fingerprints()
    return bool((prints == prints[0]).all())


def _all_zero(weights: list[Weight]) -> bool:
    return all((one.values.largest == 0).all() for one in weights)


def _is_ill(training: Training, still: list[Weight], limits: Limits) -> bool:
    if any(one.gradient is not None and one.gradient.largest.max() > 0 for one in still):
        return True
    if any(_is_fresh(one.values, limits) for one in still):
        return True
    return training.stuck


def _is_fresh(tensor: Tensor, limits: Limits) -> bool:
    """Whether the values are still the uniform random numbers of an initialisation.

    A uniform distribution has max |w| = sqrt(3) rms; what has been trained once is never so flat.
    """
    if tensor.size < limits["fresh_size"] or not tensor.is_exact:
        return False
    rms = tensor.rms()[0][0]
    return bool(abs(tensor.largest[0] / (np.sqrt(3.0) * rms) - 1) < limits["fresh"])


RULE = Rule(
    id="weights-not-updating",
    title="Weights not updating",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="histograms of weights in 4 logs",
    check=each(_check),
    thresholds=(
        Threshold("logs", 4, "SageMaker's UnchangedTensor looks at 3 saved steps"),
        Threshold("fresh", 0.05, "how near max |w| / rms is to sqrt(3), that of uniform numbers"),
        Threshold("fresh_size", 100, "elements: fewer have no distribution to speak of"),
    ),
    explains=("loss-frozen", "noisy-filters"),
)
