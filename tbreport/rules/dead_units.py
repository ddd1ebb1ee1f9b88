"""Units whose output is always zero get no gradient, so nothing can bring them back to life.

ReLU units die when a step or an initial bias pushes them below zero for every input. The gradients
of their weights are then exactly zero.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Floats, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, listed, number
from tbreport.rules.layers import Tensor
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    logs = int(limits["logs"])
    gradients = [one for one in training.layers.gradients if len(one.series) >= logs]
    activations = [one for one in training.layers.activations if len(one.series) >= logs]
    if not gradients and not activations:
        raise Unchecked(f"no gradients or activations in {logs} logs or more")
    severity = Severity.WARNING if training.learnt or training.game else Severity.ERROR
    dead = [one for one in gradients if _share_of_zero_logs(one) >= limits["share"]]
    if dead:
        since = int(dead[0].series.steps[int((dead[0].largest == 0).argmax())])
        yield RULE.finding(
            dead[0].run,
            f"All gradients of {listed(one.role.layer for one in dead)} are exactly zero since "
            f"step {since}.",
            "Lower the learning rate, start biases at zero, or use leaky ReLU; check that the "
            "layer is connected to the loss.",
            tag=dead[0].tag,
            step=since,
            value=_share_of_zero_logs(dead[0]),
            threshold=limits["share"],
            severity=severity,
        )
        return
    zeros = [(one, float(np.median(_zeros(one)[-logs:]))) for one in activations if one.is_exact]
    silent = [(one, share) for one, share in zeros if share >= limits["zeros"]]
    if silent:
        worst, share = max(silent, key=lambda pair: pair[1])
        yield RULE.finding(
            worst.run,
            f"The activations of {listed(one.role.layer for one, _ in silent)} are "
            f"{number(100 * share)} % zero.",
            "Lower the learning rate, start biases at zero, or use leaky ReLU.",
            tag=worst.tag,
            step=int(worst.series.steps[-1]),
            value=share,
            threshold=limits["zeros"],
            severity=Severity.NOTE if training.learnt else severity,
        )


def _share_of_zero_logs(tensor: Tensor) -> float:
    return float((tensor.largest == 0).mean())


def _zeros(tensor: Tensor) -> Floats:
    """The share of exact zeros at every step: legacy histograms have a bucket within 1e-12."""
    shares = []
    for index in range(len(tensor.series)):
        left, right, counts = tensor.series.buckets(index).T
        near = (left >= -2e-12) & (right <= 2e-12)
        total = counts.sum()
        shares.append(counts[near].sum() / total if total > 0 else 0.0)
    return np.array(shares)


RULE = Rule(
    id="dead-units",
    title="Dead units",
    severity=Severity.ERROR,
    why=__doc__ or "",
    needs="histograms of gradients or activations in 4 logs",
    check=each(_check),
    thresholds=(
        Threshold("logs", 4, "fewer may be chance"),
        Threshold("share", 0.8, "of the logs in which a layer's gradient is all zero"),
        Threshold("zeros", 0.98, "of a layer's activations; SageMaker needs 99 % for one unit"),
    ),
    explains=(
        "loss-not-decreasing",
        "loss-frozen",
        "vanishing-gradient",
        "weights-not-updating",
        "update-too-small",
    ),
)
