"""Judging: what can be said about a training from its logs.

RULES is ordered by cause: how a training starts comes before how it goes. What a rule finds hides
the consequences it explains, and decides the order of the findings of one severity.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tbreport.model import Logs
from tbreport.rules import (
    bad_init_scale,
    class_imbalance,
    constant_init,
    dead_units,
    double_softmax,
    duplicate_run,
    embedding_collapse,
    exploding_gradient,
    filter_redundancy,
    graph_ce_without_softmax,
    graph_default_names,
    graph_disconnected_variable,
    graph_double_sigmoid,
    graph_double_softmax,
    graph_log_of_softmax,
    hparam_importance,
    initial_loss_high,
    loss_diverging,
    loss_frozen,
    loss_not_decreasing,
    loss_oscillating,
    loss_spike,
    lr_too_high,
    negative_loss,
    noisy_filters,
    non_finite,
    overfitting,
    saturated_activation,
    slow_down,
    stall,
    stopped_early,
    update_too_small,
    val_at_chance,
    vanishing_gradient,
    weight_sparsity,
    weights_collapse,
    weights_not_updating,
)
from tbreport.rules.kit import Rule, Threshold
from tbreport.rules.verdict import Verdict, verdict

__all__ = ["RULES", "Rule", "Threshold", "Verdict", "judge"]

RULES: tuple[Rule, ...] = (
    constant_init.RULE,
    bad_init_scale.RULE,
    saturated_activation.RULE,
    initial_loss_high.RULE,
    graph_double_softmax.RULE,
    graph_double_sigmoid.RULE,
    graph_ce_without_softmax.RULE,
    graph_log_of_softmax.RULE,
    negative_loss.RULE,
    double_softmax.RULE,
    lr_too_high.RULE,
    non_finite.RULE,
    weights_collapse.RULE,
    dead_units.RULE,
    vanishing_gradient.RULE,
    exploding_gradient.RULE,
    weights_not_updating.RULE,
    update_too_small.RULE,
    loss_diverging.RULE,
    loss_oscillating.RULE,
    loss_not_decreasing.RULE,
    loss_frozen.RULE,
    loss_spike.RULE,
    val_at_chance.RULE,
    overfitting.RULE,
    embedding_collapse.RULE,
    class_imbalance.RULE,
    stopped_early.RULE,
    slow_down.RULE,
    stall.RULE,
    noisy_filters.RULE,
    filter_redundancy.RULE,
    weight_sparsity.RULE,
    graph_disconnected_variable.RULE,
    graph_default_names.RULE,
    hparam_importance.RULE,
    duplicate_run.RULE,
)


def judge(
    logs: Logs,
    ignore: Collection[str] = (),
    options: Mapping[str, Mapping[str, float]] | None = None,
    rules: Sequence[Rule] = RULES,
) -> Verdict:
    """Judge all trainings in the logs.

    ``ignore`` are ids of rules to leave out, ``options`` thresholds to use instead of the defaults
    ({"overfitting": {"rise": 0.3}}). Raises InputError for ids and names that do not exist.
    """
    return verdict(rules, logs, ignore, options)
