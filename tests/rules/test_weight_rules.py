"""Rules about weights, gradients and activations, from the histograms that frameworks log."""

import numpy as np
import pytest

from tbreport.model import Severity
from tests import make
from tests.rules.trainings import (
    alarms,
    exact_histograms,
    falling,
    growing,
    keras_histograms,
    layer,
    normal,
    only,
    reason,
    training,
    uniform,
    verdict_of,
)

STUCK = {"train_loss": [2.303] * 16, "train_accuracy": [0.1] * 16}
SOLVED = {"train_loss": falling(), "train_accuracy": np.linspace(0.1, 0.98, 16)}
WEIGHT_RULES = [
    "constant-init", "bad-init-scale", "vanishing-gradient", "exploding-gradient", "dead-units",
    "saturated-activation", "weights-not-updating", "update-too-small", "weights-collapse",
]  # fmt: skip


def gradients(name, values, count=6):
    return exact_histograms(f"{name}.weight.grad", [values] * count)


@pytest.mark.parametrize("rule", WEIGHT_RULES)
def test_without_histograms_the_reason_is_said(rule):
    assert "histogram" in (told := reason(rule, training(STUCK))) or "gradient" in told


@pytest.mark.parametrize("rule", WEIGHT_RULES)
@pytest.mark.parametrize("count", [1, 2, 6])
@pytest.mark.parametrize("value", [0.5, np.nan])
def test_odd_histograms_are_no_fault_of_ours(rule, count, value):
    tags = ("fc.weight", "fc.bias", "fc.weight.grad", "act/tanh1")
    series = [exact_histograms(tag, [[value] * 8] * count) for tag in tags]
    only(rule, training(SOLVED, *series))


def test_weights_that_start_constant_are_told():
    series = []
    for name in ("fc1", "out"):
        weight = exact_histograms(f"{name}.weight", [np.full(640, 0.2), *[normal(640)] * 5])
        series += [weight, exact_histograms(f"{name}.bias", [np.zeros(10)] * 6)]
    (one,) = only("constant-init", training(STUCK, *series))
    assert (one.severity, one.step, one.value) == (Severity.ERROR, 0, 0.2)
    assert one.message == "fc1 and out start as the constant 0.2: units cannot differ."


def test_constants_that_are_meant():
    scale = [
        exact_histograms("blocks.0.0.weight", [np.ones(32), normal(32)]),
        exact_histograms("blocks.0.0.bias", [np.zeros(32), normal(32)]),
        exact_histograms("layer_scale", [np.full(32, 1e-5)] * 2),
        exact_histograms("t5.weight", [np.ones(32), normal(32)]),
    ]
    adapter = exact_histograms("lora.B.weight", [np.zeros(64), *growing(normal(64), 5)])
    for scalars in (SOLVED, STUCK, {"loss": np.linspace(2.0, 1.8, 16)}):
        assert only("constant-init", training(scalars, *scale, adapter, *layer("fc"))) == ()


def test_one_layer_of_zeros_is_told_where_nothing_is_learnt():
    """Where something is, the layer may be frozen."""
    zero = exact_histograms("fc1.weight", [np.zeros(640)] * 6)
    assert only("constant-init", training(STUCK, zero, *layer("out")))
    later = exact_histograms("fc1.weight", [np.zeros(640)] * 6, start=500)
    assert only("constant-init", training(STUCK, later, *layer("out", start=500)))


@pytest.mark.parametrize(("scale", "word"), [(1.0, "large"), (1e-4, "small")])
def test_a_bad_scale_is_told_in_multiples_of_the_usual(scale, word):
    series = [one for name in ("fc1", "fc2", "out") for one in layer(name, scale=scale)]
    (one,) = only("bad-init-scale", training(SOLVED, *series))
    assert f"too {word}" in one.message
    assert one.value == pytest.approx(scale * 8, rel=0.1)


@pytest.mark.parametrize(
    "series",
    [
        [one for name in ("a", "b") for one in layer(name)],
        [*layer("a", scale=1.0), *layer("b"), *layer("c"), *layer("d", scale=1.0)[:1]],
        [one for name in ("a", "b") for one in layer(name, scale=1.0, start=500)],
        [layer(name, scale=1.0)[0] for name in ("a", "b")],
    ],
    ids=["sound", "one odd layer", "not the start", "no biases"],
)
def test_scales_that_are_no_alarm(series):
    found = verdict_of(training(SOLVED, *series))
    assert "bad-init-scale" not in alarms(found)


def test_weights_blown_up_in_the_first_epoch_did_not_start_so():
    """Where steps count epochs, 0 may be the end of the first; a high rate goes on moving them."""
    series = []
    for name in ("a", "b"):
        grown = [normal(640, 1.0) * factor for factor in (1, 2, 3, 4)]
        series.append(exact_histograms(f"{name}.weight", grown, every=1))
        series.append(exact_histograms(f"{name}.bias", [normal(10)] * 4, every=1))
    assert "step 0 or 1" in reason("bad-init-scale", training(SOLVED, *series, every=1))


def chain(*scales):
    return [gradients(f"fc{place}", normal(640, scale)) for place, scale in enumerate(scales)]


def test_a_gradient_that_vanishes_is_told_with_its_layers():
    (one,) = only("vanishing-gradient", training(STUCK, *chain(1e-12, 1e-9, 1e-3, 1e-2)))
    assert "fc0 and fc1" in one.message
    assert one.value == pytest.approx(1e-10, rel=0.1)


@pytest.mark.parametrize(
    ("scalars", "series"),
    [
        (STUCK, chain(1e-3, 1e-2, 1e-2)),
        (SOLVED, chain(1e-12, 1e-3, 1e-2)),
        (STUCK, chain(1e-12, 1e-2)),
        (STUCK, [*chain(1e-2, 1e-2, 1e-2), gradients("frozen", np.zeros(9))]),
        ({**STUCK, "loss/discriminator": falling()}, chain(1e-12, 1e-3, 1e-2)),
    ],
    ids=["healthy", "solved", "no chain", "frozen", "game"],
)
def test_gradients_that_do_not_vanish(scalars, series):
    assert only("vanishing-gradient", training(scalars, *series)) == ()


def test_without_gradients_the_changes_tell():
    moves = (1e-8, 1e-5, 0.01, 0.5)
    series = [
        exact_histograms(f"fc{place}.weight", growing(normal(640), 6, move / 5))
        for place, move in enumerate(moves)
    ]
    (one,) = only("vanishing-gradient", training(STUCK, *series))
    assert one.message.startswith("Changes of fc0 and fc1")
    assert only("vanishing-gradient", training(SOLVED, *series)) == ()


def test_a_large_gradient_is_a_note_and_with_a_lost_loss_an_error():
    large = gradients("fc", normal(640, 100.0))
    (one,) = only("exploding-gradient", training(SOLVED, large))
    assert one.severity is Severity.NOTE
    lost = training({"train_loss": [2.3, 50.0, 9e3, np.nan]}, large)
    (one,) = only("exploding-gradient", lost)
    assert one.severity is Severity.ERROR
    assert one.value == pytest.approx(100 * np.sqrt(640), rel=0.1)
    assert only("exploding-gradient", training(SOLVED, gradients("fc", normal(640, 0.1)))) == ()


def test_a_gradient_norm_that_was_logged_counts():
    run = training({"train_loss": [2.3, 9.0, np.nan], "train/grad_norm": [1.0, 50.0, 1e5]})
    (one,) = only("exploding-gradient", run)
    assert (one.tag, one.value, one.step) == ("train/grad_norm", 1e5, 76)


def test_gradients_of_zero_are_dead_units():
    dead = gradients("fc1", np.zeros(640))
    (one,) = only("dead-units", training(STUCK, dead, gradients("out", normal(640))))
    assert (one.severity, one.step) == (Severity.ERROR, 0)
    assert "fc1" in one.message and "out" not in one.message
    (one,) = only("dead-units", training(SOLVED, dead, gradients("out", normal(640))))
    assert one.severity is Severity.WARNING


def test_units_that_die_late_or_for_a_moment():
    late = exact_histograms("fc.weight.grad", [normal(9)] * 2 + [np.zeros(9)] * 18)
    (one,) = only("dead-units", training(STUCK, late))
    assert one.step == 2 * 38
    moment = exact_histograms("fc.weight.grad", [normal(9)] * 5 + [np.zeros(9)] * 5)
    assert only("dead-units", training(STUCK, moment)) == ()
    few = exact_histograms("fc.weight.grad", [np.zeros(9)] * 3)
    assert "4 logs" in reason("dead-units", training(STUCK, few))


def relu(share, seed=0):
    values = np.abs(normal(1000, 1.0, seed))
    values[: int(1000 * share)] = 0
    return values


def test_activations_of_zero_are_dead_units():
    (one,) = only("dead-units", training(STUCK, exact_histograms("act/relu1", [relu(0.99)] * 5)))
    assert one.value == pytest.approx(0.99)
    (one,) = only("dead-units", training(SOLVED, exact_histograms("act/relu1", [relu(1)] * 5)))
    assert one.severity is Severity.NOTE
    alive = exact_histograms("act/relu1", [relu(0.9)] * 5)
    assert only("dead-units", training(STUCK, alive)) == ()


def test_buckets_of_equal_width_say_nothing_of_zeros():
    """The share of the bucket that holds 0 was 0.94 for weights without a single zero."""
    peaked = keras_histograms("act/relu1", [[*np.full(999, 1e-3), 100.0]] * 5)
    assert only("dead-units", training(STUCK, peaked, every=1)) == ()


@pytest.mark.parametrize(
    ("tag", "values"),
    [
        ("act/tanh1", np.sign(normal(500)) * 0.99),
        ("act/sigmoid2", np.where(normal(500) > 0, 0.999, 0.001)),
    ],
)
def test_flat_activations_are_saturated(tag, values):
    (one,) = only("saturated-activation", training(STUCK, exact_histograms(tag, [values] * 4)))
    assert one.severity is Severity.WARNING and one.value < 0.05
    run = training(STUCK, exact_histograms(tag, [values * 0 + 0.3, *[values] * 5]))
    (one,) = only("saturated-activation", run)
    assert one.severity is Severity.NOTE and "not at the start" in one.message


@pytest.mark.parametrize(
    ("tag", "values"),
    [
        ("act/tanh1", normal(500, 0.3).clip(-1, 1)),
        ("act/sigmoid2", np.full(500, 0.5)),
        ("act/relu1", np.ones(500)),
        ("act/tanh_input", normal(500, 9.0)),
    ],
)
def test_activations_that_are_not_saturated(tag, values):
    series = exact_histograms(tag, [values] * 4)
    assert "saturated-activation" not in alarms(verdict_of(training(SOLVED, series)))


def frozen(weights, count=6):
    return exact_histograms("conv1.weight", [weights] * count)


def test_weights_that_never_move_are_told():
    (one,) = only("weights-not-updating", training(STUCK, frozen(normal(400)), *layer("out")))
    assert one.severity is Severity.WARNING
    assert one.message == "conv1 is bit-identical in all 6 logs."


@pytest.mark.parametrize(
    ("series", "severity"),
    [
        ([frozen(normal(400))], Severity.NOTE),
        ([frozen(uniform(400))], Severity.WARNING),
        ([frozen(normal(400)), gradients("conv1", normal(400))], Severity.WARNING),
        ([frozen(normal(400)), gradients("conv1", np.zeros(400))], Severity.NOTE),
    ],
    ids=["trained before", "still random", "with a gradient", "without one"],
)
def test_a_frozen_layer_may_be_meant(series, severity):
    (one,) = only("weights-not-updating", training(SOLVED, *series, *layer("out")))
    assert one.severity is severity


def test_weights_that_move_are_updating():
    assert only("weights-not-updating", training(STUCK, *layer("fc"))) == ()
    assert "4 logs" in reason("weights-not-updating", training(STUCK, frozen(normal(9), 3)))


def test_weights_that_hardly_move_are_told():
    series = exact_histograms("fc.weight", growing(normal(640), 6, 1e-5))
    (one,) = only("update-too-small", training(STUCK, series))
    assert one.value < one.threshold == 2e-3
    assert only("update-too-small", training(SOLVED, series)) == ()
    assert only("update-too-small", training({"train_loss": falling()}, series)) == ()
    moving = exact_histograms("fc.weight", growing(normal(640), 6, 0.01))
    assert only("update-too-small", training(STUCK, moving)) == ()


def test_weights_that_shrink_to_nothing_are_told():
    shrinking = [normal(640) * factor for factor in (1, 0.1, 1e-3, 1e-5)]
    (one,) = only("weights-collapse", training(STUCK, exact_histograms("fc.weight", shrinking)))
    assert one.value == pytest.approx(1e-5)
    few = [exact_histograms("a.weight", shrinking), *layer("b"), *layer("c")]
    assert only("weights-collapse", training(STUCK, *few)) == ()


def test_bounds_decide_only_where_they_are_sure():
    shrinking = [normal(640) * factor for factor in (1, 0.1, 1e-3, 1e-5)]
    sure = training(STUCK, keras_histograms("fc/kernel_0", shrinking), every=1)
    assert only("weights-collapse", sure)
    unsure = [normal(640), normal(640) * 0.009]
    found = training(STUCK, keras_histograms("fc/kernel_0", unsure), every=1)
    assert only("weights-collapse", found) == ()


def keras(loss, accuracy, kernels, biases):
    """A Keras run: train and validation apart, histograms of weights at epoch ends, no step 0."""
    series = []
    for place, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        name = f"sequential/dense_{place}"
        series.append(keras_histograms(f"{name}/kernel/histogram", kernel))
        series.append(keras_histograms(f"{name}/bias/histogram", bias))
    scalars = {"epoch_loss": loss, "epoch_accuracy": accuracy}
    return (
        training(scalars, *series, name="train", every=1),
        training(scalars, name="validation", every=1),
    )


MOVING = growing(normal(640), 10)
BIAS = growing(normal(10, 0.01), 10)
GUESSING = [0.11] * 10


def test_keras_vanishing_gradient():
    kernels = [growing(normal(640), 10, move) for move in (1e-9, 1e-7, 1e-4, 0.05)]
    loss = 2.31 + 0.002 * np.random.default_rng(0).normal(size=10)
    assert alarms(verdict_of(*keras(loss, GUESSING, kernels, [BIAS] * 4)))[0] == (
        "vanishing-gradient"
    )


def test_keras_dead_relu():
    still = [normal(640)] * 10
    dead = [np.full(10, -10.0)] * 10
    found = verdict_of(*keras([2.3026] * 10, GUESSING, [still] * 3, [dead, dead, BIAS]))
    assert alarms(found)[0] == "weights-not-updating"


def test_keras_missing_softmax():
    loss = [2.73, *[2.3026] * 9]
    found = verdict_of(*keras(loss, GUESSING, [MOVING] * 3, [BIAS] * 3))
    assert set(alarms(found)) & {"loss-frozen", "loss-not-decreasing"}


def test_keras_healthy_and_frozen_backbone():
    accuracy = np.linspace(0.5, 0.97, 10)
    assert alarms(verdict_of(*keras(falling(10), accuracy, [MOVING] * 3, [BIAS] * 3))) == []
    still = [normal(640)] * 10
    kernels, biases = [still, still, MOVING], [[normal(10)] * 10] * 2 + [BIAS]
    found = verdict_of(*keras(falling(10), accuracy, kernels, biases))
    assert [(one.rule, one.severity) for one in found.findings] == [
        ("weights-not-updating", Severity.NOTE)
    ]


def test_real_histogram_tags_of_tf1_feed_the_rules():
    series = [
        exact_histograms("layer1/weights/summaries/histogram", [np.zeros(100)] * 5),
        exact_histograms("layer2/weights/summaries/histogram", [np.zeros(100)] * 5),
    ]
    (one,) = only("constant-init", make.run(".", {"cross_entropy_1": [2.3] * 5}, *series))
    assert "layer1 and layer2" in one.message
