import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tbreport import stats

NAN, INF = math.nan, math.inf
anything = st.floats(width=64, allow_nan=True, allow_infinity=True)
series = hnp.arrays(np.float64, st.integers(0, 60), elements=anything)
numbers = hnp.arrays(np.float64, st.integers(1, 80), elements=st.floats(-1e6, 1e6))


def plain_smooth(values, weight):
    """The formula as TensorBoard's data_transformer.ts has it, value by value."""
    if all(value == values[0] for value in values):
        return list(values)
    last, count, smoothed = 0.0, 0, []
    for value in values:
        if not math.isfinite(value):
            smoothed.append(value)
            continue
        last = last * weight + (1 - weight) * value
        count += 1
        smoothed.append(last / (1 if weight == 1 else 1 - weight**count))
    return smoothed


@pytest.mark.parametrize(
    ("values", "weight", "expected"),
    [
        ([1, 2, 3, 4, 5], 0.6, [1.0, 1.625, 2.326531, 3.095588, 3.921582]),
        ([1, 2, 3, 4, 5], 0.9, [1.0, 1.526316, 2.070111, 2.631288, 3.209714]),
        ([1, NAN, 3], 0.6, [1, NAN, 2.25]),
        ([2, 2, 2], 0.6, [2, 2, 2]),
        ([], 0.6, []),
        ([NAN, NAN], 0.6, [NAN, NAN]),
        ([1, INF, -INF, 3], 0.6, [1, INF, -INF, 2.25]),
        ([3, 1], 0.0, [3, 1]),
        ([3, 1], 1.0, [0, 0]),
        ([3, 1], 7.0, [0, 0]),
    ],
)
def test_smoothing_is_tensorboards(values, weight, expected):
    smoothed = stats.smooth(np.array(values, dtype=float), weight)
    np.testing.assert_allclose(smoothed, expected, atol=5e-7)


@given(series, st.sampled_from([0.0, 0.3, 0.6, 0.9, 0.99, 0.999]))
def test_smoothing_follows_the_formula_value_by_value(values, weight):
    values = np.clip(values, -1e300, 1e300)
    np.testing.assert_allclose(
        stats.smooth(values, weight), plain_smooth(values, weight), rtol=1e-9, atol=1e285
    )
    small = np.clip(values, -1e6, 1e6)
    np.testing.assert_allclose(
        stats.smooth(small, weight), plain_smooth(small, weight), rtol=1e-9, atol=1e-6
    )


def test_smoothing_a_long_series_follows_the_formula():
    values = np.random.default_rng(0).normal(size=5000)
    for weight in (0.6, 0.9, 0.999):
        expected = plain_smooth(values, weight)
        np.testing.assert_allclose(stats.smooth(values, weight), expected, rtol=0, atol=1e-12)


def test_smoothing_leaves_its_input_alone():
    values = np.array([1.0, NAN, 3.0])
    stats.smooth(values, 0.6)
    np.testing.assert_array_equal(values, [1.0, NAN, 3.0])


def test_a_short_curve_is_not_thinned_out():
    curve = stats.envelope(np.array([0.0, 1, 2]), np.array([5.0, INF, 7]), 3)
    assert curve.low is curve.high
    np.testing.assert_array_equal(curve.low, [5, NAN, 7])


def test_an_envelope_has_a_column_for_each_pixel_that_holds_points():
    x = np.concatenate([np.linspace(0, 0.95, 500), np.linspace(9.05, 10, 500)])
    curve = stats.envelope(x, np.sin(x), 100)
    assert len(curve) == 20  # a tenth of the width at each end
    assert (curve.x[0], curve.x[-1]) == (0, 10)


def test_an_envelope_sorts_by_x_and_drops_points_without_a_place():
    x = np.array([3.0, 1.0, NAN, 2.0])
    curve = stats.envelope(x, np.array([30.0, 10, 99, 20]), 10)
    assert curve.x.tolist() == [1, 2, 3]
    assert curve.low.tolist() == [10, 20, 30]


def test_a_column_without_a_finite_value_breaks_the_curve():
    y = np.ones(100)
    y[50:75] = NAN
    curve = stats.envelope(np.arange(100.0), y, 4)
    np.testing.assert_array_equal(curve.low, [1, 1, NAN, 1])


def test_columns_can_be_those_of_a_wider_axis():
    curve = stats.envelope(np.arange(100.0), np.arange(100.0), 10, low=0.0, high=1000.0)
    assert (curve.low.tolist(), curve.high.tolist()) == ([0], [99])


@given(st.data(), st.integers(1, 20))
def test_an_envelope_keeps_the_extremes(data, columns):
    x = data.draw(numbers)
    y = data.draw(hnp.arrays(np.float64, len(x), elements=anything))
    curve = stats.envelope(x, y, columns)
    assert len(curve) <= columns or len(x) <= columns
    assert (np.diff(curve.x) >= 0).all()
    finite = y[np.isfinite(y)]
    if len(finite):
        assert np.nanmin(curve.low) == finite.min()
        assert np.nanmax(curve.high) == finite.max()
    else:
        assert np.isnan(curve.low).all()


@pytest.mark.parametrize(
    ("values", "log", "expected"),
    [
        ([], False, (0, 1, 0)),
        ([NAN, INF], False, (0, 1, 0)),
        ([0.0], False, (-1, 1, 0)),
        ([3.0, 3.0], False, (0, 6, 0)),
        ([-3.0], False, (-6, 0, 0)),
        ([0.0, 1.0], False, (-0.1, 1.1, 0)),
        ([1.0, 100.0], True, (0.5, 200, 0)),
        ([-1.0, 0.0], True, (5e-324, 1, 0)),
        ([-1.0, 2.0], True, (1, 4, 0)),
    ],
)
def test_the_range_of_y_is_tensorboards(values, log, expected):
    assert stats.y_domain([np.array(values)], log) == pytest.approx(expected)


def test_the_range_of_y_ignores_outliers_and_counts_them():
    values = np.concatenate([np.linspace(0, 1, 98), [50.0, -70.0]])
    low, high, outside = stats.y_domain([values[:50], values[50:]])
    assert -0.2 <= low <= 0.05
    assert 0.95 <= high <= 1.2
    assert outside == 2


@given(st.lists(series, max_size=3), st.booleans())
def test_the_range_of_y_is_finite_whatever_comes(values, log):
    domain = stats.y_domain(values, log)
    assert math.isfinite(domain.low)
    assert math.isfinite(domain.high)
    assert domain.low < domain.high
    assert domain.outside >= 0


@pytest.mark.parametrize(
    ("values", "spans"),
    [
        ([1, 1001], True),
        ([1, 1000], False),
        ([0, 1e6], False),
        ([-1, 1e6], False),
        ([1e-9, NAN, 1], True),
        ([NAN], False),
        ([], False),
    ],
)
def test_more_than_three_decades_want_a_logarithm(values, spans):
    assert stats.spans_decades(np.array(values, dtype=float)) is spans


def test_basis_points_are_tensorboards():
    buckets = np.array([[0, 1, 10], [1, 2, 20], [2, 3, 40], [3, 4, 20], [4, 5, 10]])
    expected = [0, 0.668, 1.2935, 2.02125, 2.5, 2.97875, 3.7065, 4.332, 5]
    np.testing.assert_allclose(stats.basis_points(buckets), expected)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_basis_points_agree_with_tensorboards_compressor(counts):
    compressor = pytest.importorskip("tensorboard.plugins.distribution.compressor")
    counts = [1, *counts, 1]  # TensorBoard takes the ends from empty buckets, too
    edges = np.arange(len(counts) + 1) * 0.5 - 1
    buckets = np.column_stack([edges[:-1], edges[1:], counts])
    expected = [value for _, value in compressor.compress_histogram(buckets)]
    np.testing.assert_allclose(stats.basis_points(buckets), expected, atol=1e-9)


@pytest.mark.parametrize("buckets", [np.zeros((0, 3)), np.array([[0.0, 1.0, 0.0]])])
def test_basis_points_of_nothing_are_zero(buckets):
    assert stats.basis_points(buckets).tolist() == [0] * 9


def test_basis_points_of_one_value_are_that_value():
    assert stats.basis_points(np.array([[2.0, 2.0, 0.0], [2.0, 2.0, 7.0]])).tolist() == [2] * 9


def test_rebinning_shares_counts_by_overlap():
    edges, counts = stats.rebin([np.array([[0.0, 4, 8], [4, 10, 6]]), np.zeros((0, 3))], bins=5)
    assert edges.tolist() == [0, 2, 4, 6, 8, 10]
    assert counts.tolist() == [[4, 4, 2, 2, 2], [0, 0, 0, 0, 0]]


def test_a_bucket_without_width_goes_whole_into_its_bin():
    rows = np.array([[0.0, 0, 3], [5, 5, 2], [10, 10, 1]])
    _, counts = stats.rebin([rows], bins=2)
    assert counts.tolist() == [[3, 3]]


def test_histograms_of_one_value_get_a_range_around_it():
    edges, counts = stats.rebin([np.array([[11.0, 11.0, 4.0]])])
    assert (edges[0], edges[-1]) == pytest.approx((9, 13.1))
    assert counts.sum() == 4
    assert counts.shape == (1, 30)


@given(
    st.lists(
        st.tuples(st.floats(-1e300, 1e300), st.floats(0, 1e300), st.integers(0, 10**6)), max_size=20
    )
)
def test_rebinning_loses_no_count(rows):
    buckets = np.array([(low, low + width, count) for low, width, count in rows]).reshape(-1, 3)
    buckets = buckets[buckets[:, 1] < 1e300]
    _, counts = stats.rebin([buckets], bins=7)
    assert counts.sum() == pytest.approx(buckets[:, 2].sum(), rel=1e-6)


def test_buckets_that_reach_infinity_are_left_out():
    _, counts = stats.rebin([np.array([[0.0, 1, 5], [1, INF, 3], [NAN, 2, 1]])], bins=2)
    assert counts.sum() == 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.1, "0.1"),
        (0.12345, "0.1235"),
        (1234.5, "1235"),
        (9999.96, "10000"),
        (10000, "1e+4"),
        (12345, "1.23e+4"),
        (0.001, "0.001"),
        (0.00033, "3.3e-4"),
        (-0.5, "-0.5"),
        (1e22, "1e+22"),
        (5e-324, "4.94e-324"),
        (NAN, "NaN"),
        (INF, "Inf"),
        (-INF, "-Inf"),
    ],
)
def test_numbers_read_as_in_tensorboard(value, text):
    assert stats.format_number(value) == text


@given(st.floats(-1e308, 1e308))
def test_a_formatted_number_is_near_the_number(value):
    assert float(stats.format_number(value)) == pytest.approx(value, rel=6e-3, abs=1e-323)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.35, "350 ms"),
        (4.21, "4.2 s"),
        (9.97, "10 s"),
        (59.6, "1 m"),
        (102, "1 m 42 s"),
        (3599.7, "1 h"),
        (11100, "3 h 5 m"),
        (86399, "1 d"),
        (187200, "2 d 4 h"),
        (-102, "-1 m 42 s"),
        (NAN, ""),
    ],
)
def test_durations_read_in_their_two_largest_units(seconds, text):
    assert stats.format_duration(seconds) == text


@pytest.mark.parametrize(
    ("mean", "deviation", "text"),
    [
        (0.20551, 0.0784, "0.206 ± 0.078"),
        (0.004972, 0.1233, "0.00 ± 0.12"),
        (1234.56, 78.9, "1235 ± 79"),
        (1234.56, 7.89, "1234.6 ± 7.9"),
        (0.5, 0.0, "0.5 ± 0"),
        (0.0, 0.0, "0 ± 0"),
        (0.1, float(np.std([0.1] * 3, ddof=1)), "0.1 ± 0"),
        (5e-5, 1e-5, "5e-5 ± 1e-5"),
        (2.5e6, 3e5, "2.5e+6 ± 3e+5"),
        (1000.0, 0.05, "1000 ± 0.05"),
        (math.nan, 1.0, "NaN ± 1"),
    ],
)
def test_a_mean_has_as_many_digits_as_its_deviation_allows(mean, deviation, text):
    assert stats.format_spread(mean, deviation) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1_234_567, "1.23 MB"),
        (999_999, "1 MB"),
        (123_456, "123 kB"),
        (10**13, "10 TB"),
        (10**16, "10000 TB"),
    ],
)
def test_sizes_have_three_digits(size, text):
    assert stats.format_bytes(size) == text


@settings(max_examples=200)
@given(st.floats(-1e15, 1e15), st.floats(1e-6, 1e15), st.integers(1, 12))
def test_a_nice_range_holds_the_range(low, width, count):
    nice = stats.nice_range(low, low + width, count)
    tolerance = 1e-9 * max(abs(low), width)
    assert nice[0] <= low + tolerance
    assert nice[1] >= low + width - tolerance
