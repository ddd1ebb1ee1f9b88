"""Graphs: nodes, inputs, dtypes and shapes of every form in which a network is logged."""

from __future__ import annotations

from typing import Any

import pytest
from tensorboard.compat.proto import (
    config_pb2,
    function_pb2,
    graph_pb2,
    meta_graph_pb2,
    step_stats_pb2,
    tensor_pb2,
    tensor_shape_pb2,
    types_pb2,
)

from tbreport.model import Graph, GraphNode, Profile, Run
from tests import writer
from tests.read.single import read
from tests.writer import event, tensor_value


def only(run: Run) -> Graph:
    (graph,) = run.graphs
    assert run.gaps == ()
    return graph


def shape(*sizes: int) -> Any:
    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in sizes]
    return tensor_shape_pb2.TensorShapeProto(dim=dims)


def tensorboards_graph() -> graph_pb2.GraphDef:
    """A graph of TensorBoard's protos with every form of shape and of input."""
    graph = graph_pb2.GraphDef()
    x = graph.node.add(name="x", op="Placeholder", device="/gpu:0")
    x.attr["dtype"].type = types_pb2.DT_FLOAT
    x.attr["shape"].shape.CopyFrom(shape(-1, 28))
    w = graph.node.add(name="w", op="Const")
    w.attr["dtype"].type = types_pb2.DT_HALF
    w.attr["value"].tensor.CopyFrom(
        tensor_pb2.TensorProto(dtype=types_pb2.DT_HALF, tensor_shape=shape(28, 10))
    )
    y = graph.node.add(name="y", op="MatMul", input=["x:1", "w", "^x", "scope/a:b"])
    y.attr["T"].type = types_pb2.DT_FLOAT
    y.attr["_output_shapes"].list.shape.append(shape(-1, 10))
    unknown = graph.node.add(name="z", op="Op")
    unknown.attr["shape"].shape.unknown_rank = True
    unknown.attr["T"].type = 9999
    return graph


NODES = (
    GraphNode("x", "Placeholder", (), "/gpu:0", "float32", (-1, 28)),
    GraphNode("w", "Const", (), "", "float16", (28, 10)),
    GraphNode("y", "MatMul", ("x", "w", "x", "scope/a:b"), "", "float32", (-1, 10)),
    GraphNode("z", "Op"),
)


def test_a_graph_def(tmp_path):
    data = tensorboards_graph().SerializeToString()
    graph = only(read(tmp_path, event(graph_def=data)))
    assert graph.nodes == NODES
    assert (graph.tag, graph.kind, graph.size, graph.times) == ("", "graph_def", len(data), 1)
    assert graph.functions == {}


def test_a_meta_graph_def(tmp_path):
    meta = meta_graph_pb2.MetaGraphDef(graph_def=tensorboards_graph())
    graph = only(read(tmp_path, event(meta_graph_def=meta.SerializeToString())))
    assert (graph.kind, graph.nodes) == ("meta_graph_def", NODES)


def test_functions_of_a_library(tmp_path):
    made = graph_pb2.GraphDef()
    function = function_pb2.FunctionDef()
    function.signature.name = "__inference_train"
    function.node_def.add(name="add", op="AddV2", input=["a:output:0"])
    made.library.function.append(function)
    graph = only(read(tmp_path, event(graph_def=made.SerializeToString())))
    assert graph.functions == {"__inference_train": (GraphNode("add", "AddV2", ("a:output",)),)}


@pytest.mark.parametrize("plugin", ["graph_run_metadata", "graph_run_metadata_graph"])
def test_run_metadata_of_tensorflow_2(tmp_path, plugin):
    metadata = config_pb2.RunMetadata()
    traced = metadata.function_graphs.add()
    traced.pre_optimization_graph.CopyFrom(tensorboards_graph())
    made = tensor_value("batch_2", writer.strings(metadata.SerializeToString()), plugin)
    graph = only(read(tmp_path, event(2, made)))
    assert (graph.tag, graph.kind, graph.nodes) == ("batch_2", "run_metadata", NODES)


def test_run_metadata_of_tensorflow_1(tmp_path):
    metadata = config_pb2.RunMetadata(partition_graphs=[tensorboards_graph()])
    made = writer.tagged_run_metadata("step1", metadata.SerializeToString())
    graph = only(read(tmp_path, made))
    assert (graph.tag, graph.kind, graph.nodes) == ("step1", "run_metadata", NODES)


def test_run_metadata_without_a_graph_are_a_profile(tmp_path):
    stats = step_stats_pb2.StepStats(dev_stats=[step_stats_pb2.DeviceStepStats(device="/cpu:0")])
    data = config_pb2.RunMetadata(step_stats=stats).SerializeToString()
    run = read(tmp_path, writer.tagged_run_metadata("step1", data, step=7))
    assert run.graphs == ()
    assert run.profiles == (Profile("step1", len(data), 7),)


def test_a_graph_that_is_logged_again_is_one(tmp_path):
    data = tensorboards_graph().SerializeToString()
    again = event(graph_def=data), event(meta_graph_def=writer.meta_graph_def(data))
    run = read(tmp_path, *again, event(9, graph_def=data))
    assert [(graph.kind, graph.times) for graph in run.graphs] == [
        ("graph_def", 2),
        ("meta_graph_def", 1),
    ]


def test_names_that_are_not_utf8_are_shown_with_escapes(tmp_path):
    data = tensorboards_graph().SerializeToString().replace(b"Placeholder", b"Placeholde\xff")
    assert only(read(tmp_path, event(graph_def=data))).nodes[0].op == "Placeholde\\xff"


def layer(name: str, inbound: Any, kind: str = "Dense", **config: Any) -> dict[str, Any]:
    made = {"class_name": kind, "name": name, "config": {"name": name, **config}}
    return made if inbound is None else {**made, "inbound_nodes": inbound}


def keras3(*names: str) -> list[Any]:
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}
        for name in names
    ]
    return [{"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": {}}]


@pytest.mark.parametrize(
    ("layers", "inputs"),
    [
        ([layer("a", None), layer("b", None), layer("c", None)], [(), ("a",), ("b",)]),
        ([layer("a", []), layer("b", [[["a", 0, 0, {}]]])], [(), ("a",)]),
        (
            [layer("a", []), layer("b", []), layer("c", [[["a", 0, 0, {}], ["b", 0, 0, {}]]])],
            [(), (), ("a", "b")],
        ),
        (
            [layer("a", []), layer("b", keras3("a")), layer("c", keras3("a", "b"))],
            [(), ("a",), ("a", "b")],
        ),
    ],
    ids=["sequential", "keras 2", "keras 2, two inputs", "keras 3"],
)
def test_a_keras_model(tmp_path, layers, inputs):
    graph = only(read(tmp_path, event(0, writer.keras_model("keras", {"layers": layers}))))
    assert (graph.tag, graph.kind) == ("keras", "keras_model")
    assert [node.inputs for node in graph.nodes] == inputs
    assert {node.op for node in graph.nodes} == {"Dense"}


def test_what_keras_says_of_a_layer(tmp_path):
    policy = {"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}
    layers = [
        layer("old", [], "InputLayer", dtype="float32", batch_input_shape=[None, 28]),
        layer("new", [], "InputLayer", dtype=policy, batch_shape=[None, 28, 1]),
        layer("inner", [], "Functional", layers=[layer("deep", [])]),
    ]
    graph = only(read(tmp_path, event(0, writer.keras_model("keras", {"layers": layers}))))
    assert graph.nodes == (
        GraphNode("old", "InputLayer", dtype="float32", shape=(-1, 28)),
        GraphNode("new", "InputLayer", dtype="mixed_float16", shape=(-1, 28, 1)),
        GraphNode("inner/deep", "Dense"),
    )
