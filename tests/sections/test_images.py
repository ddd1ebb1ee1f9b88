"""Images: newest first, runs side by side, and a page that survives an explosion of tags."""

import pytest

from tbreport.model import Logs
from tbreport.options import Options
from tbreport.sections import images
from tests.make import PNG, image_series, logs, run
from tests.sections.plain import panel, plain, said


def build(found, **options):
    return images.build(found, (), Options(**options))


def places(made):
    return [(figure.run, figure.step) for figure in made.figures]


def test_without_an_image_there_is_no_chapter():
    assert build(Logs(())) is None
    assert build(logs(run("a", {"loss": [1.0]}, image_series("x", 0)))) is None


def test_a_panel_shows_the_image():
    chapter = build(logs(run("a", {}, image_series("in/cat", [[b"bytes"]], steps=[7]))))
    assert plain(chapter) == {
        "id": "images",
        "title": "Images",
        "count": 1,
        "panels": [
            {
                "title": "cat",
                "group": "in",
                "tag": "in/cat",
                "runs": ["a"],
                "figures": [{"chart": "in/cat of a at step 7", "run": "a", "step": 7}],
            }
        ],
    }
    assert chapter.panels[0].figures[0].chart.data == b"bytes"


def test_the_newest_come_first_and_runs_stand_side_by_side():
    found = logs(
        run("a", {}, image_series("x", 10)), run("b", {}, image_series("x", 2, steps=[3, 30]))
    )
    made = panel(build(found, image_steps=3), "x")
    assert places(made) == [("a", 9), ("b", 30), ("a", 5), ("b", 3), ("a", 0)]
    assert said(made) == ["5 of 12 steps of all runs shown, evenly spaced."]
    assert made.notes[0].left_out == 7


def test_runs_that_log_at_the_same_steps_show_the_same_steps():
    one, other = image_series("x", 20), image_series("x", 12, steps=range(8, 20))
    made = panel(build(logs(run("a", {}, one), run("b", {}, other)), image_steps=4), "x")
    steps = {name: [step for owner, step in places(made) if owner == name] for name in "ab"}
    assert steps == {"a": [19, 13, 6, 0], "b": [19, 13]}
    assert said(made) == ["6 of 32 steps of all runs shown, evenly spaced."]


def test_what_was_logged_counts_and_not_what_was_read():
    thinned = image_series("x", 3, logged=40, superseded=4)
    assert said(panel(build(logs(run("a", {}, thinned))), "x")) == [
        "3 of 36 steps shown, evenly spaced."
    ]
    pair = [run(name, {}, image_series("x", 3, logged=40)) for name in "ab"]
    assert said(panel(build(logs(*pair)), "x")) == [
        "3 of 40 steps of each run shown, evenly spaced."
    ]


def test_a_batch_is_numbered_and_bounded():
    made = panel(build(logs(run("a", {}, image_series("x", [[PNG] * 25])))), "x")
    assert [figure.caption for figure in made.figures] == [
        f"image {number} of 25" for number in range(1, 9)
    ]
    assert made.figures[0].chart.alt == "x of a at step 0, image 1 of 25"
    assert said(made) == ["8 of up to 25 images of a step shown."]


def test_an_empty_batch_shows_nothing():
    assert panel(build(logs(run("a", {}, image_series("x", [[]])))), "x").figures == ()


def test_an_explosion_of_tags_leaves_a_page_that_can_be_read():
    videos = [image_series(f"trajectory/video/{step}", 1) for step in range(10, 20_610, 10)]
    chapter = build(logs(run("a", {}, *videos, image_series("cat", 1))))
    assert chapter.count == 2061
    assert [one.tag for one in chapter.panels[:2]] == ["cat", "trajectory/video/10"]
    assert len(chapter.panels) == 25 and chapter.panels[-1].tag == "trajectory/video/20600"
    assert said(chapter) == [
        "25 of 2,061 tags are shown; evenly spaced ones of trajectory/video/# (24 of 2,060)."
        " Choose with --tags."
    ]
    assert chapter.notes[0].left_out == 2036


def test_many_different_tags_are_bounded_too():
    names = [
        f"{chr(97 + i // 26 // 26)}{chr(97 + i // 26 % 26)}{chr(97 + i % 26)}" for i in range(2000)
    ]
    chapter = build(logs(run("a", {}, *[image_series(name, 6) for name in names])))
    assert len(chapter.panels) == images.MOST_TAGS
    assert sum(len(one.figures) for one in chapter.panels) <= images.MOST_IMAGES
    assert chapter.notes[0].left_out == 1900


def test_many_runs_leave_fewer_steps_and_then_fewer_runs():
    found = logs(*[run(f"r{i}", {}, image_series("x", 6)) for i in range(20)])
    made = panel(build(found), "x")
    assert len(made.figures) == 40
    assert said(made) == ["2 of 6 steps of each run shown, evenly spaced."]
    found = logs(*[run(f"r{i}", {}, image_series("x", 6)) for i in range(100)])
    made = panel(build(found), "x")
    assert {figure.step for figure in made.figures} == {5} and len(made.runs) == 48
    assert said(made) == [
        "1 of 6 steps of each run shown, evenly spaced.",
        "48 of 100 runs shown, evenly spaced in their order.",
    ]


@pytest.mark.parametrize("name", ["<b>", "a\u202eb", "x" * 3000, "", "猫"])
def test_hostile_names_change_nothing_but_names(name):
    made = build(logs(run(name, {}, image_series(name, 8)))).panels[0]
    assert made.tag == name
    texts = [*said(made), *[figure.chart.alt for figure in made.figures]]
    assert all(text.isprintable() and len(text) < 300 for text in texts)
