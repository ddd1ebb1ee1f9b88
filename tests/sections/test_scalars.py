"""Scalars: what a chart and its table say of series that are long, odd or ill."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tbreport.model import Finding, Logs, Severity
from tbreport.options import Options
from tbreport.sections import numbers, scalars
from tests.make import START, logs, run, scalar_series
from tests.sections.plain import panel, plain, said, words


def build(found, findings=(), **options):
    return scalars.build(found, findings, Options(**options))


def one(series, *more, findings=(), **options):
    """The panel of one tag of the runs a, b, ..., each with one series."""
    runs = [run(name, {}, each) for name, each in zip("abcdef", (series, *more), strict=False)]
    return panel(build(logs(*runs), findings, **options), series.tag)


def chart(made):
    return made.figures[0].chart


def test_without_a_value_there_is_no_chapter():
    assert build(Logs(())) is None
    assert build(logs(run("a"))) is None
    assert build(logs(run("a", {"loss": []}))) is None


def test_a_panel_is_a_chart_with_its_numbers():
    pair = scalar_series("loss/val", [3, 1, 2]), scalar_series("loss/val", [4, 3])
    made = one(*pair, data=False)
    assert words(made.tables[0]) == [
        ["Run", "First", "Last", "Min", "Max", "Points"],
        ["a", "3 (@0)", "2 (@2)", "*1 (@1)", "3 (@0)", "3"],
        ["b", "4 (@0)", "3 (@1)", "3 (@1)", "4 (@0)", "2"],
    ]
    assert made.tables[0].folded
    assert {name: part for name, part in plain(made).items() if name != "tables"} == {
        "title": "val",
        "group": "loss",
        "small": "smoothed 0.6",
        "tag": "loss/val",
        "runs": ["a", "b"],
        "figures": [
            {"chart": "loss/val over steps, 2 runs; last values: a 2, b 3; best: 1 by a at step 1."}
        ],
    }


def test_tags_stand_in_groups_and_titles_drop_what_writers_add():
    tags = ["loss/b/scalar_summary", "loss/a10", "loss/a9", "lr", "epoch_loss"]
    chapter = build(logs(run("a", {tag: [1.0] for tag in tags})))
    assert [(one.group, one.title) for one in chapter.panels] == [
        ("", "epoch_loss"),
        ("", "lr"),
        ("loss", "a9"),
        ("loss", "a10"),
        ("loss", "b"),
    ]
    assert chapter.count == 5


def test_one_point_is_not_smoothed_and_a_weight_of_0_neither():
    assert one(scalar_series("loss", [1.0])).small == ""
    assert one(scalar_series("loss", [1.0, 2.0]), smoothing=0).small == ""
    assert chart(one(scalar_series("loss", [1.0, 2.0]), smoothing=0)).lines[0].smooth is None


def test_every_point_counts_however_many_there_are():
    values = np.zeros(100_000)
    values[[7, 99_990]] = 5.0, -3.0
    made = one(scalar_series("x", values))
    curve = chart(made).lines[0].raw
    assert len(curve) <= 1000
    assert (curve.high.max(), curve.low.min()) == (5.0, -3.0)
    row = ["0 (@0)", "0 (@99,999)", "-3 (@99,990)", "5 (@7)", "100,000"]
    assert words(made.tables[0])[1] == ["a", *row]


def test_outliers_are_left_outside_and_said():
    calm = np.linspace(1.0, 0.5, 200)
    calm[50] = 1e6
    made = one(scalar_series("loss", calm), smoothing=0)
    assert made.small == "1 point outside"
    low, high = chart(made).y_range
    assert 0 <= low <= 0.5 and 1 <= high < 2


def test_few_values_are_all_shown():
    made = one(scalar_series("loss", [0.1, 1, 10, -5]))
    low, high = chart(made).y_range
    assert low <= -5 and high >= 10
    assert made.small == "smoothed 0.6"


def test_noise_far_wider_than_its_trend_does_not_flatten_it():
    noise = np.where(np.arange(1000) % 50 == 0, 100.0, 1.0)
    noise += np.linspace(0, 1, 1000)
    made = one(scalar_series("loss", noise), smoothing=0.9)
    assert chart(made).y_range[1] < 40
    assert made.small == "smoothed 0.9 · 20 points outside"


def test_a_plain_descent_is_shown_whole():
    made = one(scalar_series("loss", np.geomspace(2.3, 0.1, 100)))
    low, high = chart(made).y_range
    assert low <= 0.1 and high >= 2.3
    assert made.small == "smoothed 0.6"


def test_values_over_decades_get_a_logarithmic_axis_by_themselves():
    made = one(scalar_series("lr", [1.0, 0.1, 1e-4]))
    assert chart(made).log_y and made.small == "smoothed 0.6 · log y"
    tiny = one(scalar_series("lr", [5e-324, 1e-300, 1.0]))
    assert chart(tiny).log_y and chart(tiny).draw().png
    assert not chart(one(scalar_series("lr", [1.0, 0.1, 0.0]))).log_y
    assert not chart(one(scalar_series("lr", [1.0, 0.1, -1e-4]))).log_y


def test_a_logarithmic_axis_can_be_asked_for_and_says_what_it_hides():
    made = one(scalar_series("train/loss", [1.0, 0.0, -1.0, 2.0]), log_y="lo.s$")
    assert chart(made).log_y
    assert said(made) == ["2 points of 0 or less have no place on a logarithmic axis."]
    assert made.notes[0].left_out == 2
    assert not chart(one(scalar_series("acc", [1.0, 2.0]), log_y="loss")).log_y


def test_values_that_are_no_numbers_are_counted_and_marked():
    ill = scalar_series("loss", [1, math.nan, math.inf, 2], steps=[0, 10, 20, 30])
    made = one(scalar_series("loss", [1.0]), ill)
    assert said(made) == [
        "warning: 2 of 5 values are not finite (1 NaN, 1 Inf) in b, first at step 10."
    ]
    assert words(made.tables[0])[2] == ["b", "1 (@0)", "2 (@30)", "1 (@0)", "2 (@30)", "4", "!2"]
    assert chart(made).lines[1].nonfinite == ((10.0, "nan"), (20.0, "+inf"))
    both = one(ill, ill)
    assert said(both)[0].endswith("in a and b, in a first at step 10.")


def test_a_series_of_nan_only_is_still_a_panel():
    made = one(scalar_series("loss", [math.nan] * 3))
    assert words(made.tables[0])[1] == ["a", "NaN (@0)", "NaN (@2)", "", "", "3", "!3"]
    assert chart(made).alt == "loss over steps, 1 run; last values: a NaN."


def test_equal_steps_are_drawn_in_order_of_arrival():
    made = one(scalar_series("loss", [3, 2, 1], steps=[0, 0, 0]), scalar_series("loss", [1, 2]))
    assert said(made) == ["warning: All points of a have step 0: drawn in order of arrival."]
    assert chart(made).lines[0].raw.x.tolist() == [0, 1, 2]
    piled = one(*[scalar_series("loss", [3, 2], steps=[k, k]) for k in (0, 7)])
    assert "have one and the same step" in said(piled)[0]
    timed = one(scalar_series("loss", [3, 2], steps=[0, 0]), x_axis="relative")
    assert said(timed) == []


def test_superseded_points_are_said():
    made = one(scalar_series("loss", [1, 2], superseded=3), scalar_series("loss", [1]))
    assert said(made) == ["3 points of a were superseded by a restart."]


@pytest.mark.parametrize(
    ("x_axis", "drawn", "words"),
    [
        ("step", [10, 20], "over steps"),
        ("relative", [0, 5], "over time since its start"),
        ("wall", [START, START + 5], "over time of day, UTC"),
    ],
)
def test_curves_are_drawn_over_steps_or_time(x_axis, drawn, words):
    series = scalar_series("loss", [1, 2], steps=[10, 20], wall_times=[START, START + 5])
    made = chart(one(series, x_axis=x_axis))
    assert made.lines[0].raw.x.tolist() == drawn
    assert made.x_axis == x_axis and words in made.alt


def test_points_without_a_time_are_said_to_be_missing():
    series = scalar_series("loss", [1, 2, 3], wall_times=[0.0, math.nan, START])
    made = one(series, x_axis="relative")
    assert said(made) == ["warning: 2 points have no time and are not drawn."]
    assert chart(made).lines[0].raw.x.tolist() == [0.0]
    nothing = one(scalar_series("loss", [1.0], wall_times=[0.0]), x_axis="wall")
    assert chart(nothing).x_range is None


def test_a_finding_of_several_tags_is_said_at_each_of_them():
    cases = [
        Finding("spike", Severity.WARNING, ("a",), f"{tag} jumps.", "Do.", tag=tag, step=step)
        for tag, step in (("loss_1", 5), ("loss_2", 7))
    ]
    merged = replace(cases[0], runs=("a", "b"), message="Both jump.", cases=tuple(cases))
    made = one(scalar_series("loss_2", [1, 2]), findings=[merged])
    assert said(made) == ["warning: loss_2 jumps."]
    assert chart(made).marks == (7.0,)


def test_findings_are_said_and_marked_at_their_tag():
    findings = [
        Finding("spike", Severity.WARNING, ("a",), "It jumps.", "Do.", tag="loss", step=5),
        Finding("odd", Severity.NOTE, ("a",), "Odd.", "Do.", tag="loss"),
        Finding("nan", Severity.ERROR, ("a",), "Elsewhere.", "Do.", tag="acc", step=1),
    ]
    made = one(scalar_series("loss", [1, 2]), findings=findings)
    assert said(made) == ["warning: It jumps.", "note: Odd."]
    assert chart(made).marks == (5.0,)
    assert chart(one(scalar_series("loss", [1, 2]), findings=findings, x_axis="wall")).marks == ()


def test_a_description_is_shown():
    assert (
        one(scalar_series("loss", [1], description="Mean *loss*.")).prose[0].text == "Mean *loss*."
    )


def test_colours_are_places_among_all_runs():
    found = logs(run("a", {"x": [1.0]}), run("b", {"y": [1.0]}), run("c", {"y": [2.0]}))
    made = panel(build(found), "y")
    assert [line.colour for line in made.figures[0].chart.lines] == [1, 2]
    assert made.runs == ("b", "c")


def test_the_best_is_only_marked_where_it_means_something():
    single = one(scalar_series("loss", [1, 2]))
    speed = one(scalar_series("speed", [1, 2]), scalar_series("speed", [3, 4]))
    texts = [cell for made in (single, speed) for row in words(made.tables[0]) for cell in row]
    assert not [text for text in texts if text.startswith("*")]
    high = one(scalar_series("acc", [1, 2]), scalar_series("acc", [3, 4]))
    assert words(high.tables[0])[2] == ["b", "3 (@0)", "4 (@1)", "3 (@0)", "*4 (@1)", "2"]


def test_what_is_too_much_for_one_chart_is_counted(monkeypatch):
    monkeypatch.setattr(scalars, "MOST_LINES", 3)
    monkeypatch.setattr(scalars, "MOST_TABLE_ROWS", 4)
    found = logs(*[run(f"r{i}", {"loss": [float(i)]}) for i in range(12)])
    made = panel(build(found), "loss")
    assert [line.colour for line in chart(made).lines] == [0, 6, 11]
    assert len(made.tables[0].rows) == 10
    assert said(made) == [
        "3 of 12 runs are drawn, evenly spaced in their order.",
        "The table lists the first 10 of 12 runs.",
    ]
    assert len(chart(made).alt) < 200


def test_tags_beyond_the_limit_keep_their_numbers(monkeypatch):
    monkeypatch.setattr(scalars, "MOST_CHARTS", 3)
    monkeypatch.setattr(numbers, "MOST_TAGS", 2)
    tags = {f"grad/layer{i}": [float(i), math.nan] for i in range(5)}
    chapter = build(logs(run("a", {"loss": [1.0], **tags})))
    assert [one.tag for one in chapter.panels] == ["loss", "grad/layer0", "grad/layer4", ""]
    assert said(chapter) == [
        "3 of 6 tags have a chart; evenly spaced ones of grad/layer# (2 of 5)."
        " The numbers of the others stand in the last table; choose with --tags."
    ]
    assert chapter.notes[0].left_out == 3
    assert words(chapter.panels[-1].tables[0]) == [
        ["Tag", "Runs", "Min", "Max", "Points", "Not finite"],
        ["grad/layer1", "1", "1 (@0)", "1 (@0)", "2", "!1"],
        ["grad/layer2", "1", "2 (@0)", "2 (@0)", "2", "!1"],
    ]
    assert said(chapter.panels[-1]) == ["1 more tag is not listed."]


@pytest.mark.parametrize("name", ["<script>", "a\u202eb\n", "x" * 3000, "损失/训练", " ", ""])
def test_hostile_names_change_nothing_but_names(name):
    chapter = build(logs(run(name, {}, scalar_series(name, [1, math.nan], superseded=1))))
    made = chapter.panels[0]
    assert made.tag == name and made.runs == (name,)
    texts = [chart(made).alt, *said(made)]
    assert all(text.isprintable() and len(text) < 400 for text in texts)


def test_extreme_numbers_are_drawn_and_told():
    steps = [-(2**62), 0, 2**62]
    made = one(scalar_series("x", [-1.7e308, 0.0, 1.7e308], steps=steps))
    assert chart(made).draw().png
    assert words(made.tables[0])[1][1] == f"-1.7e+308 (@-{2**62:,})"
