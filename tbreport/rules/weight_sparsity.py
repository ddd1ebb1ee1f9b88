"""Weights that are all but zero can be left out: the network is larger than its task."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.banks import Bank, banks
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked

_MOST_VALUES = 1_000_000  # of a layer; every n-th stands for the rest


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    shares = [
        (one, _share(one, limits["tiny"]))
        for one in banks(training)
        if one.values.size >= limits["size"]
    ]
    if not shares:
        raise Unchecked("no weights were logged as tensors or saved")
    sparse = [(one, share) for one, share in shares if share > limits["share"]]
    if sparse:
        worst, share = max(sparse, key=lambda pair: pair[1])
        yield RULE.finding(
            worst.run,
            f"{number(100 * share)} % of the weights of {worst.name} are about zero"
            + (f", and so it is in {len(sparse) - 1} other layers." if len(sparse) > 1 else "."),
            "Prune these weights, or use a narrower layer.",
            tag=worst.name,
            step=worst.step,
            value=share,
            threshold=limits["share"],
        )


def _share(bank: Bank, tiny: float) -> float:
    """The share of values that are tiny beside the RMS; 0 where all are zero or one is NaN."""
    flat = bank.values.reshape(-1)
    values = flat[:: max(1, len(flat) // _MOST_VALUES)].astype(np.float64)
    rms = float(np.sqrt((values * values).mean()))
    return float((np.abs(values) < tiny * rms).mean()) if rms > 0 else 0.0


RULE = Rule(
    id="weight-sparsity",
    title="Weights about zero",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.NOTE,
    needs="weights as tensors or in a checkpoint",
    thresholds=(
        Threshold("tiny", 1e-3, "of the RMS; normal weights have 0.08 % below it"),
        Threshold("share", 0.5, "of the weights; own"),
        Threshold("size", 100, "elements: fewer are not worth pruning"),
    ),
)
