"""Rules about what tensors and checkpoints hold: filters, sparse weights, embeddings, labels."""

import numpy as np
import pytest

from tbreport.model import Checkpoint, CheckpointTensor, Embedding, Logs, Severity, TensorSeries
from tbreport.rules import judge
from tbreport.rules.banks import FirstFilters
from tests import make
from tests.rules.trainings import only, reason

RNG = np.random.default_rng(0)


def blurred(filters, channels, side):
    """Smooth random filters: noise that was blurred."""
    noise = RNG.normal(size=(filters, channels, side + 2, side + 2))
    return sum(
        noise[:, :, row : row + side, column : column + side]
        for row in range(3)
        for column in range(3)
    )


def run(values, tag="conv1.weight", step=500):
    series = TensorSeries(
        tag, np.array([0, step]), np.array([0.0, 1.0]), values=(values, values), logged=2
    )
    return make.run(".", None, series)


def test_random_filters_are_a_note():
    (one,) = only("noisy-filters", run(RNG.normal(size=(16, 3, 7, 7))))
    assert (one.severity, one.step, one.tag) == (Severity.NOTE, 500, "conv1.weight")
    tensorflow = RNG.normal(size=(5, 5, 1, 32))
    assert only("noisy-filters", run(tensorflow, "conv1/kernel"))


def test_the_newest_checkpoint_that_was_read_counts():
    values = RNG.normal(size=(16, 3, 7, 7)).astype(np.float32)
    tensor = CheckpointTensor(
        "conv1.weight", "conv1.weight", values.shape, "float32", values=values
    )
    seen = Checkpoint("ckpt.pt", "torch", 1, 9, {"conv1.weight": tensor})
    listed = Checkpoint("old.pt", "", 1, 3, read=False)
    (one,) = only("noisy-filters", make.run(".", None, checkpoints=(listed, seen)))
    assert (one.tag, one.step) == ("conv1.weight", 9)


def test_smooth_filters_have_learnt():
    assert only("noisy-filters", run(blurred(16, 3, 7))) == ()
    assert only("noisy-filters", run(np.zeros((16, 3, 7, 7)))) == ()


@pytest.mark.parametrize(
    "logged",
    [
        run(RNG.normal(size=(16, 3, 3, 3))),
        run(RNG.normal(size=(4, 3, 7, 7))),
        run(RNG.normal(size=(16, 64, 7, 7))),
        run(RNG.normal(size=(16, 3, 7, 7)), step=0),
        run(RNG.normal(size=(16, 3, 7, 7)), tag="batch"),
        run(RNG.normal(size=(16, 3, 7, 7)) * np.nan),
        run(RNG.integers(0, 9, size=(16, 3, 7, 7))),
    ],
    ids=["3 x 3", "few", "deep", "before training", "no weights", "NaN", "integers"],
)
def test_what_is_no_bank_of_first_filters(logged):
    assert "first layer" in reason("noisy-filters", logged)


@pytest.mark.parametrize(("side", "mean", "deviation"), [(5, -0.041, 0.145), (7, -0.021, 0.104)])
def test_structure_is_measured_against_chance(side, mean, deviation):
    """Of independent values the mean of z is 0 and its deviation 1."""
    found = [
        FirstFilters("", "", 0, RNG.normal(size=(16, 1, side, side))).structure for _ in range(300)
    ]
    assert np.mean(found) == pytest.approx(0, abs=0.2)
    assert np.std(found) == pytest.approx(1, rel=0.15)


def test_filters_that_repeat_are_a_note():
    some = blurred(8, 1, 5)
    doubled = np.concatenate([some, -2 * some])
    (one,) = only("filter-redundancy", run(doubled))
    assert one.message.startswith("16 of the 16 filters")
    assert only("filter-redundancy", run(RNG.normal(size=(16, 1, 5, 5)))) == ()


def test_weights_about_zero_are_a_note():
    weights = RNG.normal(size=(50, 40))
    assert only("weight-sparsity", run(weights, "fc.weight")) == ()
    weights[:30] *= 1e-6
    (one,) = only("weight-sparsity", run(weights, "fc.weight"))
    assert one.value == pytest.approx(0.6, abs=0.01)
    assert only("weight-sparsity", run(np.zeros((50, 40)), "fc.weight")) == ()


def points(values, labels=None, name="embedding"):
    return Embedding(name, 7, values, labels or {}, "tensors.tsv", len(values))


def told(rule, *embeddings):
    return only(rule, make.run(".", None, embeddings=embeddings))


def test_an_embedding_that_collapsed_is_told():
    near = 1 + RNG.normal(0, 1e-5, (100, 16))
    (one,) = told("embedding-collapse", points(near))
    assert (one.tag, one.step, one.severity) == ("embedding", 7, Severity.WARNING)
    assert "differ by" in one.message
    (one,) = told("embedding-collapse", points(np.ones((100, 16)), name="point"))
    assert "equal another one" in one.message
    few = np.repeat(RNG.normal(size=(5, 16)), 20, axis=0)
    assert told("embedding-collapse", points(few))


def test_an_embedding_on_a_line_is_a_note():
    line = RNG.normal(size=(100, 1)) * np.ones(16)
    (one,) = told("embedding-collapse", points(line + RNG.normal(0, 1e-3, (100, 16))))
    assert one.severity is Severity.NOTE and "in one direction" in one.message
    assert told("embedding-collapse", points(line + RNG.normal(0, 0.2, (100, 16)))) == ()


@pytest.mark.parametrize(
    "values", [np.ones((9, 16)), np.ones((100, 2)), np.full((100, 16), np.nan), np.ones(100)]
)
def test_embeddings_that_are_not_judged(values):
    verdict = judge(Logs((make.run(".", None, embeddings=(points(values),)),)))
    assert "enough points" in dict(verdict.not_run)["embedding-collapse"]
    assert not verdict.faults


def test_classes_out_of_balance_are_told():
    values = RNG.normal(size=(330, 16))
    labels = {"label": ("cat",) * 320 + ("dog",) * 10}
    (one,) = told("class-imbalance", points(values, labels))
    assert "320 points are 'cat' and 10 are 'dog'" in one.message


@pytest.mark.parametrize(
    "labels",
    [
        {"label": ("cat",) * 200 + ("dog",) * 130},
        {"word": ("a",) * 320 + ("b",) * 10},
        {"label": tuple(map(str, range(330)))},
        {"label": ("a",) * 16 + ("b",) * 1},
    ],
    ids=["balanced", "words", "names", "few"],
)
def test_labels_that_are_in_balance(labels):
    values = RNG.normal(size=(len(next(iter(labels.values()))), 16))
    assert told("class-imbalance", points(values, labels)) == ()


def test_without_embeddings_the_reason_is_said():
    assert reason("embedding-collapse", make.run(".")) == "no embeddings were logged"
