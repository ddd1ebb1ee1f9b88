"""The curves of the baseline behind the charts: where they are, and what room they get."""

import numpy as np

from tbreport import stats
from tbreport.model import Baseline, LayoutCategory, LayoutChart, Logs
from tbreport.options import Options
from tbreport.sections import custom, scalars
from tbreport.sections.summaries import summaries
from tests.make import logs, run, scalar_series


def chart(before, now, **options):
    """The panel of the only tag and its chart."""
    old = Baseline(summaries(logs(*before)))
    given = Logs(logs(*now).runs, baseline=old)
    (panel,) = scalars.build(given, (), Options(**options)).panels
    return panel, panel.figures[0].chart


def test_every_run_that_is_compared_has_its_curve_behind():
    before = [run("a", {"loss": [3.0, 2.0]}), run("gone", {"loss": [9.0, 9.0]})]
    panel, drawn = chart(before, [run("a", {"loss": [3.0, 2.5]})], smoothing=0.0)
    (shadow,) = drawn.shadows
    assert shadow.x.tolist() == [0, 1] and shadow.low.tolist() == [3, 2]
    assert panel.small == "grey: the baseline"


def test_a_tag_that_the_baseline_has_not_is_drawn_as_ever():
    panel, drawn = chart([run("a", {"x": [1.0]})], [run("a", {"loss": [3.0, 2.5]})])
    assert drawn.shadows == () and "grey" not in panel.small


def test_curves_are_smoothed_as_the_others_are_also_where_they_were_thinned_out():
    values = np.exp(-np.arange(900) / 300)
    _, drawn = chart([run("a", {"loss": values})], [run("a", {"loss": values})], smoothing=0.9)
    np.testing.assert_allclose(drawn.shadows[0].low, stats.smooth(values, 0.9), rtol=1e-5)
    values = 1 + np.exp(-np.arange(50_000) / 9_000)
    _, drawn = chart([run("a", {"loss": values})], [run("a", {"loss": values})], smoothing=0.99)
    (shadow,) = drawn.shadows
    expected = np.interp(shadow.x, np.arange(50_000), stats.smooth(values, 0.99))
    np.testing.assert_allclose(shadow.low, expected, rtol=0.01)


def test_axes_have_room_for_the_baseline_and_are_the_same_against_themselves():
    now = [run("a", {"loss": [1.0, 0.5]})]
    _, alone = chart([run("a", {"x": [1.0]})], now)
    _, same = chart(now, now)
    assert (same.x_range, same.y_range) == (alone.x_range, alone.y_range)
    _, longer = chart([run("a", {"loss": np.linspace(1.5, 0.5, 11)})], now)
    assert longer.x_range == (0, 10) and longer.y_range[1] >= 1.4


def test_a_baseline_that_went_astray_does_not_flatten_the_curves():
    now = [run("a", {"loss": [1.0, 0.5]})]
    _, drawn = chart([run("a", {"loss": [1e9, 2e9, 3e9]})], now, smoothing=0.0)
    assert drawn.y_range[1] < 10 and len(drawn.shadows) == 1


def test_over_time_it_is_placed_by_time_and_over_the_time_of_day_it_is_not():
    before = [run("a", {}, scalar_series("loss", [3.0, 2.0], wall_times=[1e9, 1e9 + 40.0]))]
    now = [run("a", {"loss": [3.0, 2.5]})]
    _, drawn = chart(before, now, x_axis="relative")
    assert drawn.shadows[0].x.tolist() == [0, 40] and drawn.x_range == (0, 40)
    panel, drawn = chart(before, now, x_axis="wall")
    assert drawn.shadows == () and "grey" not in panel.small


def test_a_curve_in_order_of_arrival_does_not_stand_behind_one_over_steps():
    piled = [run("a", {}, scalar_series("loss", [3.0, 2.0, 1.0], steps=[7, 7, 7]))]
    _, drawn = chart(piled, [run("a", {"loss": [3.0, 2.5]})])
    assert drawn.shadows == ()
    _, drawn = chart(piled, piled)
    assert drawn.shadows[0].x.tolist() == [0, 1, 2]


def test_a_crowd_is_thinned_out():
    many = [run(f"r{i}", {"loss": [1.0, 2.0]}) for i in range(50)]
    _, drawn = chart(many, many)
    assert len(drawn.shadows) == 20


def test_values_that_are_no_numbers_leave_gaps():
    ill = [run("a", {"loss": [1.0, np.nan, np.inf, 0.5]})]
    _, drawn = chart(ill, ill, smoothing=0.0)
    assert np.isfinite(drawn.shadows[0].low).tolist() == [True, False, False, True]
    _, drawn = chart([run("a", {"loss": [np.nan]})], ill)
    assert drawn.draw().png == drawn.draw().png


def test_the_charts_of_layouts_have_it_too():
    charts = (LayoutChart("both", ("x", "y")), LayoutChart("margin", margins=(("x", "l", "h"),)))
    layout = (LayoutCategory("c", charts),)
    tags = {"x": [1.0, 2.0], "y": [2.0, 3.0], "l": [0.0, 1.0], "h": [2.0, 3.0]}
    one = run("a", tags, layout=layout)
    given = Logs((one,), baseline=Baseline(summaries(logs(one))))
    both, margin = custom.build(given, (), Options()).panels
    assert [len(panel.figures[0].chart.shadows) for panel in (both, margin)] == [2, 1]
    assert (
        both.small.endswith("grey: the baseline") and margin.small == "margin · grey: the baseline"
    )
    assert custom.build(Logs((one,)), (), Options()).panels[1].small == "margin"
