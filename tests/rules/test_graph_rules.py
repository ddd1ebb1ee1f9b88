"""Rules about graphs: sound and faulty losses of TensorFlow 1, as they stand in a GraphDef."""

import pytest

from tbreport.model import Graph, GraphNode
from tests import make
from tests.rules.trainings import only, reason

RULES = [
    "graph-double-softmax", "graph-double-sigmoid", "graph-log-of-softmax",
    "graph-ce-without-softmax", "graph-default-names", "graph-disconnected-variable",
]  # fmt: skip


def node(name, op, *inputs, shape=None):
    return GraphNode(name, op, inputs, shape=shape)


def network(prefix=""):
    """Two inputs and one linear layer; "scores" are its raw scores."""
    return [
        node("x", "Placeholder"),
        node("y", "Placeholder"),
        node(f"{prefix}w", "VariableV2", shape=(64, 10)),
        node(f"{prefix}w/Assign", "Assign", f"{prefix}w", "init"),
        node(f"{prefix}w/read", "Identity", f"{prefix}w"),
        node(f"{prefix}b", "VariableV2", shape=(10,)),
        node(f"{prefix}b/read", "Identity", f"{prefix}b"),
        node("MatMul", "MatMul", "x", f"{prefix}w/read"),
        node("scores", "BiasAdd", "MatMul", f"{prefix}b/read"),
    ]


def probabilities(of="scores"):
    return [node("Softmax", "Softmax", of)]


def fused(logits):
    """tf.nn.softmax_cross_entropy_with_logits, which flattens what it gets."""
    return [
        node("xent/shape", "Const"),
        node("xent/Reshape", "Reshape", logits, "xent/shape"),
        node("xent", "SoftmaxCrossEntropyWithLogits", "xent/Reshape", "y"),
        node("gradients/xent_grad/LogSoftmax", "LogSoftmax", "xent/Reshape"),
        node("gradients/xent_grad/Log", "Log", "Softmax"),
    ]


def logistic(logits):
    """tf.nn.sigmoid_cross_entropy_with_logits."""
    scope = "logistic_loss"
    return [
        node(f"{scope}/zeros_like", "ZerosLike", logits),
        node(f"{scope}/GreaterEqual", "GreaterEqual", logits, f"{scope}/zeros_like"),
        node(f"{scope}/mul", "Mul", logits, "y"),
        node(f"{scope}/Exp", "Exp", logits),
        node(f"{scope}/Log1p", "Log1p", f"{scope}/Exp"),
        node(scope, "AddV2", f"{scope}/mul", f"{scope}/Log1p"),
    ]


def by_hand(probability):
    return [node("Log", "Log", probability), node("mul", "Mul", "y", "Log")]


def run(nodes, kind="graph_def", functions=None):
    graph = Graph("", kind, tuple(nodes), functions or {}, 1)
    return make.run(".", None, graphs=(graph,))


SOUND = {
    "fused": [*network(), *fused("scores")],
    "softmax for a metric": [*network(), *probabilities(), *fused("scores"),
                             node("ArgMax", "ArgMax", "Softmax")],
    "log_softmax": [*network(), node("LogSoftmax", "LogSoftmax", "scores"),
                    node("mul", "Mul", "y", "LogSoftmax")],
    "log_softmax, then fused": [*network(), node("LogSoftmax", "LogSoftmax", "scores"),
                                *fused("LogSoftmax")],
    "clipped": [*network(), *probabilities(), node("eps", "Const"),
                node("clip", "Maximum", "Softmax", "eps"), *by_hand("clip")],
    "plus epsilon": [*network(), *probabilities(), node("eps", "Const"),
                     node("add", "AddV2", "Softmax", "eps"), *by_hand("add")],
    "logistic": [*network(), *logistic("scores")],
    "sigmoid and squares": [*network(), node("Sigmoid", "Sigmoid", "scores"),
                            node("mul", "Mul", "Sigmoid", "y")],
    "log of a mixture": [*network(), node("eps", "Const"),
                         node("add", "AddV2", "MatMul", "eps"), *by_hand("add")],
}  # fmt: skip
FAULTY = {
    "graph-double-softmax": [
        [*network(), *probabilities(), *fused("Softmax")],
        [*network(), *probabilities(), node("out", "Identity", "Softmax"),
         node("flat", "Reshape", "out", "s"),
         node("sparse", "SparseSoftmaxCrossEntropyWithLogits", "flat", "y")],
        [*network(), node("Sigmoid", "Sigmoid", "scores"), *fused("Sigmoid")],
    ],
    "graph-double-sigmoid": [[*network(), node("p", "Sigmoid", "scores"), *logistic("p")]],
    "graph-log-of-softmax": [
        [*network(), *probabilities(), *by_hand("Softmax")],
        [*network(), *probabilities(), node("p", "Identity", "Softmax"), *by_hand("p")],
    ],
    "graph-ce-without-softmax": [
        [*network(), *by_hand("scores")],
        [*network(), node("add", "AddV2", "MatMul", "b/read"), *by_hand("add")],
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("rule", RULES)
def test_sound_losses_raise_nothing(rule, name):
    assert only(rule, run(SOUND[name])) == ()


@pytest.mark.parametrize(
    ("rule", "nodes"), [(rule, nodes) for rule, every in FAULTY.items() for nodes in every]
)
def test_faulty_losses_are_told_apart(rule, nodes):
    assert [one.rule for one in _all(run(nodes))] == [rule]


def _all(logs):
    return [one for rule in RULES for one in only(rule, logs)]


def test_a_finding_names_the_operations():
    (one,) = only("graph-double-softmax", run(FAULTY["graph-double-softmax"][0]))
    assert one.message.startswith("xent gets Softmax (softmax)")
    assert "goes into Softmax" in one.remedy


def test_functions_of_tensorflow_2_are_looked_into():
    """In a function an input is called "node:output:0", and arguments are no nodes."""
    body = (
        node("Softmax", "Softmax", "scores"),
        node("loss", "SoftmaxCrossEntropyWithLogits", "Softmax:softmax", "y"),
    )
    assert only(
        "graph-double-softmax", run([node("call", "PartitionedCall")], functions={"f": body})
    )


def test_one_graph_logged_twice_is_one_finding():
    graphs = tuple(
        Graph("", kind, tuple(FAULTY["graph-double-softmax"][0]), {}, 1)
        for kind in ("graph_def", "meta_graph_def")
    )
    assert len(only("graph-double-softmax", make.run(".", None, graphs=graphs))) == 1


def test_loops_end():
    nodes = [node("a", "Identity", "b"), node("b", "Identity", "a"), node("Log", "Log", "a")]
    for rule in RULES:
        assert only(rule, run(nodes)) == ()


@pytest.mark.parametrize("rule", RULES)
def test_layers_are_no_operations(rule):
    assert "graph" in reason(rule, run([node("dense", "Dense")], kind="keras_model"))


def test_default_names_are_a_note():
    nodes = [node(f"layer/Variable_{place}", "VariableV2", shape=(3, 3)) for place in range(4)]
    (one,) = only("graph-default-names", run(nodes))
    assert one.message == "4 of 4 variables have default names."
    named = [*nodes, *[node(f"w{place}", "VariableV2", shape=(3, 3)) for place in range(9)]]
    assert only("graph-default-names", run(named)) == ()
    assert only("graph-default-names", run(nodes[:1])) == ()


def test_a_variable_that_nothing_reads_is_told():
    idle = [
        node("lost", "VariableV2", shape=(3, 3)),
        node("lost/Assign", "Assign", "lost", "zeros"),
        node("lost/read", "Identity", "lost"),
        node("save/SaveV2", "SaveV2", "prefix", "lost", "w"),
    ]
    kept = [
        node("global_step", "VariableV2", shape=()),
        node("w/Adam", "VariableV2", shape=(64, 10)),
        node("resource", "VarHandleOp", shape=(3,)),
        node("resource/Read", "ReadVariableOp", "resource"),
        node("use", "Mul", "resource/Read", "x"),
    ]
    (one,) = only("graph-disconnected-variable", run([*network(), *idle, *kept]))
    assert one.message == "lost is used by nothing."
