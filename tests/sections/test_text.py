"""Text: words newest first, arrays as tables, long ones folded and very long ones cut."""

import numpy as np
import pytest

from tbreport.model import Logs
from tbreport.options import Options
from tbreport.sections import text
from tests.make import logs, run, text_series
from tests.sections.plain import plain, said, words


def build(found):
    return text.build(found, (), Options())


def panels(*texts, **about):
    return build(logs(run("a", {}, text_series("note", texts, **about)))).panels


def test_without_a_text_there_is_no_chapter():
    assert build(Logs(())) is None
    assert build(logs(run("a", {}, text_series("x", [])))) is None


def test_the_newest_text_of_each_run_is_open_and_the_earlier_are_folded():
    found = logs(
        run("a", {}, text_series("cfg/text_summary", ["old", "*new*"], steps=[1, 1000])),
        run("b", {}, text_series("cfg/text_summary", [["one"]])),
    )
    assert plain(build(found)) == {
        "id": "text",
        "title": "Text",
        "count": 1,
        "panels": [
            {
                "title": "cfg",
                "tag": "cfg/text_summary",
                "group": "cfg",
                "runs": ["a", "b"],
                "prose": [
                    {"text": "*new*", "caption": "step 1,000", "run": "a"},
                    {"text": "one", "caption": "step 0", "run": "b"},
                ],
                "wide": True,
            },
            {
                "title": "cfg, earlier",
                "tag": "cfg/text_summary",
                "group": "cfg",
                "runs": ["a", "b"],
                "prose": [{"text": "old", "caption": "step 1", "run": "a"}],
                "wide": True,
                "folded": True,
            },
        ],
    }


def test_arrays_are_tables():
    (made,) = panels([["a", "b"], ["c", "d"]])
    assert words(made.tables[0]) == [["1", "2"], ["a", "b"], ["c", "d"]]
    assert made.tables[0].caption == "a @0" and made.prose == ()
    (column,) = panels(["a", "b"])
    assert words(column.tables[0]) == [["1"], ["a"], ["b"]]


def test_of_higher_ranks_the_first_table_is_shown_and_the_rest_counted():
    (made,) = panels([[["a", "b"]], [["c", "d"]]])
    assert words(made.tables[0]) == [["1", "2"], ["a", "b"]]
    assert said(made) == ["2 table cells left out."]


def test_empty_arrays_are_empty_tables():
    for shape in ((0,), (0, 3), (3, 0), (0, 0, 2), (2, 0, 3)):
        (made,) = panels(np.empty(shape, object))
        assert made.tables[0].rows == ()


def test_a_long_text_is_folded_and_a_very_long_one_cut():
    assert panels("x" * 2000)[0].folded
    (made,) = panels("x" * 5_000_000)
    assert len(made.prose[0].text) == text.MOST_CHARACTERS
    assert said(made) == ["4,980,000 characters at the ends are left out."]
    assert made.notes[0].left_out == 4_980_000


def test_a_large_table_is_cut():
    (made,) = panels([["x"] * 100] * 1000)
    rows = made.tables[0].rows
    assert len(rows) * len(rows[0]) == text.MOST_CELLS
    assert said(made) == ["98,000 table cells left out."]


def test_many_steps_are_thinned_out():
    made = panels(*map(str, range(100)))
    assert [one.text for part in made for one in part.prose] == ["99", "79", "59", "40", "20", "0"]
    assert said(made[0]) == ["6 of 100 texts are shown, evenly spaced."]


def test_many_runs_and_tags_are_bounded_and_counted():
    found = logs(*[run(f"r{i}", {}, text_series("x", ["t"])) for i in range(30)])
    made = build(found).panels[0]
    assert len(made.prose) == 20
    assert said(made) == ["20 of 30 runs are shown, evenly spaced in their order."]
    many = [text_series(f"sample/{i}", ["t"]) for i in range(500)]
    chapter = build(logs(run("a", {}, *many)))
    assert len(chapter.panels) == 100
    assert said(chapter) == [
        "100 of 500 tags are shown; evenly spaced ones of sample/# (100 of 500)."
        " Choose with --tags."
    ]


@pytest.mark.parametrize("name", ["<script>", "a\u202eb", "x" * 3000, ""])
def test_hostile_names_change_nothing_but_names(name):
    made = build(logs(run(name, {}, text_series(name, [["a", "b"]])))).panels[0]
    assert made.tag == name
    assert made.tables[0].caption.isprintable() and len(made.tables[0].caption) < 100
