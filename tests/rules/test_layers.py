"""Layers: histograms by what they are of, and what is known of the values."""

import numpy as np
import pytest

from tbreport.roles import histogram_role
from tbreport.rules.layers import Tensor, classes, layers
from tests import make
from tests.rules.trainings import exact_histograms, keras_histograms, layer, normal, uniform


def tensor(series):
    return Tensor("a", histogram_role(series.tag), series)


def found(*series):
    return layers([make.run(".", None, *series)])


def test_weights_come_with_their_biases_and_gradients():
    weight, bias = layer("net.fc1")
    gradient = exact_histograms("net.fc1.weight.grad", [normal(640)] * 6)
    (one,) = found(weight, bias, gradient).weights
    assert (one.layer, one.name) == ("net/fc1", "net/fc1/weight")
    assert (one.bias.tag, one.gradient.tag) == ("net.fc1.bias", "net.fc1.weight.grad")


def test_each_gate_has_the_bias_of_its_name():
    series = [
        exact_histograms(f"gru.{name}", [normal(size)])
        for name, size in (
            ("weight_ih_l0", 1200),
            ("weight_hh_l0", 900),
            ("bias_ih_l0", 30),
            ("bias_hh_l0", 30),
        )
    ]
    biases = {one.values.tag: one.bias.tag for one in found(*series).weights}
    assert biases == {"gru.weight_ih_l0": "gru.bias_ih_l0", "gru.weight_hh_l0": "gru.bias_hh_l0"}


def test_a_weight_of_the_size_of_its_bias_is_a_scale():
    """LayerNorm inside nn.Sequential is called "blocks.0.0.weight"."""
    scale = [
        exact_histograms("blocks.0.0.weight", [np.ones(32)]),
        exact_histograms("blocks.0.0.bias", [np.zeros(32)]),
        exact_histograms("blocks.0.0.weight.grad", [normal(32)]),
        exact_histograms("blocks.0.0.bias.grad", [normal(32)]),
    ]
    assert not found(*scale).weights and not found(*scale).gradients


@pytest.mark.parametrize("tag", ["bn1.weight", "emb.weight", "pos", "fc.bias", "predictions"])
def test_what_is_no_kernel_is_left_out(tag):
    assert not found(exact_histograms(tag, [normal(50)])).weights


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["fc1", "out"], (10, True)),
        (["fc1", "fc2"], (10, False)),
        (["classifier", "fc1"], (64, True)),
        (["attn.out_proj", "fc"], (10, False)),
        ([], (0, False)),
    ],
)
def test_the_last_bias_counts_the_classes(names, expected):
    sizes = dict(zip(names, [64, 10], strict=False))
    series = [one for name, size in sizes.items() for one in layer(name, outputs=size)]
    assert classes(found(*series)) == expected


def test_moments_are_exact_where_they_were_kept():
    values = normal(1000, 0.3)
    one = tensor(exact_histograms("w", [values]))
    least, most = one.rms()
    assert least[0] == most[0] == pytest.approx(np.sqrt((values**2).mean()))
    assert one.spread()[0] == pytest.approx(values.std())
    assert one.largest[0] == np.abs(values).max()


def test_moments_are_bounds_where_they_were_not():
    values = normal(1000, 0.3)
    one = tensor(keras_histograms("w", [values]))
    least, most = one.rms()
    assert least[0] < np.sqrt((values**2).mean()) < most[0]
    assert not one.is_exact and np.isnan(one.spread()[0])


def test_movement_is_of_the_size_of_the_weight():
    start = uniform(500)
    assert tensor(exact_histograms("w", [start, start])).movement() == 0
    assert tensor(exact_histograms("w", [start, start * 1.1])).movement() == pytest.approx(
        0.1 * np.abs(start).max() / np.sqrt((start**2).mean())
    )
    assert tensor(keras_histograms("w", [start, start * 1.1])).movement() == pytest.approx(0.1)
    assert tensor(exact_histograms("w", [np.zeros(5), np.ones(5)])).movement() == 1
    assert tensor(exact_histograms("w", [start, start * np.nan])).movement() == np.inf
