"""The numbers of charts in the page: as logged, thinned out, and never a way out of their place."""

import base64
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.charts.lines import Lines
from tbreport.datablock import data_block, names_block
from tbreport.options import Options
from tbreport.sections import scalars, traces
from tbreport.sections.kit import Trace, Values
from tbreport.stats import extremes, smooth
from tests.make import logs, run, scalar_series

FLOATS = st.floats(allow_nan=True, allow_infinity=True)


def unpacked(packed):
    """What the script makes of it."""
    if isinstance(packed, list):
        first, distance, count = packed
        return np.array([first + distance * place for place in range(count)])
    data = base64.b64decode(packed[1:])
    return np.frombuffer(data, {"f": "<f4", "d": "<f8"}[packed[0]]).astype(np.float64)


def values(*pairs, **more):
    made = tuple(Trace(f"r{i}", np.asarray(x), np.asarray(y), len(x)) for i, (x, y) in pairs)
    base = {"x_axis": "step", "x_range": (0.0, 1.0), "y_range": (0.0, 1.0)}
    return Values(made, **{**base, "log_y": False, "weight": 0.6, **more})


def block(found):
    text = data_block(found, lambda trace: int(trace.run[1:]))
    assert "<" not in text
    return json.loads(text)


@given(st.lists(st.tuples(st.floats(-1e300, 1e300), FLOATS), min_size=1, max_size=30))
def test_every_number_is_as_it_was_logged(points):
    x, y = np.array(points).T
    made = block(values((7, (x, y))))
    ((number, place, packed, total),) = made["traces"]
    assert (number, total) == (7, len(x))
    assert np.array_equal(unpacked(made["steps"][place]), x)
    assert np.array_equal(unpacked(packed), y, equal_nan=True)


def test_even_steps_are_three_numbers_and_listed_once():
    steps = np.arange(0.0, 5000.0, 5.0)
    loss = np.sqrt(steps).astype(np.float32).astype(np.float64)
    made = block(values((0, (steps, loss)), (1, (steps, loss + 1))))
    assert made["steps"] == [[0, 5, 1000]]
    assert [trace[1] for trace in made["traces"]] == [0, 0]
    assert made["traces"][0][2][0] == "f" and made["traces"][1][2][0] == "d"
    assert len(made["traces"][0][2]) < 5400


def test_names_cannot_end_the_block():
    text = names_block([("</script><script>alert(1)</script>", "r0"), ("<!--", "")])
    assert "<" not in text
    assert json.loads(text)[0] == ["</script><script>alert(1)</script>", "r0"]


@given(
    st.lists(st.tuples(st.integers(0, 50).map(float), FLOATS), max_size=200),
    st.integers(1, 20),
)
def test_what_is_kept_has_the_extremes_of_each_column_and_both_ends(points, columns):
    x, y = np.array(points).reshape(-1, 2).T
    kept = extremes(x, y, columns)
    assert len(set(kept.tolist())) == len(kept) <= max(2 * columns, 3 * columns + 2)
    assert (np.diff(x[kept]) >= 0).all()
    if len(x) <= 2 * columns:
        assert sorted(kept.tolist()) == list(range(len(x)))
        return
    assert x[kept][0] == x.min() and x[kept][-1] == x.max()
    width = (x.max() - x.min()) / columns or 1.0
    column = np.clip((x - x.min()) / width, 0, columns - 1).astype(int)
    for one in set(column.tolist()):
        mine, shown = y[column == one], y[kept][column[kept] == one]
        finite = mine[np.isfinite(mine)]
        if len(finite):
            assert shown[np.isfinite(shown)].min() == finite.min()
            assert shown[np.isfinite(shown)].max() == finite.max()
        assert np.isfinite(mine).all() == np.isfinite(shown).all()


def test_points_without_a_place_are_not_kept():
    x = np.array([math.nan, 1.0, math.inf, 0.0])
    assert extremes(x, x, 1).tolist() == [3, 1]
    assert extremes(np.zeros(0), np.zeros(0), 5).tolist() == []


def figure(found, **options):
    chapter = scalars.build(found, (), Options(**options))
    assert chapter is not None
    return chapter.panels[0].figures[0]


def test_a_chart_has_all_its_points_where_there_is_room():
    series = scalar_series("loss", [3.0, math.nan, 1.0, 2.0])
    found = figure(logs(run("a", {}, series))).values
    (trace,) = found.traces
    assert (trace.run, trace.total, trace.smooth) == ("a", 4, None)
    assert trace.x.tolist() == [0, 1, 2, 3]
    assert np.array_equal(trace.y, series.values, equal_nan=True)
    assert (found.x_axis, found.x_range, found.weight) == ("step", (0.0, 3.0), 0.6)


def test_a_long_run_keeps_its_extremes_and_how_they_are_smoothed():
    y = np.random.default_rng(0).normal(size=50_000)
    series = scalar_series("loss", y)
    (trace,) = figure(logs(run("a", {}, series))).values.traces
    assert trace.total == 50_000 and 500 <= len(trace.x) <= 3 * 500 + 2
    steps = trace.x.astype(int)
    assert np.array_equal(trace.y, series.values[steps])
    assert trace.y.min() == y.min() and trace.y.max() == y.max()
    assert np.array_equal(trace.smooth, smooth(series.values, 0.6)[steps])


@pytest.mark.parametrize(("charts", "runs"), [(1, 8), (400, 8), (400, 200), (2000, 8)])
def test_the_numbers_of_a_report_are_bounded(charts, runs):
    series = scalar_series("loss", np.random.default_rng(0).normal(size=3000))
    found = logs(*[run(f"r{i:03}", {}, series) for i in range(runs)])
    curves = scalars.drawn.curves_of("loss", found)
    axes = {"x_range": (0.0, 2999.0), "y_range": (-4.0, 4.0)}
    room = traces.room_of_chart(charts)
    made = traces.values_of(Lines("", (), **axes), curves, (), 0.6, room)
    size = len(data_block(made, lambda trace: int(trace.run[1:])))
    assert size < max(7 * room, 300 * runs)


def test_short_runs_stay_whole_beside_long_ones():
    random = np.random.default_rng(0)
    sizes = {"a": 100_000, "b": 100, "c": 1900, "d": 100_000}
    runs = [
        run(name, {}, scalar_series("loss", random.normal(size=size)))
        for name, size in sizes.items()
    ]
    found = figure(logs(*runs)).values
    kept = {trace.run: len(trace.x) for trace in found.traces}
    assert kept["b"] == 100 and kept["c"] == 1900
    assert 900 < kept["a"] <= 1502


def test_the_numbers_can_be_left_out():
    found = logs(run("a", {"loss": [1.0, 2.0]}))
    assert figure(found).values is not None
    assert figure(found, data=False).values is None
