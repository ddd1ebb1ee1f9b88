"""Histograms: both dialects as logged, and converted exactly as TensorBoard converts them."""

from __future__ import annotations

import math
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tensorboard import data_compat
from tensorboard.compat.proto import summary_pb2
from tensorboard.util import tensor_util

from tbreport.model import HistogramSeries
from tests import writer
from tests.read import single
from tests.writer import event, value

DBL_MAX = sys.float_info.max


def read(folder: Path, *values: Any) -> HistogramSeries:
    run = single.read(folder, *(event(step, made) for step, made in enumerate(values)))
    assert run.gaps == ()
    return run.histograms["h"]


def tensorboards(made: Any) -> np.ndarray:
    """The rows (left, right, count) that TensorBoard makes of a legacy value, in float32."""
    theirs = summary_pb2.Summary.Value.FromString(made.SerializeToString())
    with np.errstate(over="ignore"):  # DBL_MAX is infinite in float32
        return tensor_util.make_ndarray(data_compat.migrate_value(theirs).tensor)


def assert_like_tensorboard(folder: Path, made: Any) -> None:
    ours = read(folder, made).buckets(0)
    assert ours.dtype == np.float64
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(ours.astype(np.float32), tensorboards(made), strict=True)


ODD = {
    "usual": ([0.0, 1.0, 2.0, 3.0], [0.0, 2.0, 0.0, 4.0]),
    "empty": ([], []),
    "one": ([1.0], [5.0]),
    "dbl_max": ([-DBL_MAX, 0.0, DBL_MAX], [0.0, 2.0, 3.0]),
    "all_dbl_max": ([DBL_MAX], [7.0]),
    "infinite": ([-math.inf, 0.0, math.inf], [0.0, 2.0, 3.0]),
    "all_zero": ([0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
    "nan": ([math.nan, 1.0], [math.nan, 1.0]),
    "only_nan": ([0.0, 1.0], [math.nan, math.nan]),
    "negative": ([0.0, 1.0, 2.0], [-5.0, 3.0, -1.0]),
    "unsorted": ([5.0, 1.0, 3.0], [1.0, 1.0, 1.0]),
    "empty_ends": ([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 3.0, 0.0, 0.0]),
    "holes": ([0.0, 1.0, 2.0, 3.0], [1.0, 0.0, 0.0, 1.0]),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_histogram_is_converted_as_by_tensorboard(tmp_path, name):
    limits, counts = ODD[name]
    assert_like_tensorboard(tmp_path, writer.histogram("h", limits, counts, min=-1.5, max=2.5))


BUCKETS = st.tuples(st.floats(), st.floats() | st.sampled_from([0.0, 1.0]))


@given(buckets=st.lists(BUCKETS, max_size=6), minimum=st.floats(), maximum=st.floats())
@example(buckets=[(DBL_MAX, 1.0)], minimum=0.0, maximum=0.0)
def test_any_histogram_is_converted_as_by_tensorboard(scratch, buckets, minimum, maximum):
    limits, counts = [limit for limit, _ in buckets], [count for _, count in buckets]
    made = writer.histogram("h", limits, counts, min=minimum, max=maximum)
    assert_like_tensorboard(scratch, made)


def test_a_legacy_histogram_keeps_its_moments_and_its_buckets(tmp_path):
    moments = {"min": -1.0, "max": 2.5, "num": 6.0, "sum": 4.5, "sum_squares": 9.25}
    series = read(tmp_path, writer.histogram("h", [0, 1, DBL_MAX], [0, 2, 4], **moments))
    assert series.edges[0].tolist() == [0, 1, DBL_MAX]
    assert series.counts[0].tolist() == [0, 2, 4]
    found = (series.minimum, series.maximum, series.num, series.sum, series.sum_squares)
    assert [moment.tolist() for moment in found] == [[number] for number in moments.values()]
    assert series.exact.tolist() == [True]
    assert series.buckets(0).tolist() == [[-1, 1, 2], [1, 2.5, 4]]


def test_a_histogram_of_tensorflow_2_is_as_logged(tmp_path):
    rows = [[0.0, 1.0, 2.0], [1.0, 2.0, 0.0], [2.0, 2.5, 3.0]]
    series = read(tmp_path, writer.tf2_histogram("h", rows))
    assert series.buckets(0).tolist() == rows
    assert series.edges[0].shape == (3, 2)
    assert series.exact.tolist() == [False]
    assert (series.minimum[0], series.maximum[0], series.num[0]) == (0.0, 2.5, 5.0)
    assert np.isnan([series.sum[0], series.sum_squares[0]]).all()


@pytest.mark.parametrize("rows", [[], [[1.0, 1.0, 0.0]] * 3])
def test_an_empty_histogram_of_tensorflow_2_has_no_smallest_value(tmp_path, rows):
    series = read(tmp_path, writer.tf2_histogram("h", rows))
    assert series.buckets(0).shape == (len(rows), 3)
    assert series.num[0] == 0
    assert np.isnan([series.minimum[0], series.maximum[0]]).all()


def test_both_dialects_in_one_series(tmp_path):
    rows = [[0.0, 1.0, 2.0]]
    series = read(
        tmp_path, writer.histogram("h", [1.0], [2.0], min=0.0), writer.tf2_histogram("h", rows)
    )
    assert series.steps.tolist() == [0, 1]
    assert series.buckets(0).tolist() == series.buckets(1).tolist() == rows


def field(number: int, numbers: list[float], packed: bool) -> bytes:
    """A repeated double as a writer that packs or does not pack would serialize it."""
    doubles = [struct.pack("<d", each) for each in numbers]
    if packed:
        return bytes([number << 3 | 2, 8 * len(doubles)]) + b"".join(doubles)
    return b"".join(bytes([number << 3 | 1]) + double for double in doubles)


@pytest.mark.parametrize("limits_packed", [True, False])
@pytest.mark.parametrize("counts_packed", [True, False])
def test_buckets_need_not_be_packed(tmp_path, limits_packed, counts_packed):
    data = field(6, [1.0, 2.0], limits_packed) + field(7, [3.0, 4.0], counts_packed)
    series = read(tmp_path, value("h", histo=data))
    assert series.edges[0].tolist() == [1, 2]
    assert series.counts[0].tolist() == [3, 4]


@pytest.mark.parametrize(("limits", "counts"), [([0.0, 1.0], [1.0]), ([0.0], [1.0, 2.0, 3.0])])
def test_limits_and_counts_that_do_not_match_leave_the_moments(tmp_path, limits, counts):
    # TensorBoard's default loader calls these corrupt; its Python loader makes up edges or fails.
    series = read(tmp_path, writer.histogram("h", limits, counts, min=-1.0, max=3.0, num=6.0))
    assert series.buckets(0).shape == (0, 3)
    assert (series.minimum[0], series.maximum[0], series.num[0]) == (-1, 3, 6)
