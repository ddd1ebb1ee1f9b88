"""NaN and infinity spread: once a loss or a weight is not a number, nothing after it is.

The usual sources are a learning rate that is too high, log(0), a division by zero and a square root
of a negative number. The first step with such a value is the place to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tbreport import roles
from tbreport.model import Finding, Floats, Ints, Severity
from tbreport.roles import Better, Quantity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.layers import Tensor
from tbreport.rules.training import Training, Unchecked


@dataclass(frozen=True, eq=False)
class _Bad:
    """A series with values that are not finite; ``vital`` if the training cannot do without it."""

    run: str
    tag: str
    steps: Ints
    values: Floats
    vital: bool

    @property
    def first(self) -> int:
        return int(np.flatnonzero(~np.isfinite(self.values))[0])

    @property
    def step(self) -> int:
        return int(self.steps[self.first])

    @property
    def lasts(self) -> bool:
        """Whether the end is as bad: a single NaN that passes has another cause."""
        return not bool(np.isfinite(self.values[-1]))


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    if not any(run.scalars or run.histograms for run in training.runs):
        raise Unchecked("no scalars or histograms were logged")
    bad = [*_scalars(training), *_histograms(training)]
    vital = [one for one in bad if one.vital]
    if vital:
        worst = min(vital, key=lambda one: (not one.lasts, one.step))
        yield _vital(worst, len(vital) - 1, limits)
    elif bad:
        first = bad[0]
        share = float((~np.isfinite(first.values)).mean())
        yield RULE.finding(
            first.run,
            f"{first.tag} has no finite value at {number(100 * share)} % of its points, first at "
            f"step {first.step}.",
            "A metric may be undefined where a class or a batch is empty; check that it is meant.",
            tag=first.tag,
            step=first.step,
            value=float(first.values[first.first]),
            severity=Severity.NOTE,
        )


def _vital(bad: _Bad, others: int, limits: Limits) -> Finding:
    value = float(bad.values[bad.first])
    kind = "NaN" if np.isnan(value) else "infinite"
    after = "nothing after it is meaningful" if bad.lasts else "it is finite again later"
    also = f", and so do {others} other series" if others else ""
    start = "is" if bad.first == 0 else "becomes"
    share = float((~np.isfinite(bad.values)).mean())
    severe = bad.lasts or share >= limits["passing"]
    return RULE.finding(
        bad.run,
        f"{bad.tag} {start} {kind} at step {bad.step}{also}; {after}.",
        "Lower the learning rate, clip gradients, use fused losses (log-sum-exp), and add an "
        "epsilon in log, sqrt and division; look at the last step that was finite.",
        tag=bad.tag,
        step=bad.step,
        value=value,
        severity=Severity.ERROR if severe else Severity.WARNING,
    )


def _scalars(training: Training) -> Iterator[_Bad]:
    for run in training.runs:
        for tag, series in run.scalars.items():
            if not np.isfinite(series.values).all():
                vital = roles.is_loss(tag) and roles.better(tag) is Better.LOWER
                yield _Bad(run.name, tag, series.steps, series.values, vital)


def _histograms(training: Training) -> Iterator[_Bad]:
    """Infinite gradients that pass are what mixed precision does at its start: not vital."""
    for tensor in training.layers.everything:
        values = _extent(tensor)
        if not np.isfinite(values).all():
            of_weights = tensor.role.quantity is Quantity.PARAMETER
            lasts = not np.isfinite(values[-1])
            vital = of_weights or (tensor.role.quantity is Quantity.GRADIENT and bool(lasts))
            yield _Bad(tensor.run, tensor.tag, tensor.series.steps, values, vital)


def _extent(tensor: Tensor) -> Floats:
    """Finite where the minimum, the maximum and the sums that were kept are; 0 if it is empty."""
    series = tensor.series
    values = series.minimum + series.maximum
    if tensor.is_exact:
        values = values + series.sum + series.sum_squares
    return np.where(series.num > 0, values, 0.0)


RULE = Rule(
    id="non-finite",
    title="NaN or infinity",
    severity=Severity.ERROR,
    why=__doc__ or "",
    needs="scalars or histograms",
    check=each(_check),
    thresholds=(
        Threshold("passing", 0.2, "share of the points above which a NaN that passes is an error"),
    ),
    explains=("loss-diverging", "loss-spike", "loss-not-decreasing", "loss-frozen", "dead-units"),
)
