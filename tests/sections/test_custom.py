from tbreport.model import LayoutCategory, LayoutChart
from tbreport.options import Options
from tbreport.sections import custom
from tests.make import logs, run
from tests.sections.plain import said, words


def layout(*charts, title="loss"):
    return (LayoutCategory(title, charts),)


def build(*runs):
    return custom.build(logs(*runs), (), Options())


def test_no_layout_no_chapter():
    assert build(run("a", {"loss": [1.0]})) is None


def test_tags_are_regular_expressions_from_the_beginning():
    lines = LayoutChart("both", ("loss/.*",))
    scalars = {"loss/train": [3, 2, 1.0], "loss/val": [3, 2, 2.0], "my/loss/x": [0.0]}
    (panel,) = build(run("a", scalars, layout=layout(lines))).panels
    assert words(panel.tables[0]) == [
        ["Tag", "Run", "Last"],
        ["loss/train", "a", "1 (@2)"],
        ["loss/val", "a", "2 (@2)"],
    ]
    assert (panel.group, panel.title) == ("loss", "both")
    assert len(panel.figures[0].chart.lines) == 2


def test_margins_are_a_line_in_a_band():
    margin = LayoutChart("accuracy", margins=(("acc", "low", "high"),))
    scalars = {"acc": [1, 2, 3], "low": [0, 1, 2], "high": [2, 3, 4]}
    (panel,) = build(run("a", scalars, layout=layout(margin))).panels
    chart = panel.figures[0].chart
    assert (chart.bands[0].area.low.tolist(), chart.bands[0].area.high.tolist()) == (
        [0, 1, 2],
        [2, 3, 4],
    )
    assert chart.draw().png.startswith(b"\x89PNG")


def test_layouts_of_several_runs_are_merged():
    one, two = LayoutChart("a", ("x",)), LayoutChart("b", ("x",))
    runs = [run("r1", layout=layout(one)), run("r2", layout=layout(one, two))]
    assert custom.merged(runs) == {"loss": [one, two]}


def test_bad_patterns_and_missing_tags_are_said():
    bad = LayoutChart("bad", ("(", "x"))
    absent = LayoutChart("absent", ("nothing",))
    made = build(run("a", {"x": [1.0, 2.0]}, layout=layout(bad, absent)))
    assert said(made.panels[0]) == ["warning: '(' is no regular expression."]
    assert said(made.panels[1]) == ["No run holds a value of nothing."]
