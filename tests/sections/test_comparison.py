"""The comparison with a baseline: what is paired, what differs, what counts, and what is said."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from tbreport.baseline import read_baseline
from tbreport.model import Baseline, Check, Finding, Group, HParams, Judgement, Logs, Severity
from tbreport.options import Options
from tbreport.roles import Better
from tbreport.sections import baseline as section
from tbreport.sections.comparison import compare, deltas
from tbreport.sections.differences import State, chance, change
from tbreport.sections.summaries import summaries
from tests.make import logs, run
from tests.sections.plain import words


def against(before, now, findings=(), groups=(), **options):
    """The comparison of runs with runs; ``groups`` are those of both sides."""
    old = Baseline(summaries(logs(*before)), groups=groups)
    given_logs = Logs(logs(*now).runs, groups=groups, baseline=old)
    return compare(given_logs, findings, Options(**options))


def paired(found):
    return [(pair.current.name, pair.before.name) for pair in found.matching.pairs]


def runs(*names, **scalars):
    return [run(name, scalars or {"loss": [1.0]}) for name in names]


def test_runs_are_paired_by_name_and_the_others_are_named():
    found = against(runs("a", "b", "old"), runs("a", "b", "new"))
    assert paired(found) == [("a", "a"), ("b", "b")]
    assert [unit.name for unit in found.matching.new] == ["new"]
    assert [unit.name for unit in found.matching.gone] == ["old"]


def test_a_single_run_on_either_side_is_compared_with_every_run():
    assert paired(against(runs("x"), runs("a", "b"))) == [("a", "x"), ("b", "x")]
    assert paired(against(runs("a", "b"), runs("x"))) == [("x", "a"), ("x", "b")]


def test_training_is_not_compared_with_validation():
    found = against(runs("x/train", "x/validation"), runs("a/train", "a/validation", "b/train"))
    assert paired(found) == [
        ("a/train", "x/train"),
        ("a/validation", "x/validation"),
        ("b/train", "x/train"),
    ]


def test_otherwise_the_best_of_each_side_are_compared():
    before = [run("p", {"loss": [3.0]}), run("q", {"loss": [2.0]})]
    current = [run("a", {"loss": [1.0]}), run("b", {"loss": [4.0]})]
    assert paired(against(before, current)) == [("a", "q")]
    assert paired(against(before, current, metric=("loss:max",))) == [("b", "p")]


def test_the_best_brings_its_other_side_along():
    before = [run("p/train", {"loss": [0.1]}), run("p/val", {"loss": [2.0]}), *runs("q/val")]
    current = [run("a/train", {"loss": [9.0]}), run("a/val", {"loss": [0.5]}), *runs("b/val")]
    assert paired(against(before, current)) == [("a/val", "q/val")]
    before[2] = run("q/val", {"loss": [3.0]})
    assert paired(against(before, current)) == [("a/train", "p/train"), ("a/val", "p/val")]


def test_without_a_best_nothing_is_compared_and_that_is_said():
    found = against(runs("p", "q", odd=[1.0]), runs("a", "b", odd=[1.0]))
    assert paired(found) == [] and found.state is None
    assert found.verdict == "nothing to compare with the baseline: no run has a counterpart"
    found = against(runs("a", x=[1.0]), runs("a", y=[1.0]))
    assert found.verdict == "nothing to compare with the baseline: no metric is in both"


def test_groups_of_seeds_are_compared_as_one_and_meet_single_runs_of_theirs():
    seeds = [run(f"lr/seed={i}", {"loss": [1.0 + i / 10]}) for i in range(3)]
    group = (Group("lr/seed=*", tuple(one.name for one in seeds)),)
    found = against(seeds, seeds, groups=group)
    assert paired(found) == [("lr/seed=*", "lr/seed=*")]
    old = Baseline(summaries(logs(seeds[1])))
    found = compare(Logs(tuple(seeds), groups=group, baseline=old), (), Options())
    assert paired(found) == [("lr/seed=*", "lr/seed=1")]


def one(before, now, tag="loss", **options):
    (found,) = against([run("a", {tag: before})], [run("a", {tag: now})], **options).differences
    return found


def test_a_difference_has_best_and_last_both_ways():
    found = one([3.0, 1.0, 2.0], [3.0, 1.5, 3.0])
    assert (found.better, found.best.before, found.best.current) == (Better.LOWER, 1.0, 1.5)
    assert (found.best.difference, found.best.relative) == (0.5, 0.5)
    assert (found.last.difference, found.last.relative) == (1.0, 0.5)
    assert found.state is State.WORSE and found.which == "best"


@pytest.mark.parametrize(
    ("tag", "options", "state"),
    [
        ("loss", {}, State.WORSE),
        ("accuracy", {}, State.BETTER),
        ("speed", {}, State.DIFFERS),
        ("speed", {"metric": ("speed:min",)}, State.WORSE),
        ("loss", {"metric": ("loss:max",)}, State.BETTER),
    ],
)
def test_the_direction_is_that_of_the_name_unless_it_is_said(tag, options, state):
    assert one([1.0], [2.0], tag, **options).state is state


def test_a_training_that_ends_badly_is_worse_though_its_best_is_the_same():
    found = one([3.0, 1.0, 1.0], [3.0, 1.0, 9.0])
    assert found.best.state is State.EQUAL and found.last.state is State.WORSE
    assert found.state is State.WORSE and found.which == "last"


@pytest.mark.parametrize(
    ("before", "now", "state"),
    [
        (1.0, math.nan, State.WORSE),
        (math.inf, 1.0, State.BETTER),
        (math.nan, math.nan, State.EQUAL),
        (math.inf, math.inf, State.EQUAL),
        (math.inf, -math.inf, State.DIFFERS),
        (0.0, 1.0, State.WORSE),
        (1e308, -1e308, State.BETTER),
    ],
)
def test_what_is_no_number_or_huge_has_a_state_too(before, now, state):
    found = change([before], [now], Better.LOWER)
    assert found.state is state
    assert found.relative is None or math.isfinite(found.relative)
    assert (found.difference == 0) is (state is State.EQUAL)


def test_the_spread_over_seeds_is_welchs_interval():
    rng = np.random.default_rng(1)
    before, now = rng.normal(size=5), rng.normal(2, 3, size=3)
    test = scipy_stats.ttest_ind(now, before, equal_var=False)
    interval = test.confidence_interval(0.95)
    assert chance(before, now) == pytest.approx((interval.high - interval.low) / 2)


def test_the_spread_of_one_run_against_several_is_that_of_prediction():
    before = np.array([1.0, 2.0, 4.0])
    expected = scipy_stats.t.ppf(0.975, 2) * before.std(ddof=1) * math.sqrt(1 + 1 / 3)
    assert chance(before, [9.0]) == pytest.approx(expected)
    assert chance([9.0], before) == pytest.approx(expected)
    assert chance([1.0], [2.0]) is None and chance([1.0, math.nan], [2.0]) is None


@given(
    st.lists(st.floats(), min_size=1, max_size=4),
    st.lists(st.floats(), min_size=1, max_size=4),
    st.sampled_from(Better),
)
def test_any_values_have_a_state_and_the_same_values_are_equal(before, now, better):
    assert change(before, now, better).state in State
    found = change(before, before, better)
    assert found.state is State.EQUAL and found.difference == 0


def seeded(values, name="x"):
    made = [run(f"{name}_s{i}", {"loss": [value]}) for i, value in enumerate(values)]
    return made, (Group(f"{name}_s*", tuple(one.name for one in made)),)


def test_a_difference_within_the_spread_is_none():
    before, groups = seeded([1.0, 1.2, 0.9])
    now, _ = seeded([1.1, 1.3, 0.8])
    found = against(before, now, groups=groups)
    assert found.state is State.WITHIN
    assert found.verdict == (
        "within the baseline's spread over seeds: loss best 1.067, was 1.033 (+3.23 %)"
    )
    now, _ = seeded([5.0, 5.1, 5.2])
    assert against(before, now, groups=groups).state is State.WORSE


def test_settings_that_changed_are_told_once_with_their_runs():
    before = [
        run(name, {"loss": [1.0]}, hparams=HParams({"lr": 0.1, "amp": True, "gone": "x"}))
        for name in "ab"
    ]
    now = [
        run(name, {"loss": [1.0]}, hparams=HParams({"lr": 0.2, "amp": True, "new": float("nan")}))
        for name in "ab"
    ]
    found = [
        (one.name, one.before, one.current, one.units) for one in against(before, now).settings
    ]
    both = ("a", "b")
    assert found == [
        ("lr", "0.1", "0.2", both),
        ("new", None, "nan", both),
        ("gone", "x", None, both),
    ]


def test_the_seeds_of_a_group_are_no_change():
    def side(seeds):
        return [
            run(f"x_s{i}", {"loss": [1.0]}, hparams=HParams({"seed": float(seed), "lr": 0.1}))
            for i, seed in enumerate(seeds)
        ]

    groups = (Group("x", ("x_s0", "x_s1")),)
    assert against(side([1, 2]), side([3, 4]), groups=groups).settings == ()


def finding(rule, *names, consequences=(), tag=""):
    return Finding(
        rule, Severity.WARNING, names, f"{rule}.", "Look.", tag=tag, consequences=consequences
    )


def judged(*findings, checked=()):
    checks = [Check(one, one.title(), "", "fine") for one in checked]
    return Judgement(tuple(findings), tuple(checks))


def moved(before, now, checked_before=("spike", "dead"), checked_now=("spike", "dead")):
    given_logs = logs(*runs("a", "b", "new"))
    old = Baseline(
        summaries(logs(*runs("a", "b", "old"))),
        findings=tuple(before),
        checked=frozenset(checked_before),
    )
    given_logs = Logs(given_logs.runs, baseline=old)
    found = compare(given_logs, judged(*now, checked=checked_now), Options())
    return [
        [(each.finding.rule, each.units, each.certain) for each in side]
        for side in (found.new, found.gone)
    ]


def test_findings_come_and_go_run_by_run():
    assert moved([finding("spike", "a")], [finding("spike", "a", "b")]) == [
        [("spike", ("b",), True)],
        [],
    ]
    assert moved([finding("dead", "a")], []) == [[], [("dead", ("a",), True)]]


def test_a_finding_at_another_tag_is_the_same():
    assert moved([finding("spike", "a", tag="x")], [finding("spike", "a", tag="y")]) == [[], []]


def test_findings_of_runs_without_a_counterpart_are_not_new():
    assert moved([finding("dead", "old")], [finding("spike", "new")]) == [[], []]


def test_a_consequence_of_another_finding_is_not_gone():
    cause = finding("spike", "a", consequences=("Dead",))
    assert moved([finding("dead", "a")], [cause]) == [[("spike", ("a",), True)], []]


def test_what_could_not_be_checked_on_the_other_side_is_in_doubt():
    assert moved([], [finding("spike", "a")], checked_before=()) == [
        [("spike", ("a",), False)],
        [],
    ]
    assert moved([finding("dead", "a")], [], checked_now=())[1] == [("dead", ("a",), False)]


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"a": 1.0}, {"a": 1.5}, "worse than the baseline: loss best 1.5, was 1 (+50 %)"),
        ({"a": 2.0}, {"a": 1.5}, "better than the baseline: loss best 1.5, was 2 (-25 %)"),
        ({"a": 0.0}, {"a": 1.5}, "worse than the baseline: loss best 1.5, was 0 (+1.5)"),
        ({"a": 1.0}, {"a": math.nan}, "worse than the baseline: loss last NaN, was 1 (NaN)"),
        ({"a": 1.0}, {"a": 1.0}, "equal to the baseline: no difference in 1 metric of 1 run"),
        (
            {"a": 1.0, "b": 1.0, "c": 1.0},
            {"a": 2.0, "b": 4.0, "c": 0.5},
            "2 of 3 runs worse than the baseline, 1 better: loss of b best 4, was 1 (+300 %)",
        ),
        (
            {"a": 1.0, "b": 1.0},
            {"a": 0.5, "b": 1.0},
            "1 of 2 runs better than the baseline: loss of a best 0.5, was 1 (-50 %)",
        ),
    ],
)
def test_the_verdict_has_the_figures(before, now, said):
    sides = [[run(name, {"loss": [v]}) for name, v in side.items()] for side in (before, now)]
    assert against(*sides).verdict == said


def test_another_main_metric_that_is_worse_is_named_too():
    before, now = ({"loss": [1.0], "accuracy": [0.9]}, {"loss": [0.5], "accuracy": [0.8]})
    assert against([run("a", before)], [run("a", now)]).verdict == (
        "better than the baseline: loss best 0.5, was 1 (-50 %); worse in accuracy"
    )


def test_equal_in_the_main_metric_only_is_not_equal_in_all():
    found = against(runs("a", loss=[1.0], speed=[1.0]), runs("a", loss=[1.0], speed=[2.0]))
    assert found.verdict == "equal to the baseline: loss best 1"
    assert found.state is State.EQUAL


def test_gates_get_the_last_values_run_by_run():
    before, groups = seeded([1.0, 3.0])
    now, _ = seeded([5.0, 7.0])
    found = against(before, now, groups=groups)
    assert deltas(found) == {("x_s0", "loss"): (2.0, 5.0), ("x_s1", "loss"): (2.0, 7.0)}


def chapter(before, now, **options):
    given_logs = Logs(logs(*now).runs, baseline=Baseline(summaries(logs(*before))))
    return section.build(given_logs, (), Options(**options))


def test_the_section_says_it_in_tables_the_worst_first():
    before = [run(name, {"loss": [1.0], "speed": [2.0]}) for name in "ab"]
    now = [run("a", {"loss": [1.0], "speed": [2.0]}), run("b", {"loss": [1.5], "speed": [2.0]})]
    built = chapter(before, now)
    assert built.count == 1
    assert built.lead == "1 of 2 runs worse than the baseline: loss of b best 1.5, was 1 (+50 %)."
    main, equal, findings, how = built.panels
    assert words(main.tables[0]) == [
        ["Metric", "Better", "Run", "Verdict", "Best", "Difference", "Last", "Difference"],
        [
            "loss",
            "↓",
            "b",
            "!worse",
            "1.5 (was 1)",
            "!+0.5 (+50 %)",
            "1.5 (was 1)",
            "!+0.5 (+50 %)",
        ],
        ["loss", "↓", "a", "equal", "1", "0", "1", "0"],
    ]
    assert main.notes[0].level == "warning"
    assert equal.notes[0].text == "2 other metrics are equal in best and last."
    assert findings.notes[0].text == "No finding is new and none is gone."
    assert how.notes[0].text == "Runs are compared with those of the same name."


def test_the_section_names_the_run_of_the_baseline_where_names_differ():
    built = chapter(runs("p"), runs("a", "b"))
    assert built.panels[0].small == "2 comparisons with p"
    built = chapter(runs("p", "q"), runs("a"))
    assert words(built.panels[0].tables[0])[0][2:4] == ["Run", "Baseline run"]


def test_long_tables_are_cut_and_that_is_said():
    tags = {f"t{i}/loss": [1.0] for i in range(section.MOST_ROWS + 7)}
    other = {tag: [2.0] for tag in tags}
    panels = chapter([run("a", tags)], [run("a", other)]).panels
    (cut,) = [note for panel in panels for note in panel.notes if note.left_out]
    assert cut.left_out == 7 - 1  # one of them is the main metric
    assert cut.text == "6 more rows are not listed; choose with --tags."


def test_spreads_stand_in_the_table_with_their_definition():
    before, groups = seeded([1.0, 1.2, 0.9])
    now, _ = seeded([1.1, 1.3, 0.8])
    old = Baseline(summaries(logs(*before)), groups=groups)
    built = section.build(Logs(logs(*now).runs, groups=groups, baseline=old), (), Options())
    row = words(built.panels[0].tables[0])[1]
    assert row[2] == "x_s* (3 runs)" and row[3] == "within the spread"
    assert row[5] == "+0.0333 ± 0.51 (+3.23 %)"
    assert any("Welch" in note.text for note in built.panels[-1].notes)


def test_there_is_no_section_without_a_baseline():
    assert section.build(logs(*runs("a")), (), Options()) is None


def test_hostile_names_are_compared_as_others_are():
    names = ["‮evil", "<b>", "a/../b", "\udc80", "x" * 5000]
    made = [run(name, {f"{name}/loss": [1.0]}) for name in names]
    given_logs = logs(*made)
    found = against(made, made)
    assert found.verdict.startswith("equal to the baseline: no difference in 5 metrics of 5 runs")
    assert read_baseline("<b>", given_logs).within == ("<b>",)
    tags = [
        row[0].text for panel in chapter(made, made).panels for t in panel.tables for row in t.rows
    ]
    assert set(tags) <= set(itertools.chain(*(one.scalars for one in made)))
