"""The embeddings section: which points are drawn, how they are told apart, what is said of them."""

import numpy as np
import pytest

from tbreport.charts.cloud import REST, Classes, Numbers, Words
from tbreport.charts.projection import Scatter, TsneMap
from tbreport.model import Embedding, Finding, Severity, TensorSeries
from tbreport.options import Options
from tbreport.sections import embeddings
from tbreport.sections.clusters import agreement, mixed_with
from tbreport.sections.embedded import embeddings_of, is_embedding
from tbreport.sections.labels import Kind, choose_labels, in_picture
from tbreport.sections.sampled import take
from tests.make import PNG, START, logs, run
from tests.sections.plain import said, words

RNG = np.random.default_rng(0)
THREE = ("cat", "dog", "owl") * 20


def clusters(count=60, dimensions=8, seed=0):
    """Three clusters far apart, one row of each in turn."""
    points = np.random.default_rng(seed).normal(size=(count, dimensions))
    points[np.arange(count), np.arange(count) % 3] += 30
    return points.astype(np.float32)


def embedding(values=None, labels=None, name="fc1", step=None, **about):
    values = clusters() if values is None else np.asarray(values, np.float32)
    if labels is None:
        labels = {"animal": THREE[: len(values)]} if len(values) <= 60 else {}
    about = {"source": "tensors.tsv", "rows": len(values), **about}
    return Embedding(name, step, values, labels, **about)


def tensor_series(tag, *values):
    steps = np.arange(len(values)) * 10
    return TensorSeries(tag, steps, START + steps.astype(float), values=values, logged=len(values))


def build(*held, findings=()):
    return embeddings.build(logs(run("a", embeddings=held)), findings, Options())


def taken(*steps, most=5000):
    (found,) = embeddings_of(logs(run("a", embeddings=steps)))
    return take(found, most)


def titles(chapter):
    return [(panel.group, panel.title, panel.small) for panel in chapter.panels]


def charts(chapter, kind):
    return [f.chart for panel in chapter.panels for f in panel.figures if type(f.chart) is kind]


def test_without_embeddings_there_is_no_chapter():
    assert embeddings.build(logs(run("a", {"loss": [1.0]})), (), Options()) is None


def test_an_embedding_has_a_map_components_classes_and_numbers():
    chapter = build(embedding(step=500))
    assert chapter.count == 1
    assert titles(chapter) == [
        ("", "Numbers", ""),
        ("fc1", "t-SNE", "coloured by animal"),
        ("fc1", "Principal components", "coloured by animal"),
        ("fc1", "Labels", "animal"),
    ]
    assert words(chapter.panels[0].tables[0]) == [
        [
            "Embedding",
            "Run",
            "Step",
            "Points",
            "Dimensions",
            "Effective rank",
            "Duplicates",
            "Neighbours of the same label",
        ],
        ["fc1", "a", "500", "60", "8", "2.041", "0.0%", "100.0% (by chance 32.2%)"],
    ]
    assert words(chapter.panels[3].tables[0])[1:] == [
        ["", "20 (33.3%)", "100.0%", "–"],
        ["", "20 (33.3%)", "100.0%", "–"],
        ["", "20 (33.3%)", "100.0%", "–"],
    ]
    names = [row[0].text for row in chapter.panels[3].tables[0].rows]
    assert names == ["cat", "dog", "owl"]
    assert all(said(panel) == [] for panel in chapter.panels)


def test_alt_texts_have_the_main_numbers():
    chapter = build(embedding(step=500))
    alts = [figure.chart.alt for panel in chapter.panels for figure in panel.figures]
    assert alts[0] == (
        "t-SNE map of fc1 of a, step 500, 60 points in 8 dimensions; 3 classes of animal; 100.0% of"
        " the 10 nearest neighbours share a label, 32.2% by chance."
    )
    assert alts[1].startswith(
        "First two principal components of fc1 of a, step 500, 60 points in 8 dimensions: they"
        " explain 50.0% and 48.9% of the variance; 3 classes"
    )
    assert alts[2].startswith("Share of the variance of the first 8 components: 50.0%, 48.9%, ")
    assert alts[3] == "How many points have each animal: cat 20, dog 20 and owl 20."


def test_classes_that_mix_are_told():
    values = clusters()
    values[1::3] = values[0::3] + 0.01  # dogs lie where cats do
    rows = words(build(embedding(values)).panels[3].tables[0])
    assert [row[3].split()[0] for row in rows[1:]] == ["dog", "cat", "–"]
    assert float(rows[1][2].removesuffix("%")) < 60


def test_agreement_is_against_chance():
    points, classes = clusters(), np.arange(60) % 3
    found = agreement(points, classes)
    assert (found.mean, found.count) == (1.0, 10)
    assert found.chance == pytest.approx(19 / 59)
    assert mixed_with(found, classes, 1)[1] == 0
    dealt = agreement(points, np.random.default_rng(3).permutation(classes))
    assert dealt.mean == pytest.approx(dealt.chance, abs=0.06)
    assert agreement(points, np.zeros(60, np.int64)) is None
    assert agreement(points[:2], classes[:2]) is None
    assert agreement(points[:6], classes[:6]).count == 5


def test_the_first_middle_and_last_step_stand_side_by_side():
    steps = [embedding(clusters(seed=step), step=step) for step in (40, 0, 10, 20, 30)]
    chapter = build(*steps)
    (tsne,), (scatter,) = charts(chapter, TsneMap), charts(chapter, Scatter)
    assert [step.title for step in tsne.steps] == ["step 0", "step 20", "step 40"]
    assert tsne.same_points and len(scatter.steps) == 3
    assert [panel.title for panel in chapter.panels][1:] == [
        "t-SNE",
        "Principal components",
        "Variance",
        "Labels",
    ]
    assert [panel.wide for panel in chapter.panels] == [True, True, True, False, False]
    figure = chapter.panels[1].figures[0]
    assert figure.caption == (
        "60 points, 500 iterations, each step starts from the map of the one before and is turned"
        " onto it"
    )
    assert said(chapter.panels[1]) == ["3 of 5 steps shown, evenly spaced."]
    assert chapter.panels[1].notes[0].left_out == 2
    variance = chapter.panels[3].figures[0].caption
    assert variance.endswith("solid: step 40, dashed: step 20, dotted: step 0")
    assert [row[2].text for row in chapter.panels[0].tables[0].rows] == ["0", "20", "40"]


def test_steps_of_other_points_have_maps_of_their_own():
    other = {"animal": THREE[::-1]}
    chapter = build(embedding(step=0), embedding(labels=other, step=1))
    assert not charts(chapter, TsneMap)[0].same_points
    assert "each map stands for itself" in chapter.panels[1].figures[0].caption


def test_steps_of_other_dimensions_are_not_compared():
    sample = taken(embedding(clusters(dimensions=5), step=0), embedding(step=1))
    assert [shown.embedding.step for shown in sample.steps] == [1]


def test_a_sprite_goes_with_the_map():
    chapter = build(embedding(sprite=PNG, sprite_tile=(1, 1)))
    (tsne,) = charts(chapter, TsneMap)
    assert (tsne.sprite.data, tsne.sprite.tile) == (PNG, (1, 1))
    assert tsne.sprite.numbers.tolist() == list(range(60))


def test_the_same_name_in_two_runs_is_told_apart():
    found = logs(
        run("b", embeddings=(embedding(),)),
        run("a", embeddings=(embedding(), embedding(name="x"))),
    )
    chapter = embeddings.build(found, (), Options())
    groups = list(dict.fromkeys(panel.group for panel in chapter.panels))
    assert groups == ["", "fc1, a", "x", "fc1, b"]
    assert chapter.count == 3


def test_findings_stand_at_the_embedding_that_they_are_about():
    findings = [
        Finding("collapse", Severity.WARNING, ("a",), "fc1: on a line.", "", tag="fc1"),
        Finding("collapse", Severity.WARNING, ("b",), "fc1: elsewhere.", "", tag="fc1"),
    ]
    chapter = build(embedding(), findings=findings)
    assert said(chapter.panels[1]) == ["warning: fc1: on a line."]


# ---- what is drawn of much


def test_a_sample_keeps_the_shares_of_classes_and_is_told():
    values = RNG.normal(size=(9000, 4))
    labels = {"kind": ("common",) * 8000 + ("rare",) * 1000}
    chapter = build(embedding(values, labels))
    (tsne,) = charts(chapter, TsneMap)
    step = tsne.steps[0]
    assert step.points.shape == (5000, 4) and step.points.dtype == np.float32
    assert np.bincount(step.look.of).tolist() == pytest.approx([4444, 556], abs=1)
    assert said(chapter.panels[1]) == [
        "A sample is drawn and measured, each label with its share, with a fixed seed: maps of all"
        " points would take too long."
    ]
    assert chapter.panels[1].notes[0].left_out == 4000
    assert chapter.panels[1].figures[0].caption == "5,000 of 9,000 points, 500 iterations"
    assert words(chapter.panels[3].tables[0])[1][1] == "8,000 (88.9%)"


def test_steps_share_the_points_of_one_map():
    values = RNG.normal(size=(4000, 4)).astype(np.float32)
    sample = taken(*(embedding(values + step, {}, step=step) for step in range(3)))
    rows = [shown.rows.tolist() for shown in sample.steps]
    assert len(rows[0]) == 1666 and rows[0] == rows[1] == rows[2]


def test_wide_points_are_fewer():
    values = np.zeros((2000, 10_240), np.float32)
    values[:, 0] = np.arange(2000)
    assert taken(embedding(values, {})).steps[0].points.shape == (500, 10_240)


def test_many_embeddings_share_the_time():
    held = [embedding(RNG.normal(size=(3000, 3)), {}, name=f"e{n}") for n in range(14)]
    chapter = build(*held)
    sizes = [len(chart.steps[0].points) for chart in charts(chapter, TsneMap)]
    assert len(sizes) == 12 and sum(sizes) <= 20_000
    assert chapter.count == 14
    assert said(chapter) == ["12 of 14 embeddings are shown, evenly spaced."]
    assert chapter.notes[0].left_out == 2


def test_rows_that_were_not_read_are_counted():
    chapter = build(embedding(rows=1000))
    assert words(chapter.panels[0].tables[0])[1][3] == "60 (of 1,000)"


# ---- ill points


def test_rows_that_are_not_finite_are_left_out_and_counted():
    values = clusters()
    values[[3, 7], 2] = np.nan, np.inf
    chapter = build(embedding(values))
    assert said(chapter.panels[1]) == ["warning: 2 rows are left out for NaN or Inf."]
    assert len(charts(chapter, TsneMap)[0].steps[0].points) == 58


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.full((5, 3), np.nan), "every row holds NaN or Inf"),
        (np.zeros((0, 3)), "there are no points"),
        (np.ones((1, 3)), "there is a single point"),
        (np.ones((40, 3)), "all 40 rows are equal"),
        (np.arange(40.0)[:, None], "there is one dimension, so there is nothing to project"),
    ],
)
def test_what_can_not_be_drawn_says_why(values, why):
    chapter = build(embedding(values))
    assert titles(chapter) == [("", "Numbers", ""), ("", "fc1", "")]
    assert said(chapter.panels[1]) == [f"warning: Nothing is drawn, as {why}."]
    assert len(words(chapter.panels[0].tables[0])) == 2


def test_a_step_that_is_ill_costs_no_other():
    chapter = build(embedding(np.ones((60, 8)), step=0), embedding(step=10))
    assert [step.title for step in charts(chapter, TsneMap)[0].steps] == ["step 10"]
    assert said(chapter.panels[1]) == [
        "warning: At step 0: Nothing is drawn, as all 60 rows are equal."
    ]


def test_few_points_have_components_but_no_map():
    chapter = build(embedding(clusters(5)))
    assert [panel.title for panel in chapter.panels] == ["Numbers", "Principal components"]
    assert said(chapter.panels[1]) == ["t-SNE needs 8 points or more."]


def test_points_on_a_line_have_components():
    (scatter,) = charts(build(embedding(np.outer(np.arange(9), np.ones(3)), {})), Scatter)
    assert scatter.axes[1] == "PC 2, 0.0% of variance"
    assert scatter.draw().png.startswith(b"\x89PNG")


def test_all_pictures_draw():
    values = clusters()
    values[0] = np.nan
    chapter = build(embedding(values, step=1), embedding(step=2))
    for figure in (figure for panel in chapter.panels for figure in panel.figures):
        assert figure.chart.draw().png.startswith(b"\x89PNG")
    for row in chapter.panels[-1].tables[0].rows:
        assert row[0].chart.draw().png.startswith(b"\x89PNG")


# ---- labels


def kind_of(texts, name="label"):
    return choose_labels({name: tuple(texts)}, len(texts)).kind


@pytest.mark.parametrize(
    ("texts", "name", "kind"),
    [
        (THREE, "label", Kind.FEW),
        ([str(n % 10) for n in range(100)], "x", Kind.FEW),
        ([f"c{n % 30}" for n in range(100)], "label", Kind.MANY),
        ([str(n % 100) for n in range(1000)], "label", Kind.MANY),
        ([str(n % 100) for n in range(1000)], "age", Kind.NUMBERS),
        ([str(n / 7) for n in range(1000)], "label", Kind.NUMBERS),
        ([f"word{n}" for n in range(100)], "label", Kind.WORDS),
        (["a", "b", "c"], "label", Kind.WORDS),
        (["same"] * 50, "label", Kind.NOTHING),
        ([""] * 50, "label", Kind.NOTHING),
    ],
)
def test_the_kind_of_a_column(texts, name, kind):
    assert kind_of(texts, name) is kind


def test_the_column_that_tells_points_apart_best_is_taken():
    columns = {
        "word": tuple(f"w{n}" for n in range(60)),
        "weight": tuple(str(n / 7) for n in range(60)),
        "animal": THREE,
        "sound": THREE,
        "short": ("a",) * 59,
    }
    found = choose_labels(columns, 60)
    assert (found.column, found.columns) == ("animal", ("word", "weight", "animal", "sound"))
    chapter = build(embedding(labels=columns))
    assert said(chapter.panels[1]) == ["Also logged with each point: word, weight and sound."]
    assert choose_labels({}, 60).kind is Kind.NOTHING


def test_the_commonest_of_many_classes_have_a_mark():
    texts = [f"c{n}" for n in range(30) for _ in range(30 + n)]
    labels = choose_labels({"label": texts}, len(texts))
    assert labels.shown == tuple(f"c{n}" for n in range(10, 30))
    look = labels.look(np.arange(len(texts)), 0)
    assert isinstance(look, Classes) and look.names == labels.shown
    assert (look.of == REST).sum() == sum(30 + n for n in range(10))
    values = RNG.normal(size=(len(texts), 3))
    rows = words(build(embedding(values, {"label": texts})).panels[3].tables[0])
    assert len(rows) == 1 + 20 + 1 and rows[-1][1] == f"345 ({345 / len(texts):.1%})"
    assert build(embedding(values, {"label": texts})).panels[3].tables[0].rows[-1][0].text == (
        "10 other labels"
    )


def test_names_that_pictures_can_not_hold_are_numbered():
    assert in_picture("cat", 2) == "cat"
    assert [in_picture(name, 2) for name in ("猫", "", "a\nb", "x" * 15)] == ["#3"] * 4
    texts = ("猫", "狗", "cat") * 20
    chapter = build(embedding(labels={"label": texts}))
    (tsne,) = charts(chapter, TsneMap)
    assert tsne.steps[0].look.names == ("cat", "#2", "#3")
    cells = [row[0] for row in chapter.panels[3].tables[0].rows]
    assert [(cell.text, cell.small) for cell in cells] == [("cat", ""), ("狗", "#2"), ("猫", "#3")]


def test_points_without_a_label_are_a_class_of_their_own():
    chapter = build(embedding(labels={"label": ("", "dog", "owl") * 20}))
    assert chapter.panels[3].tables[0].rows[0][0].text == "(none)"


def test_numbers_share_one_scale_over_steps():
    low, high = ({"age": tuple(str(n / 7 + start) for n in range(60))} for start in (0, 100))
    chapter = build(embedding(labels=low, step=0), embedding(labels=high, step=1))
    looks = [step.look for step in charts(chapter, TsneMap)[0].steps]
    assert all(isinstance(look, Numbers) for look in looks)
    assert {look.ends for look in looks} == {(0.0, 59 / 7 + 100)}
    assert "; coloured by age" in charts(chapter, TsneMap)[0].alt


def test_words_name_their_points():
    texts = tuple(f"word{n}" if n % 2 else f"词{n}" for n in range(60))
    chapter = build(embedding(labels={"label": texts}))
    look = charts(chapter, TsneMap)[0].steps[0].look
    assert isinstance(look, Words) and look.texts[:4] == ("", "word1", "", "word3")
    assert chapter.panels[1].small == "named by label"
    assert words(chapter.panels[0].tables[0])[1][-1] == "–"


# ---- tensors


def test_tensors_whose_tag_says_so_are_embeddings_at_every_step():
    series = tensor_series("word_embeddings", *(clusters(seed=seed) for seed in range(3)))
    read = embedding(series.values[-1], {}, "word_embeddings", 20, source="word_embeddings")
    other = embedding(name="fc1")
    (found, both) = embeddings_of(logs(run("a", {}, series, embeddings=(read, other))))
    assert (found.name, both.name) == ("fc1", "word_embeddings")
    assert [step.step for step in both.steps] == [0, 10, 20]
    assert both.steps[0].values.dtype == np.float32
    assert len(charts(embeddings.build(logs(run("a", {}, series)), (), Options()), TsneMap)) == 1


@pytest.mark.parametrize(
    ("tag", "values", "wanted"),
    [
        ("embedding", (np.eye(3),), True),
        ("Token_Embed/weight", (np.eye(3), np.eye(4)), True),
        ("kernel", (np.eye(3),), False),
        ("embedding", (), False),
        ("embedding", (np.ones(3),), False),
        ("embedding", (np.eye(3), np.ones((3, 1))), False),
        ("embedding", (np.eye(3) > 0,), False),
        ("embedding", (np.array([["a", "b"], ["c", "d"]], object),), False),
    ],
)
def test_which_tensors_are_embeddings(tag, values, wanted):
    assert is_embedding(tensor_series(tag, *values)) is wanted


def test_numbers_beyond_float32_are_infinite_not_a_fault():
    series = tensor_series("embedding", np.array([[1e300, 1.0], [0.0, 1.0], [2.0, 2.0]]))
    chapter = embeddings.build(logs(run("a", {}, series)), (), Options())
    assert "warning: 1 row is left out for NaN or Inf." in said(chapter.panels[1])
