"""Curves: the ends of a loss, its first value, and batches told from epochs."""

import numpy as np
import pytest

from tbreport.rules.curves import curve, mean_ranks, rank_correlation, smooth
from tests import make


def made(values, steps=None, tag="train_loss"):
    return curve("a", make.scalar_series(tag, values, steps))


def test_head_and_tail_are_medians_of_a_tenth():
    found = made([*np.arange(100.0, 0, -1)])
    assert (found.head, found.tail, found.low, found.base) == (95.5, 5.5, 1.0, 100.0)
    short = made([5.0, 3.0, 1.0])
    assert (short.head, short.tail) == (4.0, 2.0)


def test_many_points_are_judged_by_their_medians():
    noise = np.random.default_rng(0).normal(0, 1, 4000)
    found = made(10 + noise)
    assert (len(found), found.points) == (40, 4000)
    assert found.noise == pytest.approx(np.std(found.values), rel=0.4)
    assert found.steps[-1] == 3999


def test_a_name_can_say_that_points_are_batches():
    assert len(made(np.ones(90), tag="train_loss_step")) == 18
    assert len(made(np.ones(90))) == 90
    assert len(made(np.ones(30), tag="train_loss_step")) == 30


def test_the_first_of_many_epochs_is_no_batch():
    values = [9.0, 1.0, 1.0, *np.ones(300)]
    assert made(values, tag="epoch_loss").base == 9.0
    assert made(values).base == 1.0


@pytest.mark.parametrize(
    ("steps", "from_start", "before_training"),
    [
        ([0, 38, 76], True, True),
        ([38, 76, 114], True, False),
        ([0, 1, 2], True, False),
        ([500, 538, 576], False, False),
        ([0], True, True),
        ([7], False, False),
    ],
)
def test_what_the_first_point_is_of(steps, from_start, before_training):
    found = made(np.ones(len(steps)), steps)
    assert (found.from_start, found.before_training) == (from_start, before_training)


def test_roughness_is_that_of_points_about_their_neighbours():
    slope = np.linspace(5, 1, 200)
    noise = np.random.default_rng(0).normal(0, 0.1, 200)
    assert made(slope).roughness == pytest.approx(0, abs=1e-9)
    assert made(slope + noise).roughness == pytest.approx(0.1, rel=0.25)
    assert made([1.0, 2.0]).roughness == 0


def test_ranks_share_ties():
    assert list(mean_ranks(np.array([3.0, 1.0, 3.0, 2.0]))) == [2.5, 0.0, 2.5, 1.0]
    assert rank_correlation([1, 2, 3]) == pytest.approx(1)
    assert rank_correlation([3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 1, 1]) == rank_correlation([1]) == 0


def test_smoothing_keeps_the_ends_honest():
    assert list(smooth(np.array([0.0, 3.0, 6.0, 0.0]))) == [1.5, 3.0, 3.0, 3.0]


def test_no_finite_value_is_no_curve():
    assert made([np.nan, np.inf]) is None
