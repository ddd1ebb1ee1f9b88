"""Network graphs: GraphDef, MetaGraphDef, RunMetadata and Keras' JSON to nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tbreport.limits import DEFAULT, Limits
from tbreport.model import Graph, GraphNode
from tbreport.read.plugins import BadPayload, parse, text
from tbreport.read.wire import DecodeError, message

_AttrValue = message("AttrValue")
_Tensor = message("Tensor")
_Shape = tuple[int, ...] | None

# tensorflow/core/framework/types.proto
_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
    8: "complex64", 9: "int64", 10: "bool", 14: "bfloat16", 19: "float16", 20: "resource",
    22: "uint32", 23: "uint64",
}  # fmt: skip


class TooLarge(BadPayload):
    """The graph is larger or deeper than a limit; the text names it."""


def graph_def(
    data: bytes, tag: str = "", kind: str = "graph_def", limits: Limits = DEFAULT
) -> Graph:
    """A serialized GraphDef (TF1's and torch's ``add_graph``). Raises BadPayload."""
    return _graph(parse("GraphDef", data), tag, kind, len(data), limits)


def meta_graph_def(data: bytes, limits: Limits = DEFAULT) -> Graph:
    """The GraphDef inside a serialized MetaGraphDef. Raises BadPayload."""
    graph = parse("MetaGraphDef", data).graph_def
    return graph_def(graph, kind="meta_graph_def", limits=limits)


def run_metadata(data: bytes, tag: str, limits: Limits = DEFAULT) -> Graph | None:
    """The graphs traced into a serialized RunMetadata, None if it holds none. Raises BadPayload."""
    metadata = parse("RunMetadata", data)
    parts = list(metadata.partition_graphs)
    for function in metadata.function_graphs:
        traced = function.pre_optimization_graph
        parts.extend([traced] if traced.node or traced.library.function else [])
    if not parts:
        return None
    _check_size(parts, limits)
    graphs = [_graph(part, tag, "run_metadata", len(data), limits) for part in parts]
    nodes = {node.name: node for graph in graphs for node in graph.nodes}
    functions = {name: body for graph in graphs for name, body in graph.functions.items()}
    return Graph(tag, "run_metadata", tuple(nodes.values()), functions, len(data))


def _check_size(graphs: Sequence[Any], limits: Limits) -> None:
    bodies = [body for graph in graphs for body in graph.library.function]
    nodes = sum(len(graph.node) for graph in graphs) + sum(len(body.node_def) for body in bodies)
    if nodes > limits.graph_nodes:
        raise TooLarge(f"{nodes} nodes ({limits.told('graph_nodes')})")


def _graph(graph: Any, tag: str, kind: str, size: int, limits: Limits) -> Graph:
    _check_size([graph], limits)
    functions = {
        text(function.signature.name): tuple(_node(node) for node in function.node_def)
        for function in graph.library.function
    }
    return Graph(tag, kind, tuple(_node(node) for node in graph.node), functions, size)


def _node(node: Any) -> GraphNode:
    dtype, shape = "", None
    for attribute in node.attr:
        if attribute.key in (b"dtype", b"T") and not dtype:
            dtype = _DTYPES.get(_attribute(attribute.value).type, "")
        elif attribute.key in (b"shape", b"_output_shapes", b"value") and shape is None:
            shape = _shape(attribute.key, _attribute(attribute.value))
    inputs = tuple(_input(text(name)) for name in node.input)
    return GraphNode(text(node.name), text(node.op), inputs, text(node.device), dtype, shape)


def _attribute(data: bytes) -> Any:
    try:
        return _AttrValue.FromString(data)
    except DecodeError:
        return _AttrValue()


def _input(name: str) -> str:
    """The node an input comes from: ``^name`` is a control edge, ``name:1`` a second output."""
    name = name.removeprefix("^")
    head, _, output = name.rpartition(":")
    return head if head and output.isdigit() else name


def _shape(key: bytes, value: Any) -> _Shape:
    if key == b"value":
        try:
            shape = _Tensor.FromString(value.tensor).tensor_shape if value.tensor else None
        except DecodeError:
            return None
    elif key == b"_output_shapes":
        shape = value.list.shape[0] if value.list.shape else None
    else:
        shape = value.shape if value.HasField("shape") else None
    if shape is None or shape.unknown_rank:
        return None
    return tuple(dim.size for dim in shape.dim)


def keras_model(data: bytes, tag: str, limits: Limits = DEFAULT) -> Graph:
    """The layers in Keras' ``model.to_json()``; nested models become scopes. Raises BadPayload."""
    try:
        nodes = tuple(_keras_nodes(json.loads(data)["config"], "", limits.nesting, limits))
        if len(nodes) > limits.graph_nodes:
            raise TooLarge(f"{len(nodes)} layers ({limits.told('graph_nodes')})")
    except TooLarge:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadPayload("not a Keras model in JSON") from error
    return Graph(tag, "keras_model", nodes, {}, len(data))


def _keras_nodes(config: Any, scope: str, depth: int, limits: Limits) -> list[GraphNode]:
    if not depth:
        raise TooLarge(f"models in models ({limits.told('nesting')})")
    layers = config["layers"] if isinstance(config, Mapping) else config  # Keras 2.0 had a list
    nodes: list[GraphNode] = []
    previous = ""
    for layer in layers:
        settings = layer.get("config", {})
        inner = settings.get("name", "") if isinstance(settings, Mapping) else ""
        name = scope + str(layer.get("name") or inner)
        inbound = _keras_inputs(layer.get("inbound_nodes"), scope)
        if inbound is None:  # a Sequential model: each layer follows the one before
            inbound = (previous,) if previous else ()
        if isinstance(settings, Mapping) and "layers" in settings:
            nodes += _keras_nodes(settings, name + "/", depth - 1, limits)
        else:
            dtype, shape = _keras_dtype(settings), _keras_shape(settings)
            nodes.append(GraphNode(name, str(layer["class_name"]), inbound, "", dtype, shape))
        previous = name
    return nodes


def _keras_inputs(inbound: Any, scope: str) -> tuple[str, ...] | None:
    """Names of the layers in ``inbound_nodes``: Keras 3 nests them in tensors, Keras 2 in lists."""
    if inbound is None:
        return None
    names: list[str] = []
    pending = [inbound]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            history = item.get("keras_history") or item.get("config", {}).get("keras_history")
            pending.extend([history] if history else list(item.values()))
        elif isinstance(item, list):
            if len(item) >= 3 and isinstance(item[0], str) and isinstance(item[1], int):
                names.append(scope + item[0])
            else:
                pending.extend(reversed(item))
    return tuple(dict.fromkeys(names))


def _keras_dtype(settings: Mapping[str, Any]) -> str:
    dtype = settings.get("dtype", "")
    if isinstance(dtype, Mapping):  # Keras 3 stores a DTypePolicy
        dtype = dtype.get("config", {}).get("name", "")
    return str(dtype or "")


def _keras_shape(settings: Mapping[str, Any]) -> _Shape:
    shape = settings.get("batch_shape") or settings.get("batch_input_shape")
    if not isinstance(shape, list):
        return None
    return tuple(size if isinstance(size, int) else -1 for size in shape)
