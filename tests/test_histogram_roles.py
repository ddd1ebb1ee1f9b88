"""Histogram roles: what the tags of histograms say, in the idioms of frameworks and of users."""

import pytest

from tbreport.roles import Part, Quantity, histogram_role

P, G, A, U = Quantity.PARAMETER, Quantity.GRADIENT, Quantity.ACTIVATION, Quantity.UNKNOWN
K, B, N, E, POS, NONE = (
    Part.KERNEL,
    Part.BIAS,
    Part.NORM,
    Part.EMBEDDING,
    Part.POSITION,
    Part.UNKNOWN,
)


@pytest.mark.parametrize(
    ("tag", "quantity", "part", "layer"),
    [
        ("net.fc1.weight", P, K, "net/fc1"),
        ("weights/net.fc1.weight", P, K, "net/fc1"),
        ("params/net/fc1/bias", P, B, "net/fc1"),
        ("weights/fc1", P, K, "fc1"),
        ("biases/fc1", P, B, "fc1"),
        ("sequential/dense/kernel/histogram", P, K, "sequential/dense"),
        ("dense/kernel_0", P, K, "dense"),
        ("linear/kernel:0", P, K, "linear"),
        ("layer1/weights/summaries/histogram", P, K, "layer1"),
        ("bert.encoder.layer.0.output.dense.weight", P, K, "bert/encoder/layer/0/output/dense"),
        ("output_layer/kernel_0", P, K, "output_layer"),
        ("gru.weight_ih_l0", P, K, "gru"),
        ("gru.bias_hh_l0", P, B, "gru"),
        ("attn/value/kernel", P, K, "attn/value"),
        ("fc1/W", P, K, "fc1"),
        ("sequential/batch_normalization/gamma/histogram", P, N, "sequential/batch_normalization"),
        ("bn1.running_var", P, N, "bn1"),
        ("blocks.0.norm1.weight", P, N, "blocks/0/norm1"),
        ("model.BatchNorm2d.bias", P, N, "model/BatchNorm2d"),
        ("embed/embeddings_0", P, E, "embed"),
        ("emb.weight", P, E, "emb"),
        ("pos_embed.weight", P, POS, "pos_embed"),
        ("grads/net.fc1.weight", G, K, "net/fc1"),
        ("net.fc1.bias.grad", G, B, "net/fc1"),
        ("fc1.weight_grad", G, K, "fc1"),
        ("gradients/weights/fc1", G, K, "fc1"),
        ("layer1/weights/gradients", G, K, "layer1"),
        ("activations/net.relu1", A, NONE, "net/relu1"),
        ("act/net.tanh1", A, NONE, "net/tanh1"),
        ("layer1/activations", A, NONE, "layer1"),
        ("encoder/output", A, NONE, "encoder/output"),
        ("predictions", U, NONE, "predictions"),
        ("histo", U, NONE, "histo"),
    ],
)
def test_a_tag_says_what_it_is_of(tag, quantity, part, layer):
    role = histogram_role(tag)
    assert (role.quantity, role.part, role.layer) == (quantity, part, layer)


@pytest.mark.parametrize(
    ("value", "gradient"),
    [
        ("net.fc1.weight", "grads/net.fc1.weight"),
        ("net.fc1.weight", "net.fc1.weight.grad"),
        ("params/net/fc1/weight", "gradients/net/fc1/weight"),
        ("fc1.weight", "fc1.weight_grad"),
        ("layer1/weights", "layer1/weights/gradients"),
        ("weights/fc1", "gradients/fc1"),
    ],
)
def test_a_parameter_and_its_gradient_have_one_name(value, gradient):
    assert histogram_role(value).parameter == histogram_role(gradient).parameter


@pytest.mark.parametrize("tag", ["", "/", "..", "weights", "grad", "///a", "重み", "\x00", "a/b/"])
def test_odd_names_have_a_role_all_the_same(tag):
    role = histogram_role(tag)
    assert isinstance(role.layer, str) and isinstance(role.parameter, str)
