"""A network graph as rules walk it: from an operation back to what its input really comes from.

Only graphs of operations count (TensorFlow 1, ``FileWriter(graph)``, functions of TensorFlow 2);
gradients and optimisers are left out, since rules are about what a user wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tbreport.model import Graph, GraphNode
from tbreport.rules.training import Training, Unchecked

# Operations that hand their first input on as it is.
_PASSING = frozenset(
    {
        "Cast", "CheckNumerics", "ConcatV2", "EnsureShape", "ExpandDims", "Identity", "IdentityN",
        "Pack", "PreventGradient", "Print", "Reshape", "Snapshot", "Squeeze", "StopGradient",
        "Transpose",
    }
)  # fmt: skip
_PRODUCTS = {"MatMul", "BatchMatMul", "BatchMatMulV2", "Conv1D", "Conv2D", "Conv3D"}
_BIASES = {"Variable", "VariableV2", "VarHandleOp", "ReadVariableOp"}
_NOT_WRITTEN = re.compile(r"(^|/)(gradients(_\d+)?|gradient_tape(_\d+)?)(/|$)")
_KINDS = ("graph_def", "meta_graph_def", "run_metadata")


@dataclass(frozen=True, eq=False)
class Network:
    """The operations of one graph, or of the body of one function, by name."""

    nodes: Mapping[str, GraphNode]

    def of(self, *operations: str) -> Iterator[GraphNode]:
        """The nodes with one of these operations, in the order of the graph."""
        return (node for node in self.nodes.values() if node.op in operations)

    def input(self, node: GraphNode, index: int) -> GraphNode | None:
        """What an input really comes from, None for arguments and inputs that do not exist."""
        if index >= len(node.inputs):
            return None
        found = self._node(node.inputs[index])
        seen = set()
        while found is not None and found.op in _PASSING and found.inputs:
            if found.name in seen:  # a loop of TensorFlow 1
                return None
            seen.add(found.name)
            found = self._node(found.inputs[0])
        return found

    def _node(self, name: str) -> GraphNode | None:
        """In functions an input is called "node:output"; no name holds a colon."""
        return self.nodes.get(name.partition(":")[0])


def networks(training: Training) -> list[tuple[str, Network]]:
    """(run, network) of every graph and function body. Raises Unchecked where there is none."""
    found = [
        (run.name, Network({node.name: node for node in nodes}))
        for run in training.runs
        for graph in run.graphs
        if graph.kind in _KINDS
        for nodes in _bodies(graph)
    ]
    if not found:
        raise Unchecked("no graph of operations was logged")
    return found


def _bodies(graph: Graph) -> Iterator[list[GraphNode]]:
    for body in (graph.nodes, *graph.functions.values()):
        nodes = [node for node in body if not _NOT_WRITTEN.search(node.name)]
        if nodes:
            yield nodes


def is_linear(network: Network, node: GraphNode | None) -> bool:
    """Whether a node is what a layer without activation gives: a product plus a bias."""
    if node is None or node.op not in ("BiasAdd", "Add", "AddV2"):
        return False
    sides = [network.input(node, 0), network.input(node, 1)]
    return any(_is(side, _PRODUCTS) for side in sides) and any(_is(side, _BIASES) for side in sides)


def _is(node: GraphNode | None, operations: Iterable[str]) -> bool:
    return node is not None and node.op in operations
