"""Rules about the course of a loss: each fires on its fault, and not on what only looks like it."""

import numpy as np
import pytest

from tbreport.model import Severity
from tests import make
from tests.rules.trainings import (
    alarms,
    exact_histograms,
    falling,
    layer,
    normal,
    only,
    reason,
    training,
    verdict_of,
)

LN10 = float(np.log(10))
GUESSING = [0.1] * 16
LOSS_RULES = [
    "initial-loss-high", "negative-loss", "double-softmax", "lr-too-high", "loss-diverging",
    "loss-oscillating", "loss-not-decreasing", "loss-frozen", "loss-spike", "val-at-chance",
    "overfitting",
]  # fmt: skip
RNG = np.random.default_rng(0)


def loss(values, accuracy=None, **about):
    scalars = {"train_loss": values}
    if accuracy is not None:
        scalars["train_accuracy"] = accuracy
    return training(scalars, **about)


def pair(train, validation, train_accuracy=None, validation_accuracy=None, **about):
    scalars = {"train_loss": train, "val_loss": validation}
    if train_accuracy is not None:
        scalars |= {"train_accuracy": train_accuracy, "val_accuracy": validation_accuracy}
    return training(scalars, *layer("out"), **about)


HEALTHY = {
    "falls": loss(falling()),
    "falls to a floor": loss([2.3, 1.2, *[0.9] * 20]),
    "falls, noisy": loss(falling(60) * np.exp(RNG.normal(0, 0.1, 60))),
    "batches": loss(2 * falling(2000) + np.abs(RNG.normal(0, 0.3, 2000))),
    "solved and swinging": loss(falling(30, 2.3, 0.001) * RNG.uniform(0.3, 3, 30), [0.99] * 30),
    "fine-tuned": loss(0.02 + RNG.normal(0, 1e-3, 30)),
    "resumed": loss(0.9 + RNG.normal(0, 0.01, 30), start=5000),
    "slow, without accuracy": loss(np.linspace(2.0, 1.93, 60)),
    "a weight penalty at first": loss([1.3, 0.9, *np.linspace(0.69, 0.66, 20)], [0.55] * 22),
    "converged": loss([2.3, 1.0, *[0.500001] * 20]),
    "negative likelihood": training({"neg_log_likelihood": np.linspace(5, -40, 20)}),
    "pair": pair(falling(), falling(16, 2.3, 0.3)),
    "gap": pair(falling(), falling(16, 2.3, 1.2)),
    "late wiggle": pair(falling(), [*falling(15, 2.3, 0.3), 0.5]),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_losses_raise_no_alarm(name):
    assert alarms(verdict_of(HEALTHY[name])) == []


@pytest.mark.parametrize("rule", LOSS_RULES)
@pytest.mark.parametrize(
    "values", [[], [1.0], [np.nan] * 12, [1.0, np.nan], [0.0] * 20, [np.nan, 2.0, np.inf, 1.0]]
)
def test_few_points_and_odd_values_are_no_fault_of_ours(rule, values):
    for one in only(rule, loss(values, values)):
        assert one.severity is Severity.NOTE or values == [0.0] * 20


@pytest.mark.parametrize("rule", LOSS_RULES)
def test_without_a_loss_the_reason_is_said(rule):
    assert reason(rule, training({"lr": [0.1] * 20}))


def test_a_flat_loss_does_not_fall():
    (one,) = only("loss-not-decreasing", loss(2.3 + RNG.normal(0, 0.005, 16), GUESSING))
    assert (one.severity, one.tag, one.step) == (Severity.WARNING, "train_loss", 15 * 38)
    assert one.value < one.threshold == 0.05
    assert only("loss-not-decreasing", loss([np.nan, *[2.3] * 15], GUESSING))


def test_a_loss_no_better_than_guessing_is_told_so():
    """The first epoch blew up, so the loss did fall."""
    run = training({"train_loss": [9.0, *[2.31] * 15], "train_acc": GUESSING}, *layer("out"))
    (one,) = only("loss-not-decreasing", run)
    assert "no better than guessing among 10 classes" in one.message


def test_a_slow_fall_is_a_note_where_no_accuracy_tells_more():
    (one,) = only("loss-not-decreasing", loss(np.linspace(2.0, 1.93, 60)))
    assert one.severity is Severity.NOTE
    (one,) = only("loss-not-decreasing", loss(np.linspace(2.0, 1.93, 60), [0.2] * 60))
    assert one.severity is Severity.WARNING


def test_a_constant_loss_is_frozen():
    (one,) = only("loss-frozen", loss([2.4, *[LN10] * 15], GUESSING))
    assert (one.severity, one.step) == (Severity.WARNING, 38)
    assert "2.3" in one.message


def test_a_frozen_loss_that_had_fallen_is_a_note():
    (one,) = only("loss-frozen", loss([2.3, 1.0, *[0.5] * 14]))
    assert one.severity is Severity.NOTE
    (one,) = only("loss-frozen", loss([9.0, 4.0, *[LN10] * 14], GUESSING))
    assert one.severity is Severity.WARNING


def test_a_schedule_that_ended_is_named():
    run = training({"train_loss": [2.3, *[2.2] * 15], "lr": np.geomspace(1, 1e-9, 16)})
    (one,) = only("loss-frozen", run)
    assert "schedule" in one.remedy


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(2.3, 9.0, 12),
        [2.3, 1.0, 0.5, 0.6, 0.9, 1.2, 1.5, 1.8, 2.0],
        np.geomspace(2.3, 1e9, 10),
    ],
)
def test_a_loss_that_rises_diverges(values):
    (one,) = only("loss-diverging", loss(values))
    assert one.severity is Severity.ERROR


@pytest.mark.parametrize(
    "values",
    [[*falling(15), 1.5], -falling(16), 6 + RNG.normal(0, 1, 60), [2.3, 1, 2.3, 1, 2.3, 1]],
)
def test_jumps_noise_and_negative_losses_do_not_diverge(values):
    assert only("loss-diverging", loss(values)) == ()


def test_a_jump_that_stays_is_a_high_learning_rate():
    run = pair([2.3, 12.9, 2.6, 2.5, *[2.5] * 12], [2.3] * 16, GUESSING, GUESSING)
    (one,) = only("lr-too-high", run)
    assert (one.step, one.value) == (38, pytest.approx(12.9 / 2.3))


@pytest.mark.parametrize(
    "values",
    [
        [2.3, 3.5, 2.0, 1.0, *falling(12, 0.9, 0.1)],  # it came back
        np.geomspace(2.3, 1e6, 16),  # a wrong sign, not a high rate
        [1.5, *(1.9 * np.exp(RNG.normal(0, 0.15, 40)))],  # batches differ
    ],
)
def test_other_jumps_are_no_high_learning_rate(values):
    assert only("lr-too-high", loss(values)) == ()


def test_a_first_epoch_that_blew_up_is_a_high_learning_rate():
    scalars = {"epoch_loss": [3710.0, *[2.36] * 9], "epoch_accuracy": [0.1] * 10}
    (one,) = only("lr-too-high", training(scalars, every=1))
    assert "3,710" in one.message
    assert only("initial-loss-high", training(scalars, every=1)) == ()


def test_weights_that_grow_while_the_loss_stays_high_are_a_high_learning_rate():
    weight = normal(640)
    grown = exact_histograms("fc.weight", [weight * factor for factor in (1, 5, 9, 12)])
    (one,) = only("lr-too-high", training({"train_loss": [2.3, 2.2, 2.4, 2.3, 2.2]}, grown))
    assert one.value == pytest.approx(12)
    assert only("lr-too-high", training({"train_loss": falling(8, 11, 3)}, grown)) == ()


def test_a_loss_that_swings_while_it_is_high_oscillates():
    values = [2.3, *(np.tile([1.4, 2.2], 10))]
    (one,) = only("loss-oscillating", pair(values, values, [0.3] * 21, [0.3] * 21))
    assert one.value > 0.08
    assert only("loss-oscillating", pair(values, values, [0.95] * 21, [0.95] * 21)) == ()


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.2])
@pytest.mark.parametrize("count", [20, 60, 150, 1000])
def test_fine_tuning_batch_by_batch_is_no_alarm(count, noise):
    """A fall of a tenth, most of it at once, in losses that differ from batch to batch."""
    for seed in range(10):
        numbers = np.random.default_rng(seed)
        course = 2.0 - 0.2 * np.minimum(1, 20 * np.linspace(0, 1, count))
        values = course * np.exp(numbers.normal(0, noise, count))
        assert alarms(verdict_of(training({"train/loss": values}, every=10, start=10))) == []


def test_batches_may_swing():
    values = [20.0, *(6 + RNG.normal(0, 1, 60))]
    assert "single batches" in reason("loss-oscillating", loss(values))
    run = training({"train_loss_step": [20.0, *(6 + RNG.normal(0, 1, 300))]})
    assert only("loss-oscillating", run) == ()


def test_a_spike_is_a_note():
    values = falling(20)
    values[12] = 9.0
    (one,) = only("loss-spike", loss(values))
    assert (one.severity, one.step) == (Severity.NOTE, 12 * 38)
    values[12] = 0.9  # no harm: it has been there before
    assert only("loss-spike", loss(values)) == ()


def test_validation_that_rises_while_training_falls_is_overfitting():
    run = pair(falling(), [2.3, 1.5, 1.0, *np.linspace(0.8, 1.4, 13)])
    (one,) = only("overfitting", run)
    assert (one.tag, one.severity) == ("val_loss", Severity.WARNING)
    assert one.step == 3 * 38 and "(0.8) and is now 68.7 % worse" in one.message
    assert f"checkpoint of step {one.step}" in one.remedy


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        (falling(), [2.3, 1.5, 1.0, *np.linspace(0.8, 0.88, 13)]),  # a little
        ([2.3, 1.5, *[1.0] * 14], [2.3, 1.5, 1.0, *np.linspace(0.8, 1.4, 13)]),  # both stopped
        (falling(), [*falling(15), 2.0]),  # at the very end
        (falling(), [2.3, 0.02, *np.linspace(0.02, 0.04, 14)]),  # nothing of what was gained
        (falling(6), [2.3, 0.5, 1.0, 1.5, 2.0, 2.5]),  # too few
    ],
)
def test_what_is_no_overfitting(train, validation):
    assert only("overfitting", pair(train, validation)) == ()


@pytest.mark.parametrize("count", [10, 20, 50, 150])
def test_noise_of_a_small_validation_set_is_no_overfitting(count):
    for seed in range(10):
        numbers = np.random.default_rng(seed)
        course = 0.9 + 1.4 * np.exp(-8 * np.linspace(0, 1, count))
        run = pair(falling(count), course * np.exp(numbers.normal(0, 0.08, count)))
        assert only("overfitting", run) == ()


def test_a_small_but_steady_rise_is_overfitting():
    numbers = np.random.default_rng(0)
    course = np.r_[2.3, 0.5, 0.1, np.linspace(0.08, 0.11, 37)]
    assert only("overfitting", pair(falling(40), course * np.exp(numbers.normal(0, 0.1, 40)))) == ()
    rising = np.r_[1.0, 0.8, 0.6, np.linspace(0.5, 0.75, 37)]
    assert only("overfitting", pair(falling(40), rising * np.exp(numbers.normal(0, 0.1, 40))))


def test_over_confidence_is_a_note_while_accuracy_rises():
    rising = [2.3, 1.5, 1.0, *np.linspace(0.8, 1.4, 13)]
    accuracy = np.linspace(0.1, 0.9, 16)
    (one,) = only("overfitting", pair(falling(), rising, accuracy, accuracy))
    assert one.severity is Severity.NOTE and "over-confident" in one.message
    settled = np.minimum(accuracy, 0.4)
    (one,) = only("overfitting", pair(falling(), rising, accuracy, settled))
    assert one.severity is Severity.WARNING


def test_validation_at_chance_is_told_with_the_classes():
    run = pair(falling(), [2.3] * 16, np.linspace(0.1, 0.8, 16), [0.12] * 16)
    (one,) = only("val-at-chance", run)
    assert (one.severity, one.tag) == (Severity.ERROR, "val_accuracy")
    assert "10 classes" in one.message
    for unseen in (0.6, 0.25):  # the second is poor, but no guessing
        poor = pair(falling(), falling(16, 2.3, 0.9), np.linspace(0.1, 0.95, 16), [unseen] * 16)
        assert only("val-at-chance", poor) == ()


def test_without_classes_the_point_before_training_tells_chance():
    scalars = {
        "train_loss": np.linspace(2.31, 2.1, 20),
        "val_loss": np.linspace(2.31, 2.5, 20),
        "train_accuracy": np.linspace(0.1, 0.22, 20),
        "val_accuracy": [0.1] * 20,
    }
    assert alarms(verdict_of(training(scalars))) == ["val-at-chance"]
    # Counted in epochs, the first point is one of a trained network.
    assert "number of classes" in reason("val-at-chance", training(scalars, every=1))


@pytest.mark.parametrize("layers", [True, False])
def test_a_first_loss_far_above_guessing_is_high(layers):
    series = layer("out") if layers else ()
    values = {"train_loss": [30.0, *falling(15)], "train_accuracy": np.linspace(0.1, 0.9, 16)}
    (one,) = only("initial-loss-high", training(values, *series))
    assert (one.value, one.step) == (30.0, 0)
    assert one.threshold == pytest.approx(2.5 * LN10 if layers else 15)
    assert reason("initial-loss-high", loss([30.0, *falling(15)])).startswith("no accuracy")
    late = training(values, *series, start=5000)
    assert "from the start" in reason("initial-loss-high", late)


@pytest.mark.parametrize(
    ("scalars", "told"),
    [
        ({}, True),
        ({"loss_box": falling()}, False),  # a sum of parts
        ({"train_accuracy": np.linspace(0.001, 0.9, 16)}, False),  # words, or luck
    ],
)
def test_without_classes_the_accuracy_before_training_tells_guessing(scalars, told):
    first = {
        "train_loss": [9.0, *falling(15)],
        "train_accuracy": np.linspace(0.1, 0.9, 16),
        "val_accuracy": np.linspace(0.1, 0.9, 16),
    }
    found = only("initial-loss-high", training(first | scalars))
    assert bool(found) is told


def test_a_single_first_loss_is_enough():
    values = {"train_loss": [30.0, np.nan, np.nan], "train_accuracy": [0.1, 0.1, 0.1]}
    assert only("initial-loss-high", training(values, *layer("out")))


@pytest.mark.parametrize(
    "values", [[-0.01, -2.0, -50.0, -1e4], [0.01, -0.3, np.nan, np.nan], [0.004, np.nan, np.nan]]
)
def test_a_negative_cross_entropy_is_fed_raw_scores(values):
    (one,) = only("negative-loss", loss(values, [0.1] * len(values)))
    assert one.severity is Severity.ERROR


@pytest.mark.parametrize(
    "run",
    [
        loss([-0.1, -0.8, -0.95, -0.97], [0.5] * 4),  # a cosine similarity
        loss([2.3, np.nan, np.nan], [0.1] * 3),
        training({"neg_log_likelihood": [3.0, -5.0, -9.0], "accuracy": [0.1, 0.5, 0.6]}),
        training({"elbo_loss": [3.0, -5.0, -9.0], "accuracy": [0.1, 0.5, 0.6]}),
        loss([3.0, -5.0, -9.0]),
    ],
)
def test_what_may_be_negative(run):
    assert only("negative-loss", run) == ()


def softmax_twice(classes, accuracy=0.97, end=None):
    floor = np.log1p((classes - 1) / np.e)
    end = 1.01 * floor if end is None else end
    return loss(
        [np.log(classes), *np.geomspace(np.log(classes), end, 12), end, end],
        np.linspace(1 / classes, accuracy, 15),
    )


@pytest.mark.parametrize("classes", [3, 10, 1000])
def test_a_loss_on_the_floor_of_softmax_twice(classes):
    (one,) = only("double-softmax", softmax_twice(classes))
    assert f"{classes} classes" in one.message
    assert one.threshold == pytest.approx(np.log1p((classes - 1) / np.e))


@pytest.mark.parametrize(
    "run",
    [
        softmax_twice(10, accuracy=0.5),  # an honest loss at this accuracy
        softmax_twice(10, end=0.5),  # label smoothing
        softmax_twice(10, end=1.8),
        softmax_twice(3, accuracy=0.8, end=0.57),  # an honest loss
    ],
)
def test_other_floors(run):
    assert only("double-softmax", run) == ()


def test_nan_is_named_with_its_first_step():
    (one,) = only("non-finite", loss([2.3, 2.0, np.nan, np.nan]))
    assert (one.severity, one.step, one.tag) == (Severity.ERROR, 76, "train_loss")
    assert "becomes NaN at step 76" in one.message and "nothing after it" in one.message


def test_the_first_of_several_is_named():
    weight = exact_histograms("fc.weight", [normal(9), normal(9) * np.nan])
    (one,) = only("non-finite", training({"train_loss": [2.3, 2.0, np.inf]}, weight))
    assert one.tag == "fc.weight" and "1 other series" in one.message


def test_a_nan_that_passes_is_a_warning():
    (one,) = only("non-finite", loss([2.3, np.nan, *falling(30)]))
    assert one.severity is Severity.WARNING and "finite again" in one.message


def test_metrics_may_be_undefined():
    (one,) = only("non-finite", training({"train_loss": falling(), "val_auc": [np.nan, 0.5, 0.6]}))
    assert (one.severity, one.tag) == (Severity.NOTE, "val_auc")


def test_infinite_gradients_that_pass_are_what_mixed_precision_does():
    gradient = exact_histograms("fc.weight.grad", [[np.inf] * 9, *[normal(9)] * 3])
    (one,) = only("non-finite", training({"train_loss": falling()}, gradient))
    assert one.severity is Severity.NOTE


def test_causes_are_told_before_their_symptoms():
    zero = exact_histograms("fc.weight", [np.zeros(640)] * 6)
    out = exact_histograms("out.weight", [np.zeros(640)] * 6)
    run = training({"train_loss": [LN10] * 16, "train_accuracy": GUESSING}, zero, out)
    (one,) = verdict_of(run).findings
    assert one.rule == "constant-init"
    assert set(one.consequences) == {"Loss does not fall", "Loss is frozen"}


def test_an_accuracy_logged_by_another_writer_counts():
    run = make.run("a/train", {"loss": [2.3] * 12})
    other = make.run("a/val", {"accuracy": [0.97] * 12})
    assert alarms(verdict_of(run, other)) == []
