"""Groups in charts and tables: bands that equal numpy's, n in words, one colour, a row of means."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from tbreport import build_report
from tbreport.errors import InputError
from tbreport.groups import groups_of
from tbreport.model import HParams
from tbreport.options import Options
from tbreport.sections import hparams, overview, scalars
from tests.make import logs, run, scalar_series
from tests.sections.plain import panel, said, words

NAN = math.nan


def grouped(*runs, wanted=""):
    found = logs(*runs)
    return replace(found, groups=groups_of(found, wanted))


def seeds(*values, tag="val/loss", steps=None):
    """Runs a_s1, a_s2, ... with these values of one tag."""
    steps = steps or [None] * len(values)
    made = zip(values, steps, strict=True)
    return [
        run(f"a_s{seed}", None, scalar_series(tag, each, at))
        for seed, (each, at) in enumerate(made, 1)
    ]


def built(found, tag="val/loss", **options):
    return panel(scalars.build(found, (), Options(**options)), tag)


def chart(found, **options):
    return built(found, **options).figures[0].chart


def sweep():
    """Five seeds of three configurations, each with its own number of points and its own steps."""
    random = np.random.default_rng(7)
    runs = []
    for place, rate in enumerate((0.1, 0.01, 0.001)):
        for seed in range(5):
            count = 60 + 20 * seed + 7 * place
            steps = np.sort(random.choice(3 * count, count, replace=False))
            values = np.exp(-steps / 50) + random.normal(0, 0.1, count) + place
            runs.append(run(f"lr={rate:g},seed={seed}", None, scalar_series("loss", values, steps)))
    return runs


def test_bands_are_numpys_mean_and_deviation_on_the_aligned_steps():
    runs = sweep()
    found = grouped(*runs)
    assert [group.name for group in found.groups] == [
        "lr=0.001,seed=*",
        "lr=0.01,seed=*",
        "lr=0.1,seed=*",
    ]
    drawn = panel(scalars.build(found, (), Options(smoothing=0)), "loss").figures[0].chart
    assert len(drawn.bands) == 3
    by_name = {one.name: one.scalars["loss"] for one in runs}
    means = [line for line in drawn.lines if not line.behind]
    for colour, (group, mean, band) in enumerate(
        zip(found.groups, means, drawn.bands, strict=True)
    ):
        series = [by_name[name] for name in group.runs]
        union = np.unique(np.concatenate([one.steps for one in series])).astype(np.float64)
        rows = np.array(
            [np.interp(union, one.steps, one.values, left=NAN, right=NAN) for one in series]
        )
        expected = np.nanmean(rows, axis=0)
        several = np.isfinite(rows).sum(axis=0) > 1
        deviation = np.full(len(union), NAN)
        deviation[several] = np.nanstd(rows[:, several], axis=0, ddof=1)
        assert mean.colour == band.colour == colour
        np.testing.assert_array_equal(mean.raw.x, union)
        np.testing.assert_allclose(mean.raw.low, expected, rtol=1e-9)
        np.testing.assert_allclose(band.area.low, expected - deviation, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(band.area.high, expected + deviation, rtol=1e-9, atol=1e-12)


def test_what_a_band_is_stands_beside_it_in_words():
    made = built(grouped(*seeds([4, 2, 1], [2, 2], [3, 2])))
    assert said(made)[0] == (
        "Lines of groups are means, bands ± one sample standard deviation (n − 1) of the n runs"
        " that have a value there, both smoothed; single runs are thin behind."
    )
    assert words(made.tables[0]) == [
        ["Group", "n", "Last", "Min", "All n have values"],
        ["a_s*", "1–3", "1.67 ± 0.58", "1.67 ± 0.58", "up to step 1"],
    ]
    assert made.tables[0].rows[0][0].run == "a_s1"
    assert "1 group as mean and band" in made.figures[0].chart.alt


def test_how_runs_come_together_is_said_once():
    chapter = scalars.build(grouped(*seeds([4], [2])), (), Options())
    assert "union of their steps by linear interpolation" in said(chapter)[0]
    assert not said(scalars.build(logs(*seeds([4], [2])), (), Options()))


def test_single_runs_are_behind_when_few_and_then_named_so():
    few, many = (chart(grouped(*seeds(*[[2, 1]] * count))) for count in (10, 11))
    assert [line.behind for line in few.lines] == [True] * 10 + [False]
    assert [line.behind for line in many.lines] == [False]
    assert "behind" not in said(built(grouped(*seeds(*[[2, 1]] * 11))))[0]


def test_runs_in_no_group_are_drawn_as_ever():
    found = grouped(*seeds([4, 2], [2, 2]), run("b", {"val/loss": [3, 1]}))
    alone = [line for line in chart(found).lines if not line.behind]
    assert [line.colour for line in alone] == [1, 0]
    assert alone[0].smooth is not None


def test_smoothing_smooths_mean_and_band_alike():
    values = np.random.default_rng(0).normal(size=(4, 50))
    found = grouped(*seeds(*values))
    rough, smooth = (chart(found, smoothing=weight) for weight in (0.0, 0.9))
    for drawn in (rough, smooth):
        area, mean = drawn.bands[0].area, drawn.lines[-1].raw
        np.testing.assert_allclose((area.low + area.high) / 2, mean.low, atol=1e-12)
    assert np.ptp(smooth.bands[0].area.high) < np.ptp(rough.bands[0].area.high)


def test_values_that_are_no_numbers_make_n_smaller_and_no_band_ill():
    made = built(grouped(*seeds([4, 2, 1], [2, NAN, NAN], [3, 2, 2])), smoothing=0)
    area = made.figures[0].chart.bands[0].area
    assert np.isfinite(area.low).all()
    assert words(made.tables[0])[1] == [
        "a_s*",
        "2–3",
        "1.50 ± 0.71 (n = 2)",
        "1.67 ± 0.58",
        "up to step 0",
    ]
    whole = built(grouped(*seeds([4, 2], [2, 2])))
    assert words(whole.tables[0])[0] == ["Group", "n", "Last", "Min"]


def test_long_runs_leave_bands_that_are_bounded_by_pixels():
    random = np.random.default_rng(0)
    drawn = chart(grouped(*seeds(*random.normal(size=(3, 20_000)))))
    assert len(drawn.bands[0].area) <= 500
    assert (drawn.bands[0].area.high > drawn.bands[0].area.low).all()


def test_over_the_time_of_day_nothing_is_averaged():
    found = grouped(*seeds([4, 2], [2, 2]))
    drawn = chart(found, x_axis="wall")
    assert not drawn.bands and [line.behind for line in drawn.lines] == [False, False]
    assert said(scalars.build(found, (), Options(x_axis="wall"))) == [
        "Over the time of day runs have nothing in common: no means of groups are drawn."
    ]
    assert len(chart(found, x_axis="relative").bands) == 1


def test_points_without_steps_are_averaged_only_with_their_like():
    piled = [0, 0, 0]
    assert not chart(grouped(*seeds([4, 2, 1], [2, 2, 2], steps=[None, piled]))).bands
    assert chart(grouped(*seeds([4, 2, 1], [2, 2, 2], steps=[piled, piled]))).bands


def test_the_overview_has_a_row_of_means_for_each_group():
    found = grouped(
        run("a_s1", {"val/loss": [4, 1, 2]}),
        run("a_s2", {"val/loss": [4, 3, 2]}),
        run("b_s1", {"val/loss": [4, 1.5]}),
        run("b_s2", {"val/loss": [4, 1.7]}),
        run("b_s3", {"lr": [1.0]}),
        run("c", {"val/loss": [0.5]}),
    )
    (made,) = overview.build(found, (), Options()).panels
    assert words(made.tables[0]) == [
        ["Group", "Runs", "val/loss best", "last"],
        ["a_s*", "2", "*1.50 ± 0.71", "2 ± 0"],
        ["b_s*", "3", "1.60 ± 0.14 (n = 2)", "1.60 ± 0.14 (n = 2)"],
    ]
    assert made.tables[0].caption == "Groups: mean ± sample standard deviation over their runs"
    assert said(made) == [
        "Runs are grouped as they differ by their seed only; a group has one colour. 1 run is in no"
        " group."
    ]
    assert overview.facts(found)[:2] == ("6 runs", "2 groups")


def test_a_pattern_that_puts_no_two_runs_together_is_told():
    found = grouped(run("a", {"loss": [1]}), run("b", {"loss": [1]}), wanted="(.)")
    (made,) = overview.build(found, (), Options(group="(.)")).panels
    assert said(made) == ["warning: No two runs are of one group by --group (.)."]


def test_hyper_parameters_have_a_row_for_each_group():
    found = grouped(
        *(
            run(
                f"lr={rate:g}/seed={seed}",
                {"val/loss": [2, loss]},
                hparams=HParams({"seed": float(seed), "lr": rate, "model": "small"}),
            )
            for rate, seed, loss in ((0.1, 1, 0.3), (0.1, 2, 0.5), (0.2, 1, 1), (0.2, 2, 1))
        )
    )
    made = hparams.build(found, (), Options()).panels[0]
    assert words(made.tables[0]) == [
        ["Group", "Trials", "lr", "val/loss best", "val/loss last"],
        ["lr=0.1/seed=*", "2", "0.1", "0.40 ± 0.14", "0.40 ± 0.14"],
        ["lr=0.2/seed=*", "2", "0.2", "1 ± 0", "1 ± 0"],
    ]


def test_training_and_validation_of_one_trial_are_one_row_of_settings():
    runs = [
        run(f"lr=0.1,seed={seed}/{side}", {"epoch_loss": [2, seed]})
        for seed in (1, 2)
        for side in ("train", "validation")
    ]
    made = hparams.build(grouped(*runs), (), Options()).panels[0]
    assert words(made.tables[0])[1:] == [["lr=0.1,seed=*", "2", "1.50 ± 0.71", "1.50 ± 0.71"]]


def test_a_report_groups_by_itself_or_as_told():
    found = logs(*seeds([4, 2], [2, 2]), run("b", {"val/loss": [3, 1]}))
    only = ["overview", "scalars"]
    pages = {
        wanted: build_report(found, options=Options(section=tuple(only), group=wanted, jobs=1)).html
        for wanted in ("", "none", "^(a)")
    }
    assert "a_s*" in pages[""] and "a_s*" not in pages["none"] + pages["^(a)"]
    assert "Lines of groups" in pages["^(a)"] and "Lines of groups" not in pages["none"]
    colours = {wanted: set(re.findall(r'class="run (r\d)', page)) for wanted, page in pages.items()}
    assert colours == {"": {"r0", "r1"}, "^(a)": {"r0", "r1"}, "none": {"r0", "r1", "r2"}}
    with pytest.raises(InputError, match="group: 'x' has no match"):
        build_report(found, options=Options(group="x"))


def test_logs_without_groups_make_the_page_they_made_before():
    found = logs(run("a", {"val/loss": [4, 2]}), run("b", {"val/loss": [3, 1]}))
    pages = {
        build_report(found, options=Options(group=wanted, jobs=1)).html for wanted in ("", "none")
    }
    assert len(pages) == 1
    assert "roup" not in "".join(said(overview.build(found, (), Options())))
