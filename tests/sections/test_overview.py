"""The overview: who ran, how long, how well, for one, many and odd runs."""

import math

import pytest

from tbreport.model import Finding, Logs, Severity
from tbreport.options import Options
from tbreport.sections import overview
from tests.make import START, event_file, histogram_series, logs, run, scalar_series
from tests.sections.plain import said, words


def build(found, findings=()):
    return overview.build(found, findings, Options())


def table(chapter):
    return words(chapter.panels[0].tables[0])


def column(chapter, title):
    head, *rows = table(chapter)
    return [row[head.index(title)] for row in rows]


def test_a_row_says_how_a_run_did_and_what_it_took():
    chapter = build(
        logs(
            run("a", {"loss/val": [3.0, 1.0, 2.0], "loss/train": [2.0, 1.0]}),
            run("b", {"loss/val": [3.0, 2.5]}),
        )
    )
    assert chapter.count == 2
    extent = ["Last step", "Time", "Values", "Size", "Start (UTC)"]
    of_a, of_b = [["1 m", values, "1 kB", "2026-03-15 09:12"] for values in "52"]
    assert table(chapter) == [
        ["Run", "loss/val", "loss/val best", "last", "loss/train best", "last", *extent],
        ["a", "loss/val of a: 3 to 2", "*1 (@1)", "2", "1 (@1)", "1 (@1)", "2", *of_a],
        ["b", "loss/val of b: 3 to 2.5", "2.5 (@1)", "2.5", "", "", "1", *of_b],
    ]


def test_one_run_has_nobody_to_be_better_than():
    assert column(build(logs(run(".", {"loss": [2.0, 1.0]}))), "loss best") == ["1 (@1)"]


def test_all_that_share_the_best_value_are_marked():
    found = logs(run("a", {"acc": [1.0]}), run("b", {"acc": [0.5, 1.0]}), run("c", {"acc": [0.0]}))
    assert column(build(found), "acc best") == ["*1 (@0)", "*1 (@1)", "0 (@0)"]


def test_runs_of_one_training_stand_together_and_only_validation_wins():
    chapter = build(
        logs(
            run("train/a", {"epoch_loss": [1.0, 0.1]}),
            run("train/b", {"epoch_loss": [1.0, 0.2]}),
            run("validation/a", {"epoch_loss": [1.0, 0.5]}),
            run("validation/b", {"epoch_loss": [1.0, 0.4]}),
        )
    )
    assert column(chapter, "Run") == ["train/a", "validation/a", "train/b", "validation/b"]
    assert column(chapter, "epoch_loss best") == ["0.1 (@1)", "0.5 (@1)", "0.2 (@1)", "*0.4 (@1)"]
    assert said(chapter.panels[0]) == [
        "2 trainings were logged as separate runs for training and validation: a and b."
    ]


def test_trainings_to_compare_come_first():
    tags = {
        "a": "other",
        "b": "accuracy",
        "c/train": "other",
        "c/val": "val_loss",
        "d": "val_loss",
    }
    found = logs(*(run(name, {tag: [1.0, 0.5]}) for name, tag in tags.items()))
    chapter = overview.build(found, (), Options(metric=("val_loss", "accuracy")))
    assert column(chapter, "Run") == ["c/train", "c/val", "d", "b", "a"]


def test_runs_without_a_value_stand_apart():
    chapter = build(logs(run("a", {"loss": [1.0]}), run("b"), run("c")))
    _full, empty = chapter.panels[0].tables
    assert column(chapter, "Run") == ["a"]
    assert empty.folded and [row[0] for row in words(empty)] == ["Run", "b", "c"]
    assert said(chapter.panels[0]) == ["2 runs hold no value at all."]


def test_no_run_at_all_is_a_chapter_still():
    chapter = build(Logs(()))
    assert chapter.panels[0].tables == () and chapter.count == 0
    assert overview.facts(Logs(())) == ("0 runs", "0 events")
    assert overview.newest(Logs(())) == ""


def test_runs_without_scalars_have_their_extent():
    chapter = build(logs(run("a", {}, histogram_series("w", [[[0, 1, 5]]], steps=[7]))))
    assert table(chapter) == [
        ["Run", "Last step", "Time", "Values", "Size", "Start (UTC)"],
        ["a", "7", "1 m", "1", "1 kB", "2026-03-15 09:12"],
    ]


def test_values_that_are_no_numbers_are_last_but_never_best():
    ill = {"a": [math.nan, 2.0, math.nan], "b": [math.inf], "c": [-math.inf, 3.0]}
    chapter = build(logs(*[run(name, {"loss": values}) for name, values in ill.items()]))
    assert column(chapter, "loss best") == ["*2 (@1)", "", "3 (@1)"]
    assert column(chapter, "last") == ["NaN", "Inf", "3"]


def test_where_no_name_tells_what_is_better_only_the_last_value_is_shown():
    chapter = build(logs(run("a", {"speed": [1.0]}), run("b", {"speed": [2.0]})))
    assert column(chapter, "speed last") == ["1", "2"]
    assert said(chapter.panels[0]) == [
        "Which way speed should go, no name says: no run is called the best."
    ]


def test_a_run_with_findings_is_marked_with_the_worst():
    findings = [
        Finding("spike", Severity.WARNING, ("a",), "m", "r"),
        Finding("nan", Severity.ERROR, ("a", "c"), "m", "r"),
    ]
    found = logs(*[run(name, {"loss": [1.0]}) for name in "abc"])
    assert column(build(found, findings), "Run") == ["!!a", "b", "!!c"]


def test_pauses_between_files_are_no_time_and_clocks_that_stand_at_0_are_ignored():
    files = [
        event_file("1", first_wall_time=START, last_wall_time=START + 60),
        event_file("2", first_wall_time=START + 3600, last_wall_time=START + 3630),
        event_file("3", first_wall_time=0.0, last_wall_time=0.0),
        event_file("4", first_wall_time=math.nan, last_wall_time=math.nan),
    ]
    chapter = build(logs(run(".", {"loss": [1.0]}, files=files)))
    assert column(chapter, "Time") == ["1 m 30 s"]
    stopped = event_file("1", first_wall_time=0.0, last_wall_time=0.0)
    clockless = run(".", {"loss": [1.0]}, files=[stopped])
    assert column(build(logs(clockless)), "Start (UTC)") == ["2026-03-15 09:12"]


def test_what_is_too_much_for_a_page_is_counted(monkeypatch):
    monkeypatch.setattr(overview, "MOST_ROWS", 2)
    monkeypatch.setattr(overview, "MOST_CURVES", 1)
    chapter = build(logs(*[run(name, {"loss": [1.0, 2.0]}) for name in "abc"], run("d")))
    assert column(chapter, "Run") == ["a", "b"]
    assert "loss" not in table(chapter)[0]
    assert said(chapter.panels[0]) == [
        "1 more run is not listed; choose with --runs.",
        "1 run holds no value at all.",
    ]
    assert chapter.panels[0].notes[0].left_out == 1


def test_the_facts_of_the_first_screen():
    found = logs(run("a", {"loss": [3.0, 1.0]}), run("b", {"loss": [2.0]}))
    assert overview.facts(found) == (
        "2 runs",
        "20 events",
        "2026-03-15 UTC",
        "best loss 1 by a at step 1",
    )
    assert overview.facts(logs(run(".", {"loss": [3.0]})))[-1] == "best loss 3 at step 0"
    assert overview.newest(found) == "2026-03-15 09:13 UTC"


@pytest.mark.parametrize("name", ["</td><script>", "a\u202eb", "x" * 3000, "准确率", ""])
def test_hostile_names_keep_the_row_and_cannot_break_a_sentence(name):
    found = logs(run(name, {name or "t": [1.0, 2.0]}), run("other", {"loss": [1.0]}))
    chapter = build(found)
    assert name in [row[0].text for row in chapter.panels[0].tables[0].rows]
    spoken = [*overview.facts(found), *said(chapter.panels[0]), *table(chapter)[0]]
    assert all(text.isprintable() and len(text) < 300 for text in spoken)


def test_a_series_of_one_point_has_no_curve():
    chapter = build(logs(run("a", {}, scalar_series("loss", [1.0], steps=[5]))))
    assert column(chapter, "loss") == [""]
