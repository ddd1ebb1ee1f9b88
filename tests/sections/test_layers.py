import numpy as np
import pytest

from tbreport.model import HistogramSeries
from tbreport.options import Options
from tbreport.roles import Quantity
from tbreport.sections import gradients, weights
from tbreport.sections.layers import grid, kernels, layers_of
from tbreport.sections.moments import moments
from tests.make import START, histogram_series, logs, run, scalar_series
from tests.sections.plain import said, words


def legacy(tag, arrays, steps=None):
    """What torch logs of each array: exact sums, and counts in 30 buckets."""
    steps = np.arange(len(arrays)) if steps is None else np.asarray(steps)
    made = [np.histogram(a, 30) for a in arrays]
    return HistogramSeries(
        tag,
        steps.astype(np.int64),
        START + steps.astype(float),
        edges=tuple(edges[1:] for _, edges in made),
        counts=tuple(counts.astype(float) for counts, _ in made),
        exact=np.ones(len(arrays), bool),
        minimum=np.array([a.min() for a in arrays], float),
        maximum=np.array([a.max() for a in arrays], float),
        num=np.array([a.size for a in arrays], float),
        sum=np.array([a.sum() for a in arrays], float),
        sum_squares=np.array([(a**2).sum() for a in arrays], float),
        logged=len(arrays),
    )


def tf2(tag, arrays):
    """What TensorFlow 2 logs of each array: rows of 30 even buckets."""
    rows = []
    for array in arrays:
        counts, edges = np.histogram(array, 30)
        rows.append(np.column_stack([edges[:-1], edges[1:], counts]))
    return histogram_series(tag, rows)


ARRAYS = [np.random.default_rng(seed).normal(0.1, 1 + seed, 5000) for seed in range(3)]


def test_legacy_moments_are_exact():
    found = moments(legacy("w", ARRAYS))
    assert found.exact
    for index, array in enumerate(ARRAYS):
        assert found.mean[index] == pytest.approx(array.mean())
        assert found.std[index] == pytest.approx(array.std())
        assert found.rms[index] == pytest.approx(np.sqrt((array**2).mean()))
        assert found.largest[index] == np.abs(array).max()
        assert found.mean_abs[index] == pytest.approx(np.abs(array).mean(), rel=0.02)


def test_tf2_moments_are_estimates_within_a_bucket():
    found = moments(tf2("w", ARRAYS))
    assert not found.exact
    for index, array in enumerate(ARRAYS):
        bucket = np.ptp(array) / 30
        assert abs(found.mean[index] - array.mean()) < bucket
        assert abs(found.std[index] - array.std()) < bucket


def test_constants_have_no_spread_and_zeros_are_counted():
    found = moments(legacy("w", [np.zeros(10), np.full(10, 0.1), np.arange(1.0, 5)]))
    assert np.array_equal(found.zeros, [1.0, 0.0, 0.0])
    assert found.std[:2].tolist() == [0.0, 0.0]
    # TensorFlow 2 logs a constant as buckets without a width.
    found = moments(histogram_series("w", [[[0, 0, 0], [0, 0, 10]], [[2, 2, 10]]]))
    assert np.array_equal(found.zeros, [1.0, 0.0])
    assert found.std.tolist() == [0.0, 0.0]


def test_a_wide_bucket_round_zero_tells_no_share_of_zeros():
    found = moments(histogram_series("w", [[[-1, 1, 10]], [[-1, -1e-9, 5], [-1e-9, 1e-9, 5]]]))
    assert np.isnan(found.zeros[0])
    assert found.zeros[1] == 0.5


def test_empty_and_broken_histograms_say_nothing():
    empty = histogram_series("w", [[], [[0, 1, 0]], [[0, np.inf, 3]]])
    found = moments(empty)
    assert np.isnan(found.mean).all()
    assert np.isnan(found.mean_abs).all()


def test_kinds_are_told_apart_and_kept_in_network_order():
    series = [
        legacy(t, ARRAYS) for t in ("fc2.weight", "fc1.weight", "fc1.bias", "grads/fc1.weight")
    ]
    one = run("a", {}, *series)
    assert [x.tag for x in layers_of(one, [Quantity.PARAMETER])] == [
        "fc2.weight",
        "fc1.weight",
        "fc1.bias",
    ]
    assert [x.tag for x in layers_of(one, [Quantity.GRADIENT])] == ["grads/fc1.weight"]
    assert [x.tag for x in kernels(layers_of(one, [Quantity.PARAMETER]))] == [
        "fc2.weight",
        "fc1.weight",
    ]


def test_a_grid_is_the_union_of_steps_with_holes():
    one = run(
        "a", {}, legacy("x.weight", ARRAYS, [0, 10, 20]), legacy("y.weight", ARRAYS[:1], [10])
    )
    steps, rows = grid(layers_of(one, [Quantity.PARAMETER]), "std")
    assert steps.tolist() == [0, 10, 20]
    assert np.isfinite(rows).tolist() == [[True, True, True], [False, True, False]]


def test_weights_have_a_map_a_table_and_pairs_of_pictures():
    found = logs(run("a", {}, legacy("fc1.weight", ARRAYS), tf2("fc2.weight", ARRAYS)))
    chapter = weights.build(found, (), Options())
    summary, *layers = chapter.panels
    table = words(summary.tables[0])
    assert [row[:2] for row in table[1:]] == [["fc1", "weight"], ["fc2", "weight"]]
    assert [row[-1] for row in table[1:]] == ["exact", "estimated"]
    assert len(summary.figures) == 1
    assert [(panel.title, len(panel.figures)) for panel in layers] == [("fc1", 2), ("fc2", 2)]
    for panel in chapter.panels:
        for figure in panel.figures:
            assert figure.chart.draw().png.startswith(b"\x89PNG")


def test_the_two_dialects_of_the_same_values_give_the_same_pictures_within_a_bucket():
    charts = []
    for make in (legacy, tf2):
        chapter = weights.build(logs(run("a", {}, make("fc.weight", ARRAYS))), (), Options())
        bands, ridges = (figure.chart for figure in chapter.panels[1].figures)
        charts.append((bands.levels, ridges.counts))
    width = max(np.ptp(array) for array in ARRAYS) / 30
    assert np.abs(charts[0][0] - charts[1][0]).max() <= width
    assert np.abs(charts[0][1] - charts[1][1]).max() <= 1e-6


def test_gradient_flow_over_depth_from_histograms():
    scale = [1.0, 1e-3, 0.0]
    series = [
        legacy(f"gradients/l{k}.weight", [a * s for a in ARRAYS]) for k, s in enumerate(scale)
    ]
    chapter = gradients.build(logs(run("a", {}, *series)), (), Options())
    panel = next(one for one in chapter.panels if one.title == "a")
    flow = panel.figures[0].chart
    assert [step.step for step in flow.steps] == [0, 1, 2]
    expected = np.abs(ARRAYS[0]).mean()
    assert flow.steps[0].mean[0] == pytest.approx(expected, rel=0.02)
    assert flow.steps[0].mean[1] == pytest.approx(expected * 1e-3, rel=0.02)
    assert flow.steps[0].largest[2] == 0
    assert "Exactly zero: l2/weight." in flow.alt
    assert all(figure.chart.draw().png.startswith(b"\x89PNG") for figure in panel.figures)


@pytest.mark.parametrize(
    "tags",
    [
        ("grad_2.0_norm/l0.weight", "grad_2.0_norm/l1.weight"),
        ("grad_2.0_norm_l0.weight", "grad_2.0_norm_l1.weight"),
        ("grad_norm/l0.weight", "grad_norm/l1.weight"),
    ],
)
def test_gradient_flow_from_norms_by_parameter(tags):
    series = [scalar_series(tag, [1.0, 0.5 * k]) for k, tag in enumerate(tags)]
    total = scalar_series("grad_2.0_norm_total", [2.0, 1.0])
    chapter = gradients.build(logs(run("a", {}, *series, total)), (), Options())
    norm, flow = chapter.panels
    assert norm.title == "Global gradient norm"
    assert flow.small == "2 layers from norms"
    assert said(flow) == ["Layers, input to output: 1 l0.weight, 2 l1.weight."]


def test_the_update_ratio_needs_weights_and_a_learning_rate():
    series = [
        legacy(f"{kind}/l{k}.weight", ARRAYS) for kind in ("weights", "gradients") for k in (0, 1)
    ]
    rate = scalar_series("lr", [0.1, 0.1, 0.1])
    for more, count in (((), 2), ((rate,), 3)):
        chapter = gradients.build(logs(run("a", {}, *series, *more)), (), Options())
        panel = next(one for one in chapter.panels if one.title == "a")
        assert len(panel.figures) == count
    assert np.allclose(panel.figures[2].chart.values, 0.1)


def test_without_gradients_the_section_tells_how_to_log_them():
    chapter = gradients.build(logs(run("a", {"loss": [1.0]})), (), Options())
    assert chapter.count == 0
    assert "add_histogram" in chapter.panels[0].prose[0].text
    assert gradients.build(logs(run("a")), (), Options()) is None


def test_hundreds_of_layers_stay_bounded_and_say_what_is_left_out():
    tiny = [np.linspace(-1, 1, 8) * (k + 1) for k in range(3)]
    series = [legacy(f"block.{k}.weight", tiny) for k in range(300)]
    chapter = weights.build(logs(run("a", {}, *series)), (), Options())
    figures = sum(len(panel.figures) for panel in chapter.panels)
    assert figures <= 2 * weights.MOST_PAIRS + 1
    assert len(chapter.panels[0].tables[0].rows) == 300
    assert sum(note.left_out for panel in chapter.panels for note in panel.notes) == 300 - 64
