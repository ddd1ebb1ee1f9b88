import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.charts import ticks

MORNING = 1773478800.0  # 14 March 2026, 09:00 UTC


def labels(some):
    return " ".join(tick.label.replace(" ", "_") for tick in some)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, "0.0 0.2 0.4 0.6 0.8 1.0"),
        (-0.3, 0.12, "−0.3 −0.2 −0.1 0.0 0.1"),
        (0, 45000, "0 10000 20000 30000 40000"),
        (0, 4.5e6, "0 1e6 2e6 3e6 4e6"),
        (1e-5, 5e-5, "1e−5 2e−5 3e−5 4e−5 5e−5"),
        (2.3, 2.31, "2.300 2.302 2.304 2.306 2.308 2.310"),
        (5, 5, "5"),
        (math.nan, 1, ""),
    ],
)
def test_values(low, high, expected):
    assert labels(ticks.number_ticks(low, high, 5)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 5000, "0 1k 2k 3k 4k 5k"),
        (0, 3, "0 1 2 3"),
        (-400, 1.1e7, "0 2M 4M 6M 8M 10M"),
        (12000, 12900, "12k 12.2k 12.4k 12.6k 12.8k"),
        (7, 7, "7"),
        (0.2, 0.4, "0.20 0.25 0.30 0.35 0.40"),
        (math.inf, math.inf, ""),
    ],
)
def test_steps(low, high, expected):
    assert labels(ticks.step_ticks(low, high, 5)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.02, 3, "0.02 0.05 0.1 0.2 0.5 1 2"),
        (1e-9, 10, "1e−9 1e−7 1e−5 0.001 0.1 10"),
        (3, 4000, "10 100 1000"),
        (0.3, 0.7, "0.3 0.4 0.5 0.6 0.7"),
        (0, 1, ""),
    ],
)
def test_logarithmic_values(low, high, expected):
    assert labels(ticks.log_ticks(low, high, 6 if low != 0.3 else 4)) == expected


@pytest.mark.parametrize(
    ("high", "expected"),
    [
        (0, "0"),
        (3, "0 0.5_s 1.0_s 1.5_s 2.0_s 2.5_s 3.0_s"),
        (45, "0 10_s 20_s 30_s 40_s"),
        (100, "0 30_s 1_min 1.5_min"),
        (3000, "0 10_min 20_min 30_min 40_min 50_min"),
        (9000, "0 30_min 1_h 1.5_h 2_h 2.5_h"),
        (200000, "0 12_h 1_d 1.5_d 2_d"),
    ],
)
def test_relative_times(high, expected):
    assert labels(ticks.relative_ticks(0, high, 6)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.3, "09:00:00"),
        (45, "14_Mar_09:00:00 09:00:10 09:00:20 09:00:30 09:00:40"),
        (3000, "14_Mar_09:00 09:10 09:20 09:30 09:40 09:50"),
        (200000, "14_Mar_12:00 15_Mar 12:00 16_Mar 12:00"),
        (1e7, "Apr_2026 May_2026 Jun_2026 Jul_2026"),
        (1e9, "2030 2035 2040 2045 2050 2055"),
    ],
)
def test_wall_times_are_utc(seconds, expected, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    assert labels(ticks.wall_ticks(MORNING, MORNING + seconds, 5)) == expected


def test_wall_times_that_no_calendar_knows_are_numbers():
    assert labels(ticks.wall_ticks(-5, 1.7e9, 4)) == "0 5e8 1e9 1.5e9"


@pytest.mark.parametrize(
    "make",
    [
        ticks.number_ticks,
        ticks.step_ticks,
        ticks.log_ticks,
        ticks.relative_ticks,
        ticks.wall_ticks,
    ],
)
@given(low=st.floats(), width=st.floats(min_value=0), count=st.integers(1, 12))
def test_an_axis_has_few_ticks_within_it_whatever_its_range(make, low, width, count):
    some = make(low, low + width, count)
    assert len(some) <= 3 * count + 6
    near = abs(low) * 1e-6 + width * 1e-6  # floats of this size are that far apart
    for tick in some:
        assert low - near <= tick.value <= low + width + near
        assert tick.label
