"""The spread of series: numpy's mean and standard deviation on the aligned grid."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.sections.spread import spread_of

NAN, INF = math.nan, math.inf


def series(*points):
    x, y = np.array(points, dtype=np.float64).reshape(-1, 2).T
    return x, y


def aligned(given):
    """The series on the union of their x, a row each, NaN outside of each one's range."""
    union = np.unique(np.concatenate([x for x, _ in given]))
    rows = [np.interp(union, x, y, left=NAN, right=NAN) for x, y in given]
    return union, np.array(rows)


def test_five_seeds_of_three_configurations_equal_numpy():
    random = np.random.default_rng(0)
    for configuration in range(3):
        seeds = []
        for seed in range(5):
            length = 50 + 37 * seed + 11 * configuration
            steps = np.sort(random.choice(3 * length, length, replace=False)).astype(np.float64)
            seeds.append((steps, np.exp(-steps / 100) + random.normal(0, 0.1, length)))
        found = spread_of(seeds)
        union, rows = aligned(seeds)
        several = np.isfinite(rows).sum(axis=0) > 1
        np.testing.assert_array_equal(found.x, union)
        np.testing.assert_array_equal(found.count, np.isfinite(rows).sum(axis=0))
        np.testing.assert_allclose(found.mean, np.nanmean(rows, axis=0), rtol=1e-12)
        expected = np.nanstd(rows[:, several], axis=0, ddof=1)
        np.testing.assert_allclose(found.deviation[several], expected, rtol=1e-9)
        assert np.isnan(found.deviation[~several]).all()
        assert set(found.count.tolist()) == {1, 2, 3, 4, 5}


def test_each_series_counts_within_its_own_range():
    found = spread_of([series((0, 0), (10, 10)), series((5, 1), (20, 1))])
    assert found.x.tolist() == [0, 5, 10, 20]
    assert found.count.tolist() == [1, 2, 2, 1]
    assert found.mean.tolist() == [0, 3, 5.5, 1]
    assert found.deviation.tolist()[1] == pytest.approx(math.sqrt(8))


@pytest.mark.parametrize("ill", [NAN, INF, -INF])
def test_what_is_not_finite_counts_nowhere_and_is_not_bridged(ill):
    found = spread_of(
        [series((0, 1), (10, ill), (20, 1)), series((0, 3), (5, 3), (15, 3), (20, 3))]
    )
    assert found.x.tolist() == [0, 5, 10, 15, 20]
    assert found.count.tolist() == [2, 1, 1, 1, 2]
    assert found.mean.tolist() == [2, 3, 3, 3, 2]


def test_of_equal_steps_the_last_counts_and_order_does_not_matter():
    found = spread_of([series((3, 9), (1, 5), (3, 7)), series((1, 5), (NAN, 99), (3, 7))])
    assert found.x.tolist() == [1, 3]
    assert found.mean.tolist() == [5, 7]
    assert found.deviation.tolist() == [0, 0]


def test_nothing_is_no_trouble():
    empty = (np.zeros(0), np.zeros(0))
    assert len(spread_of([]).x) == len(spread_of([empty, empty]).x) == 0
    assert spread_of([empty, series((1, 2))]).count.tolist() == [1]
    lost = spread_of([series((1, NAN), (2, NAN))])
    assert lost.count.tolist() == [0, 0] and np.isnan(lost.mean).all()


_VALUES = st.floats(-1e6, 1e6) | st.sampled_from([NAN, INF])
_SERIES = st.lists(st.tuples(st.integers(-20, 20).map(float), _VALUES), max_size=12)


@given(st.lists(_SERIES, max_size=5))
def test_the_mean_lies_among_the_values_and_equal_series_have_no_spread(drawn):
    every = [series(*points) for points in drawn]
    found = spread_of(every)
    values = np.concatenate([np.zeros(0), *(y[np.isfinite(y)] for _, y in every)])
    means = found.mean[np.isfinite(found.mean)]
    if len(means):
        slack = 1e-9 * max(1.0, float(np.abs(values).max()))
        assert values.min() - slack <= means.min() and means.max() <= values.max() + slack
    twice = spread_of(every[:1] * 2)
    assert not np.nan_to_num(twice.deviation).any()
