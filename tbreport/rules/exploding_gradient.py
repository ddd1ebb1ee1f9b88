"""Gradients that grow without bound make steps that undo everything learnt before.

How large is too large depends on the loss and the network, so a large norm by itself is only worth
a note; together with a loss that diverges or is not finite it is the likely cause.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport import roles
from tbreport.model import Finding, Floats, Ints, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    run, tag, steps, norms = _norms(training)
    usual, most = float(np.median(norms)), float(norms.max())
    start = float(np.median(norms[:3]))
    grown = most > limits["growth"] * start and most > limits["least"]
    if not (usual > limits["median"] or most > limits["most"] or grown):
        return
    lost = training.diverges
    healthy = norms[norms <= np.percentile(norms, 90)]
    yield RULE.finding(
        run,
        f"The gradient norm reaches {number(most)} (its median is {number(usual)})"
        + (" in a training whose loss is lost." if lost else "."),
        f"Clip the gradient norm, for example at {number(float(np.median(healthy)))}; check the "
        "initialisation and the learning rate.",
        tag=tag,
        step=int(steps[int(norms.argmax())]),
        value=most,
        threshold=limits["most"],
        severity=Severity.ERROR if lost else Severity.NOTE,
    )


def _norms(training: Training) -> tuple[str, str, Ints, Floats]:
    """The norm over all parameters at every step: from exact histograms, else as it was logged."""
    squares: dict[int, float] = {}
    exact = [one for one in training.layers.gradients if one.is_exact]
    for one in exact:
        for step, value in zip(one.series.steps, one.series.sum_squares, strict=True):
            squares[int(step)] = squares.get(int(step), 0.0) + float(value)
    finite = sorted(step for step, value in squares.items() if np.isfinite(value))
    if finite:
        norms = np.sqrt([squares[step] for step in finite])
        return exact[0].run, exact[0].tag, np.array(finite), norms
    for run in training.runs:
        for tag, series in run.scalars.items():
            good = np.isfinite(series.values)
            if _is_norm(tag) and good.any():
                return run.name, tag, series.steps[good], series.values[good]
    raise Unchecked("no gradients and no gradient norm were logged")


def _is_norm(tag: str) -> bool:
    words = set(roles.tokens(tag))
    return "norm" in words and not words.isdisjoint(roles.GRADIENT_WORDS)


RULE = Rule(
    id="exploding-gradient",
    title="Exploding gradient",
    severity=Severity.ERROR,
    why=__doc__ or "",
    needs="exact histograms of gradients, or a gradient norm",
    check=each(_check),
    thresholds=(
        Threshold("median", 100.0, "own; healthy on the bench <= 25"),
        Threshold("most", 1e3, "own; healthy on the bench <= 25"),
        Threshold("growth", 100.0, "times the median of the first three"),
        Threshold("least", 10.0, "below which no growth matters"),
    ),
    explains=("dead-units", "loss-spike"),
)
