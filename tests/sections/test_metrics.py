"""Metrics: which numbers sum up a training, for the tag names that writers really use."""

import math

import pytest

from tbreport.errors import InputError
from tbreport.model import Reading
from tbreport.roles import Better
from tbreport.sections.metrics import (
    Winner,
    best,
    chosen_metrics,
    last,
    main_metrics,
    winner,
)
from tests.make import logs, run, scalar_series

CURVE = [3.0, 2.0, 1.0]


def tags(found):
    return [metric.tag for metric in main_metrics(found)]


@pytest.mark.parametrize(
    ("logged", "main"),
    [
        (
            ["Loss/train", "Loss/test", "Accuracy/train", "Accuracy/test", "lr"],
            ["Loss/test", "Accuracy/test", "Loss/train", "Accuracy/train"],
        ),
        (["train/box_loss", "val/box_loss", "val/loss", "lr/pg0"], ["val/loss", "train/box_loss"]),
        (
            ["train/value_loss", "train/loss", "rollout/ep_rew_mean", "time/fps"],
            ["rollout/ep_rew_mean"],
        ),
        (["train/loss", "eval/mean_reward"], ["eval/mean_reward"]),
        (["train/loss_step", "train/loss_epoch"], ["train/loss_epoch"]),
        (["D/loss", "G/loss", "lr"], ["D/loss", "G/loss"]),
        (["loss/g/dur", "loss/g/total"], ["loss/g/total", "loss/g/dur"]),
        (["speed", "x/准确率"], ["speed", "x/准确率"]),
        ([], []),
    ],
)
def test_the_main_metrics_are_told_by_name(logged, main):
    assert tags(logs(run(".", dict.fromkeys(logged, CURVE)))) == main


def test_keras_pairs_are_one_training_and_only_validation_competes():
    found = logs(
        run("a/train", {"epoch_loss": [1.0, 0.1], "batch_loss": CURVE}),
        run("a/validation", {"epoch_loss": [1.0, 0.5], "evaluation_loss_vs_iterations": CURVE}),
        run("b/train", {"epoch_loss": [1.0, 0.2]}),
        run("b/validation", {"epoch_loss": [1.0, 0.4]}),
    )
    main = main_metrics(found)[0]
    assert (main.tag, main.better) == ("epoch_loss", Better.LOWER)
    assert main.runs == ("a/validation", "b/validation")
    assert winner(main, found) == Winner(main, "b/validation", Reading(0.4, 1))


def test_what_most_trainings_share_comes_before_what_one_has():
    found = logs(
        *[run(f"r{i}", {"val/error": CURVE}) for i in range(5)], run("x", {"val/loss": CURVE})
    )
    assert tags(found) == ["val/error"]


def test_what_hardly_any_training_has_is_no_main_metric():
    many = [run(f"r{i}", {"acc": CURVE}) for i in range(12)]
    assert tags(logs(*many, run("x", {"val_loss": CURVE}))) == ["acc"]
    assert tags(logs(*many[:9], run("x", {"val_loss": CURVE}))) == ["val_loss", "acc"]


def test_best_is_the_first_of_the_finite_extremes():
    series = scalar_series("loss", [math.nan, 2.0, 1.0, 1.0, -math.inf], steps=[0, 5, 10, 15, 20])
    assert best(series, Better.LOWER) == Reading(1.0, 10)
    assert best(series, Better.HIGHER) == Reading(2.0, 5)
    assert best(series, Better.UNKNOWN) is None
    assert last(series) == Reading(-math.inf, 20)


def test_without_a_finite_value_nothing_is_best():
    empty, ill = scalar_series("loss", []), scalar_series("loss", [math.nan])
    assert best(empty, Better.LOWER) is best(ill, Better.LOWER) is last(empty) is None
    found = logs(run(".", {"loss": [math.nan]}))
    assert winner(main_metrics(found)[0], found) is None


def test_where_nobody_knows_what_is_better_nobody_wins():
    found = logs(run("a", {"speed": CURVE}))
    assert winner(main_metrics(found)[0], found) is None


@pytest.mark.parametrize(
    ("wanted", "tag", "better"),
    [
        ("lr", "lr", Better.UNKNOWN),
        ("lr:max", "lr", Better.HIGHER),
        ("loss", "loss", Better.LOWER),
        ("loss:max", "loss", Better.HIGHER),
        ("odd:min", "odd:min", Better.UNKNOWN),
        ("odd:min:min", "odd:min", Better.LOWER),
    ],
)
def test_a_chosen_metric_comes_first_with_the_way_that_was_said(wanted, tag, better):
    found = logs(run("a", {"loss": CURVE, "lr": CURVE, "odd:min": CURVE, "accuracy": CURVE}))
    first, *others = main_metrics(found, [wanted])
    assert (first.tag, first.better, first.runs) == (tag, better, ("a",))
    assert tag not in [metric.tag for metric in others]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("los", "metric: no run has a scalar 'los'; did you mean loss?"),
        ("los:min", "metric: no run has a scalar 'los'; did you mean loss?"),
        (":min", "metric: no run has a scalar ':min'; there are loss and lr"),
        ("xyz", "metric: no run has a scalar 'xyz'; there are loss and lr"),
    ],
)
def test_a_metric_that_no_run_has_is_told_with_its_neighbours(wanted, said):
    with pytest.raises(InputError) as error:
        chosen_metrics(logs(run("a", {"loss": CURVE, "lr": CURVE})), [wanted])
    assert str(error.value) == said


def test_without_any_scalar_a_metric_has_no_neighbours():
    with pytest.raises(InputError, match=r"no run has a scalar 'loss'$"):
        chosen_metrics(logs(run("a")), ["loss"])
