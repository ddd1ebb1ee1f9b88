import numpy as np

from tbreport.charts.ranking import Ranking
from tbreport.model import HParams
from tbreport.options import Options
from tbreport.sections import hparams
from tbreport.sections.grids import share_explained
from tbreport.sections.trials import settings, trials
from tests.make import logs, run
from tests.sections.plain import words


def trial(name, loss, **values):
    return run(name, {"loss/val": [2.0, loss]}, hparams=HParams(values, status="success"))


def build(*runs):
    return hparams.build(logs(*runs), (), Options())


def test_without_settings_there_is_no_chapter():
    assert build(run("a", {"loss": [1.0]})) is None


def test_settings_that_differ_stand_before_best_and_last():
    made = build(trial("a", 0.5, lr=0.1, opt="Adam"), trial("b", 0.2, lr=0.01, opt="Adam"))
    assert words(made.panels[0].tables[0]) == [
        ["Trial", "lr", "loss/val best", "loss/val last", "Status"],
        ["a", "0.1", "0.5 (@1)", "0.5 (@1)", "success"],
        ["b", "0.01", "*0.2 (@1)", "0.2 (@1)", "success"],
    ]
    assert words(made.panels[0].tables[1]) == [["Setting", "Value"], ["opt", "Adam"]]
    assert made.panels[0].tables[1].folded
    # One setting has nothing to be traced to and nothing to be ranked against.
    assert [panel.title for panel in made.panels[1:]] == ["loss/val over each setting"]


def test_names_of_runs_and_time_stamped_sub_runs_give_settings():
    found = trials(
        logs(
            run("lr=0.1", {"loss/val": [1.0]}),
            run("lr=0.1/1767225600.0", hparams=HParams({"lr": 0.1, "conv": 2.0})),
            run("plain/train", {"loss": [1.0]}),
            run("plain/validation", {"loss": [1.0]}, hparams=HParams({"lr": 1.0})),
        )
    )
    assert [(one.name, dict(one.values), len(one.runs)) for one in found] == [
        ("lr=0.1", {"lr": 0.1, "conv": 2.0}, 2),
        ("plain", {"lr": 1.0}, 2),
    ]


def test_words_become_places_and_what_a_trial_lacks_is_nan():
    found = trials(logs(trial("a", 1, act="relu", bn=True), trial("b", 1, act="gelu")))
    act, bn = settings(found)
    assert (act.labels, act.numbers.tolist()) == (("gelu", "relu"), [1.0, 0.0])
    assert bn.labels == ("true",)
    assert np.isnan(bn.numbers[1])


def test_a_hundred_settings_stay_usable():
    runs = [trial(f"r{i}", i, lr=float(i), **{f"p{k}": 1.0 for k in range(140)}) for i in range(50)]
    made = build(*runs)
    table = made.panels[0].tables[0]
    assert len(table.columns) == 5
    assert len(table.rows) == 50
    assert made.panels[0].tables[1].folded
    for panel in made.panels[1:]:
        assert panel.figures[0].chart.draw().png.startswith(b"\x89PNG")


def test_pictures_of_words_gaps_and_failures_can_be_drawn():
    made = build(
        trial("a", 0.5, lr=1e-4, act="relu"),
        trial("b", np.nan, lr=1.0, act="损失"),
        trial("c", 0.1, lr=0.01),
    )
    for panel in made.panels[1:]:
        assert panel.figures[0].chart.draw().png.startswith(b"\x89PNG")


def test_the_setting_that_decides_is_ranked_first():
    random = np.random.default_rng(0)
    columns = random.random((40, 3))
    metric = (columns[:, 1] - 0.3) ** 2 + 0.01 * random.random(40)
    ranking = Ranking("", columns, metric, ("a", "b", "c"), (False, False, False))
    shares, correlations = ranking.measure()
    assert shares[1] > 0.8
    assert abs(shares.sum() - 1) < 1e-9
    assert np.isfinite(correlations).all()
    assert ranking.draw().note.startswith("1 b ")


def test_two_settings_have_a_heat_map_with_its_numbers_in_a_table():
    made = build(
        trial("a", 0.5, lr=0.1, opt="sgd"),
        trial("b", 0.3, lr=0.1, opt="sgd"),
        trial("c", 0.2, lr=0.01, opt="adam"),
        trial("d", 0.6, lr=0.001, opt="sgd"),
    )
    panel = next(panel for panel in made.panels if " × " in panel.title)
    assert (panel.title, panel.small) == ("opt × lr", "loss/val, mean of 4 trials")
    assert words(panel.tables[0]) == [
        ["opt \\ lr", "1 · 0.001", "2 · 0.01", "3 · 0.1"],
        ["1 · adam", "", "0.2", ""],
        ["2 · sgd", "0.6", "", "0.4 (of 2)"],
    ]
    chart = panel.figures[0].chart
    np.testing.assert_array_equal(chart.values, [[np.nan, 0.2, np.nan], [0.6, np.nan, 0.4]])
    assert chart.alt.endswith("from 0.2 to 0.6.")
    assert chart.draw().png.startswith(b"\x89PNG")


def test_two_settings_are_traced_and_from_six_trials_on_ranked():
    runs = [trial(f"r{i}", float(i), a=float(i), b=float(i % 2)) for i in range(6)]
    lines = ["Trials as lines", "loss/val over each setting"]
    titles = [panel.title for panel in build(*runs[:5]).panels]
    assert [title for title in titles[1:] if " × " not in title] == lines
    titles = [panel.title for panel in build(*runs).panels]
    assert [title for title in titles[1:] if " × " not in title] == [
        *lines,
        "Which setting matters",
    ]


def test_of_many_settings_the_two_that_explain_most_make_the_grid():
    runs = [
        trial(f"r{i}", 10.0 * (i % 3) + (i // 3) % 4, a=i % 3 + 0.0, b=i // 3 % 4 + 0.0, c=float(i),
              d=i % 2 + 0.0)
        for i in range(24)
    ]  # fmt: skip
    titles = [panel.title for panel in build(*runs).panels]
    assert "a × b" in titles


def test_a_setting_with_a_value_for_each_trial_explains_nothing():
    found = settings(trials(logs(*(trial(f"r{i}", i, lr=float(i)) for i in range(5)))))
    assert share_explained(found[0], np.arange(5.0)) == -np.inf


def test_trials_of_one_group_are_summed_up():
    made = build(
        *(
            run(name, {"loss/val": [loss]}, hparams=HParams({"lr": lr}, group=group))
            for name, loss, lr, group in [
                ("a", 1.0, 0.1, "g"),
                ("b", 3.0, 0.1, "g"),
                ("c", 2.0, 1.0, "h"),
            ]
        )
    )
    assert words(made.panels[0].tables[1]) == [
        ["Group", "Trials", "loss/val mean", "loss/val lowest", "loss/val highest"],
        ["g", "2", "2", "1", "3"],
        ["h", "1", "2", "2", "2"],
    ]
