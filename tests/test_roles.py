"""Roles: what the names of real trainings mean."""

import pytest

from tbreport.roles import Better, Role, better, experiment, is_exotic, is_loss, role, tokens


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Loss/train", ("loss", "train")),
        ("valLoss", ("val", "loss")),
        ("MSELoss", ("mse", "loss")),
        ("grad_2.0_norm/l1.weight", ("grad", "2", "0", "norm", "l1", "weight")),
        ("f1-score", ("f1", "score")),
        ("准确率", ()),
        ("", ()),
    ],
)
def test_a_name_splits_into_words(name, words):
    assert tokens(name) == words


@pytest.mark.parametrize(
    ("tag", "run", "meaning"),
    [
        ("val_loss", "a/train", Role.VALIDATION),
        ("epoch_loss", "a/validation", Role.VALIDATION),
        ("epoch_loss", "a/train", Role.TRAINING),
        ("Loss/test", ".", Role.VALIDATION),
        ("train/loss", "test_machine", Role.TRAINING),
        ("loss", "contest", Role.UNKNOWN),
        ("loss", "tests/logs/train", Role.TRAINING),
        ("loss", "test/logs/train", Role.TRAINING),
        ("loss", "test_logs/run1", Role.UNKNOWN),
        ("loss", "a/loss_train", Role.TRAINING),
        ("loss", "Validation", Role.VALIDATION),
    ],
)
def test_the_tag_decides_before_the_run(tag, run, meaning):
    assert role(tag, run) == meaning


@pytest.mark.parametrize(
    ("run", "whole"),
    [("a/train", "a"), ("train/a", "a"), ("validation", "."), (".", "."), ("a_train", "a_train")],
)
def test_an_experiment_is_the_run_without_role_directories(run, whole):
    assert experiment(run) == whole


@pytest.mark.parametrize(
    ("tag", "way"),
    [
        ("Loss/train", Better.LOWER),
        ("valloss", Better.LOWER),
        ("error_rate", Better.LOWER),
        ("mean_absolute_error", Better.LOWER),
        ("perplexity", Better.LOWER),
        ("cross_entropy", Better.LOWER),
        ("accuracy_loss", Better.LOWER),
        ("Brier score", Better.LOWER),
        ("neg_log_likelihood", Better.LOWER),
        ("log_likelihood", Better.HIGHER),
        ("loss/accuracy", Better.HIGHER),
        ("epoch_sparse_categorical_accuracy", Better.HIGHER),
        ("metrics/mAP50", Better.HIGHER),
        ("prec1", Better.HIGHER),
        ("rollout/ep_rew_mean", Better.HIGHER),
        ("PSNR", Better.HIGHER),
        ("R2", Better.HIGHER),
        ("score", Better.HIGHER),
        ("learning_rate", Better.UNKNOWN),
        ("loss_scale", Better.UNKNOWN),
        ("grad_2.0_norm/loss.weight", Better.UNKNOWN),
        ("time/fps", Better.UNKNOWN),
        ("准确率", Better.UNKNOWN),
    ],
)
def test_the_name_says_which_way_is_better(tag, way):
    assert better(tag) == way


def test_losses_and_games_are_told_by_name():
    assert is_loss("train/celoss") and is_loss("NLL") and not is_loss("glossary")
    assert is_exotic("train/value_loss") and is_exotic("G/loss") and not is_exotic("train/loss")
