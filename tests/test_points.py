"""Points in numbers, held against scikit-learn's and against what is known of simple clouds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.manifold import trustworthiness as their_trustworthiness

from tbreport import points
from tbreport.points import (
    directions,
    divergence,
    duplicates,
    finite,
    neighbours,
    principal,
    sample,
    trustworthiness,
    turned,
)

DIGITS = load_digits()


def cloud(count, dimensions, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dimensions))


@pytest.mark.parametrize("data", [DIGITS.data, cloud(40, 200), cloud(50, 3)])
def test_components_are_those_of_scikit_learn_with_the_same_signs(data):
    theirs = PCA(svd_solver="full").fit(data)
    ours = principal(data.astype(np.float32), 5)
    kept = len(ours.axes)
    assert kept == min(5, data.shape[1])
    np.testing.assert_allclose(ours.axes, theirs.components_[:kept], atol=2e-5)
    expected = theirs.explained_variance_ratio_[: len(ours.shares)]
    np.testing.assert_allclose(ours.shares, expected, atol=1e-6)
    wanted = theirs.transform(data)[:, :kept]
    np.testing.assert_allclose(ours.places(data), wanted, atol=1e-3)


def test_axes_without_variance_are_left_out():
    line = np.outer(np.arange(9.0), [3.0, 4.0, 0.0]) + np.array([7.0, 0.0, 1.0])
    components = principal(line, 3)
    np.testing.assert_allclose(components.axes, [[0.6, 0.8, 0.0]], atol=1e-12)
    np.testing.assert_allclose(components.shares, [1.0, 0.0, 0.0], atol=1e-12)
    assert len(principal(np.ones((5, 4)), 2).axes) == 0


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e37])
def test_components_do_not_depend_on_the_unit(scale):
    data = (cloud(30, 4) * [5, 3, 2, 1] * scale).astype(np.float32)
    components = principal(data, 2)
    np.testing.assert_allclose(components.shares, principal(data / scale, 2).shares, rtol=1e-5)
    assert np.isfinite(components.places(data)).all()


def test_effective_rank_counts_the_dimensions_that_are_used():
    corners = np.concatenate([np.eye(6), -np.eye(6)])
    assert principal(corners, 2).effective_rank == pytest.approx(6)
    assert principal(np.outer(np.arange(5.0), np.ones(6)), 2).effective_rank == pytest.approx(1)
    assert principal(np.ones((5, 6)), 2).effective_rank == 0


def test_duplicates_are_rows_equal_to_one_before_them():
    rows = cloud(1200, 3).astype(np.float32)
    assert duplicates(rows) == 0
    rows[700:] = rows[:500]
    assert duplicates(rows) == 500
    assert duplicates(np.array([[0.0], [-0.0], [np.nan], [np.nan]])) == 2
    assert duplicates(np.zeros((0, 4))) == 0


def test_finite_rows_hold_neither_nan_nor_inf():
    rows = np.array([[1.0, 2.0], [np.nan, 0.0], [0.0, -np.inf]])
    assert finite(rows).tolist() == [True, False, False]
    assert finite(np.zeros((0, 4))).tolist() == []


@given(
    hnp.arrays(np.int64, st.integers(0, 300), elements=st.integers(0, 5)),
    st.integers(1, 100),
)
def test_a_sample_gives_each_class_its_share(classes, most):
    rows = sample(classes, most)
    assert len(rows) == min(most, len(classes))
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert rows.tolist() == sample(classes, most).tolist()
    for one in np.unique(classes):
        share = (classes == one).sum() * len(rows) / len(classes)
        assert abs((classes[rows] == one).sum() - share) < 1 + 1e-9


def test_neighbours_are_the_nearest_others_nearest_first():
    data = cloud(700, 5)
    near = neighbours(data, 4)
    for row in (0, 511, 512, 699):
        away = ((data - data[row]) ** 2).sum(axis=1)
        expected = np.argsort(away)[1:5]
        assert near.rows[row].tolist() == expected.tolist()
        np.testing.assert_allclose(near.squares[row], away[expected], rtol=1e-6)


def test_of_rows_that_are_equally_far_none_is_preferred():
    near = neighbours(np.zeros((400, 2)) + 1, 10).rows
    assert (near != np.arange(400)[:, None]).all()
    assert np.bincount(near.ravel(), minlength=400).max() < 30


def test_directions_make_euclid_compare_angles():
    data = cloud(50, 4)
    stretched = data * np.exp(cloud(50, 1, seed=1))
    one, other = (neighbours(directions(each), 5).rows for each in (data, stretched))
    np.testing.assert_array_equal(one, other)
    assert directions(np.zeros((2, 3))).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("count", [1, 5, 12])
def test_trustworthiness_is_that_of_scikit_learn(count):
    data = cloud(600, 8)
    for places in (data[:, :2], cloud(600, 2, seed=1)):
        theirs = their_trustworthiness(data, places, n_neighbors=count)
        assert trustworthiness(data, places, count) == pytest.approx(theirs, abs=1e-9)
    assert trustworthiness(data[:, :2], data[:, :2], count) == 1.0


def test_divergence_is_that_of_an_exact_tsne():
    data = cloud(60, 6)
    theirs = TSNE(method="exact", perplexity=20, init="random", random_state=0, max_iter=500)
    places = theirs.fit_transform(data).astype(np.float64)
    near = neighbours(data, 59)
    ours = divergence(near, places, 20)
    assert ours == pytest.approx(theirs.kl_divergence_, rel=1e-3)
    assert divergence(near, places[::-1], 20) > ours + 0.1


def test_turning_undoes_a_turn_a_mirror_and_a_move():
    places = cloud(30, 2)
    angle = 2.0
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for change in (spin, spin @ np.diag([1.0, -1.0])):
        np.testing.assert_allclose(turned(places @ change + [5, -9], places), places, atol=1e-12)


def test_blocks_do_not_change_what_is_found(monkeypatch):
    data = cloud(300, 3)
    whole = neighbours(data, 5).rows
    trust = trustworthiness(data, data[:, :2], 5)
    monkeypatch.setattr(points, "BLOCK", 7)
    assert neighbours(data, 5).rows.tolist() == whole.tolist()
    assert trustworthiness(data, data[:, :2], 5) == pytest.approx(trust, abs=1e-12)
