"""Data quality: every file, every gap with its place, and the rule of restarts."""

import math

import pytest

from tbreport.model import Gap, GapKind, Logs
from tbreport.options import Options
from tbreport.read.restarts import RULE
from tbreport.sections import data_quality
from tests.make import START, event_file, logs, run
from tests.sections.plain import said, words

DAMAGE = Gap(GapKind.DAMAGED, "a/2", "no right checksum", offset=1000, length=50)
TAIL = Gap(GapKind.PARTIAL_TAIL, "a/1", "cut", offset=90, length=7)
UNKNOWN = Gap(GapKind.UNKNOWN, "a/1", "plugin 'flight'", length=1234, count=3)


def build(found):
    return data_quality.build(found, (), Options())


def titles(chapter):
    return [panel.title for panel in chapter.panels]


def test_whole_files_need_few_words():
    files = [
        event_file("a/10", version="brain.Event:2", writer="torch"),
        event_file("a/9", records=0, first_wall_time=math.nan, size=25),
    ]
    chapter = build(logs(run("a", {}, files=files)))
    assert titles(chapter) == ["Event files", "Restarts"]
    assert chapter.count is None
    assert chapter.lead == (
        "2 of 2 event files read whole; 0 B damaged; 0 points superseded by a restart."
    )
    head = ["File", "Records", "Bytes", "First event (UTC)", "Last event (UTC)", "Writer", "Gaps"]
    assert words(chapter.panels[0].tables[0]) == [
        head,
        ["a/9", "0", "25", "", "", "", ""],
        [
            "a/10",
            "10",
            "1,000",
            "2026-03-15 09:12",
            "2026-03-15 09:13",
            "torch (brain.Event:2)",
            "",
        ],
    ]


def test_gaps_stand_first_sorted_by_place():
    ill = run("a", {}, files=[event_file("a/1"), event_file("a/2")], gaps=(DAMAGE, TAIL))
    chapter = build(logs(ill, gaps=[UNKNOWN]))
    assert titles(chapter) == ["Not in the report", "Event files", "Restarts"]
    assert words(chapter.panels[0].tables[0]) == [
        ["File", "What", "Offset", "Bytes", "Values", "Why"],
        ["a/1", "unknown", "", "1,234", "3", "plugin 'flight'"],
        ["a/1", "partial tail", "90", "7", "1", "cut"],
        ["a/2", "!damaged", "1,000", "50", "1", "no right checksum"],
    ]
    assert [row[-1] for row in words(chapter.panels[1].tables[0])] == ["Gaps", "!2", "!1"]
    assert data_quality.facts(logs(ill, gaps=[UNKNOWN])) == (
        "0 of 2 event files read whole",
        "50 B damaged",
        "0 points superseded by a restart",
        "3 values of unknown kind",
    )


def test_a_file_with_values_nobody_knows_was_read_whole_all_the_same():
    found = logs(run("a", {}, files=[event_file("a/1")], gaps=(UNKNOWN,)))
    assert data_quality.facts(found)[0] == "1 of 1 event file read whole"


def test_what_could_not_be_opened_is_counted():
    closed = Gap(GapKind.UNREADABLE, "b", "directory can't be read: Permission denied")
    assert data_quality.facts(Logs((), (closed,)))[:2] == (
        "0 of 0 event files read whole",
        "1 path unreadable",
    )


def test_restarts_are_one_rule_with_its_effect():
    chapter = build(logs(run("a", superseded=1200), run("b")))
    made = chapter.panels[-1]
    assert [one.text for one in made.prose] == [RULE]
    assert words(made.tables[0]) == [["Run", "Superseded points"], ["a", "1,200"]]
    assert "1,200 points superseded by a restart" in chapter.lead


def test_long_lists_are_folded_bounded_and_counted(monkeypatch):
    monkeypatch.setattr(data_quality, "MOST_FILES", 25)
    monkeypatch.setattr(data_quality, "MOST_GAPS", 2)
    gaps = [*[Gap(GapKind.DAMAGED, "a", "x", offset=i) for i in range(4)], TAIL]
    files = [event_file(f"f{i}") for i in range(30)]
    runs = [run(f"r{i}", superseded=1) for i in range(30)]
    chapter = build(logs(run("a", {}, files=files), *runs, gaps=gaps))
    assert chapter.count == 5
    assert said(chapter.panels[0]) == ["3 more gaps are not listed: 2 damaged and 1 partial tail."]
    assert chapter.panels[1].folded and len(chapter.panels[1].tables[0].rows) == 25
    assert said(chapter.panels[1]) == ["35 more files are not listed."]
    assert said(chapter.panels[2]) == ["5 more runs are not listed."]


def test_no_file_at_all():
    chapter = build(Logs(()))
    assert titles(chapter) == ["Event files", "Restarts"]
    assert chapter.panels[0].tables == ()


@pytest.mark.parametrize("time", [math.inf, -math.inf, 1e300, 0.0])
def test_impossible_times_are_left_empty(time):
    files = [event_file("a", first_wall_time=time, last_wall_time=START)]
    row = words(build(logs(run("a", {}, files=files))).panels[0].tables[0])[1]
    assert row[3:5] == ["", "2026-03-15 09:12"]
