import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tbreport.model import PrCurveSeries
from tbreport.options import Options
from tbreport.sections import pr_curves
from tests.make import START, logs, run
from tests.sections.plain import words


def curve(labels, scores, count=201):
    """What TensorBoard's writers log: TP, FP, TN, FN, precision, recall at even thresholds."""
    rows = []
    for threshold in np.linspace(0, 1, count):
        said = scores >= threshold
        tp, fp = (said & labels).sum(), (said & ~labels).sum()
        fn, tn = (~said & labels).sum(), (~said & ~labels).sum()
        precision = tp / (tp + fp) if tp + fp else 1.0
        rows.append((tp, fp, tn, fn, precision, tp / (tp + fn)))
    return np.array(rows, np.float64).T


def series(curves, tag="pr/cat"):
    steps = np.arange(len(curves))
    return PrCurveSeries(
        tag, steps, START + steps.astype(float), curves=tuple(curves), logged=len(curves)
    )


@pytest.fixture
def measured():
    random = np.random.default_rng(0)
    labels = random.random(2000) < 0.3
    scores = np.clip(0.3 * labels + 0.2 + 0.2 * random.standard_normal(2000), 0, 1)
    return labels, scores


def test_average_precision_is_scikit_learns_within_the_thresholds(measured):
    labels, scores = measured
    found = pr_curves.average_precision(pr_curves.trimmed(curve(labels, scores)))
    assert found == pytest.approx(average_precision_score(labels, scores), abs=0.01)


def test_the_best_f1_is_the_largest_over_thresholds(measured):
    labels, scores = measured
    one = curve(labels, scores)
    f1, recall, precision = pr_curves.best_f1(one)
    assert f1 == pytest.approx(2 * recall * precision / (recall + precision))
    threshold = pr_curves.best_threshold(one)
    said = scores >= threshold
    assert 2 * (said & labels).sum() / (said.sum() + labels.sum()) == pytest.approx(f1)


def test_thresholds_that_nothing_passes_are_cut_off():
    one = np.zeros((6, 5))
    one[0, :3], one[4] = 1, 1.0
    assert pr_curves.trimmed(one).shape == (6, 3)
    assert pr_curves.trimmed(np.zeros((6, 5))).shape == (6, 1)


def test_a_panel_holds_the_last_step_of_every_run(measured):
    labels, scores = measured
    early, late = curve(labels, 1 - scores), curve(labels, scores)
    chapter = pr_curves.build(
        logs(run("a", {}, series([early, late])), run("b", {}, series([early]))), (), Options()
    )
    (panel,) = chapter.panels
    rows = words(panel.tables[0])
    assert [row[:2] for row in rows] == [["Run", "Step"], ["a", "1"], ["b", "0"]]
    assert float(rows[1][2]) > float(rows[2][2])
    # One picture of all runs, and one over steps for the run that has more than one.
    assert [figure.caption for figure in panel.figures] == [
        "precision over recall, last step of each run; the dot is the best F1",
        "steps 0, 1, the fainter the earlier",
    ]
    assert panel.figures[0].chart.draw().png.startswith(b"\x89PNG")


def test_curves_without_a_number_say_nothing_wrong():
    empty = np.full((6, 4), np.nan)
    chapter = pr_curves.build(logs(run("a", {}, series([empty]))), (), Options())
    assert words(chapter.panels[0].tables[0])[1][0] == "a"
    assert chapter.panels[0].figures[0].chart.draw().width == 340
