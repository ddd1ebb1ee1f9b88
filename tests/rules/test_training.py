"""Trainings: which runs belong together, and which of their series mean what."""

import numpy as np
import pytest

from tbreport.model import Logs
from tbreport.rules.training import Unchecked, trainings
from tests import make
from tests.rules.trainings import falling, steps, training


def one(*runs):
    (found,) = trainings(Logs(runs))
    return found


def tags(found):
    return tuple(
        curve and (curve.run, curve.tag)
        for curve in (
            found.loss,
            found.validation_loss,
            found.accuracy,
            found.validation_accuracy,
        )
    )


@pytest.mark.parametrize(
    ("loss", "val_loss", "acc", "val_acc"),
    [
        ("train_loss", "val_loss", "train_accuracy", "val_accuracy"),
        ("Loss/train", "Loss/val", "Accuracy/train", "Accuracy/val"),
        ("loss", "val_loss", "acc", "val_acc"),
        ("train/loss", "eval/loss", "train/acc", "eval/acc"),
        ("trainLoss", "validLoss", "trainAcc", "validAcc"),
        ("train/NLL", "dev/NLL", "train/Acc@1", "dev/Acc@1"),
    ],
)
def test_one_run_holds_both_roles(loss, val_loss, acc, val_acc):
    found = one(training(dict.fromkeys([val_acc, acc, val_loss, loss], falling())))
    assert tags(found) == ((".", loss), (".", val_loss), (".", acc), (".", val_acc))


def test_sibling_runs_are_one_training():
    scalars = {"epoch_loss": falling(), "epoch_accuracy": falling()}
    found = one(training(scalars, name="a/train"), training(scalars, name="a/validation"))
    assert found.name == "a"
    assert tags(found) == (
        ("a/train", "epoch_loss"),
        ("a/validation", "epoch_loss"),
        ("a/train", "epoch_accuracy"),
        ("a/validation", "epoch_accuracy"),
    )


def test_the_runs_of_add_scalars_belong_to_the_run_beside_them():
    found = one(
        training({"lr": [1.0]}, name="a"),
        training({"Loss": falling()}, name="a/Loss_train"),
        training({"Loss": falling()}, name="a/Loss_val"),
    )
    assert tags(found)[:2] == (("a/Loss_train", "Loss"), ("a/Loss_val", "Loss"))


def test_a_run_called_test_is_a_training_all_the_same():
    (first, second) = trainings(
        Logs((training({"loss": falling()}, name="test_3"), training({"loss": [1.0]}, name="b")))
    )
    assert (first.name, first.loss.tag, second.name) == ("test_3", "loss", "b")


def test_another_x_axis_is_no_partner():
    """Keras' evaluation_loss_vs_iterations counts batches beside epoch_loss's epochs."""
    train = make.run("train", None, make.scalar_series("epoch_loss", falling(10), range(10)))
    validation = make.run(
        "validation",
        None,
        make.scalar_series("evaluation_loss_vs_iterations", falling(10), steps(10, 50, 50)),
        make.scalar_series("epoch_loss", falling(10), range(10)),
    )
    assert one(train, validation).validation_loss.tag == "epoch_loss"
    alone = make.run("validation", None, validation.scalars["evaluation_loss_vs_iterations"])
    assert one(train, alone).validation_loss is None


def test_the_slow_pace_goes_before_the_fast_one():
    run = make.run(
        ".",
        None,
        make.scalar_series("train_loss_step", falling(90), range(90)),
        make.scalar_series("train_loss_epoch", falling(7), steps(7, 15)),
    )
    found = one(run)
    assert [curve.tag for curve in found.losses] == ["train_loss_epoch", "train_loss_step"]
    assert found.trend(6).tag == "train_loss_epoch"
    assert found.trend(8).tag == "train_loss_step"


def test_the_plainest_loss_stands_for_the_whole():
    found = one(training({"loss/box": falling(), "loss/total": falling(), "loss/cls": falling()}))
    assert found.loss.tag == "loss/total"
    assert one(training({"mse": falling(), "loss": falling()})).loss.tag == "loss"


def test_parts_without_a_whole_are_no_loss():
    found = one(training({"loss/box": falling(), "loss/cls": falling()}))
    with pytest.raises(Unchecked, match="stands for the whole"):
        found.trend()


@pytest.mark.parametrize(
    "other", ["loss/discriminator", "train/value_loss", "rollout/ep_rew_mean", "loss/kl", "d_loss"]
)
def test_in_a_game_a_loss_need_not_fall(other):
    found = one(training({"train/loss": falling(), other: falling()}))
    assert found.game
    with pytest.raises(Unchecked, match="need not fall"):
        found.trend()


@pytest.mark.parametrize("tag", ["loss_scale", "loss_weight", "layer1/loss/summaries/mean"])
def test_settings_and_statistics_are_no_loss(tag):
    assert one(training({tag: falling()})).loss is None


def test_values_that_are_not_finite_are_left_out():
    found = one(training({"loss": [np.nan, 2.0, np.inf, 1.0, np.nan]}))
    assert list(found.loss.values) == [2.0, 1.0]
    assert list(found.loss.steps) == [38, 114]
    assert one(training({"loss": [np.nan, np.nan]})).loss is None


def test_an_accuracy_in_percent_is_a_share():
    found = one(training({"loss": falling(), "train_acc": [10.0, 50.0, 95.0, 96.0, 97.0]}))
    assert found.accuracy.values[-1] == pytest.approx(0.97)
    assert found.solved


def test_top5_is_not_the_accuracy():
    found = one(training({"train/top5_accuracy": [0.99] * 5, "train/top1_accuracy": [0.5] * 5}))
    assert found.accuracy.tag == "train/top1_accuracy"


def test_a_validation_accuracy_alone_tells_whether_it_is_solved():
    assert one(training({"train_loss": falling(), "val_acc": [0.2, 0.95, 0.96, 0.97]})).solved


@pytest.mark.parametrize(
    ("scalars", "learnt"),
    [
        ({"loss": falling()}, True),
        ({"loss": [2.3] * 8}, False),
        ({"loss": falling(), "acc": [0.1] * 8}, False),
        ({"loss": [2.3] * 8, "acc": [0.1, 0.2, 0.3, 0.3]}, True),
        ({"loss": [2.3] * 8, "acc": [0.8] * 8}, True),
        ({"lr": [0.1] * 8}, False),
    ],
)
def test_learnt_means_that_it_got_somewhere(scalars, learnt):
    assert one(training(scalars)).learnt is learnt


def test_a_validation_loss_alone_is_none_of_training():
    found = one(training({"val_loss": falling(), "val_acc": falling()}))
    assert tags(found) == (None, (".", "val_loss"), None, (".", "val_acc"))


@pytest.mark.parametrize(
    ("scalars", "stuck"),
    [
        ({"loss": [2.3] * 8}, True),
        ({"loss": np.linspace(2.0, 1.8, 8)}, False),
        ({"loss": np.linspace(2.0, 1.8, 8), "acc": [0.1] * 8}, True),
        ({"loss": [2.3] * 8, "acc": [0.1, 0.5, 0.6, 0.6]}, False),
        ({"d_loss": [2.3] * 8}, False),
        ({"lr": [0.1] * 8}, False),
    ],
)
def test_stuck_means_that_it_got_nowhere(scalars, stuck):
    assert one(training(scalars)).stuck is stuck


def test_empty_logs_have_no_trainings():
    assert trainings(Logs(())) == ()
    assert one(make.run("a")).loss is None
