"""Weights that hardly move in the whole run have not been trained, whatever the loss does.

Usually the learning rate is far too low, the gradient is clipped to nothing, or the schedule ends
before it starts. A histogram shows less movement than there is (values may change places), so small
means small in every statistic of every layer.
"""

from __future__ import annotations

from collections.abc import Iterable

from tbreport.model import Finding, Severity
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    weights = [one.values for one in training.layers.weights if len(one.values.series) >= 2]
    if not weights:
        raise Unchecked("no histograms of weights in two logs or more")
    if training.solved or training.game:
        return
    moved = [(one, one.movement()) for one in weights]
    most, change = max(moved, key=lambda pair: pair[1])
    loss = training.loss
    fell = loss is not None and loss.base - loss.tail > limits["fell"] * abs(loss.base)
    if 0 < change < limits["change"] and not (fell or training.learnt):
        yield RULE.finding(
            most.run,
            f"The weights moved {number(100 * change)} % at most in the whole run.",
            "Raise the learning rate; check the clipping threshold and the schedule.",
            tag=weights[0].tag,
            step=int(most.series.steps[-1]),
            value=change,
            threshold=limits["change"],
        )


RULE = Rule(
    id="update-too-small",
    title="Updates too small",
    severity=Severity.WARNING,
    why=__doc__ or "",
    needs="histograms of weights in two logs",
    check=each(_check),
    thresholds=(
        Threshold("change", 2e-3, "of a weight's RMS in the whole run; own, on the bench"),
        Threshold("fell", 0.05, "of the first loss: small steps may do for fine-tuning"),
    ),
    explains=("loss-not-decreasing", "loss-frozen", "noisy-filters"),
)
