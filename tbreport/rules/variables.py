"""The variables of a network graph that a user made, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tbreport.model import GraphNode
from tbreport.rules.network import Network

_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
# What an optimiser adds beside a variable: "w/Adam", "w/Momentum_1", "beta1_power".
_SLOTS = {
    "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "ExponentialMovingAverage", "Ftrl",
    "Momentum", "Nadam", "RMSProp", "SGD", "accumulator", "beta1_power", "beta2_power", "m", "v",
}  # fmt: skip
# Reading a variable only to keep it, or to ask whether it is there, is no use of it.
_KEEPING = {
    "Assign", "AssignVariableOp", "IsVariableInitialized", "NoOp", "RestoreV2", "Save",
    "SaveSlices", "SaveV2", "VarIsInitializedOp",
}  # fmt: skip
_HANDING_ON = frozenset({"Identity", "ReadVariableOp"})


def variables(network: Network) -> list[GraphNode]:
    """The variables without the slots of optimisers, counters and settings: those are scalars."""
    return [
        node for node in network.of(*_VARIABLES) if node.shape != () and not _is_slot(node.name)
    ]


def _is_slot(name: str) -> bool:
    last = name.rpartition("/")[2]
    stem, _, number = last.rpartition("_")
    return last in _SLOTS or (number.isdigit() and stem in _SLOTS)


def readers(network: Network) -> dict[str, list[GraphNode]]:
    """The nodes that take each node as an input, by its name."""
    found: dict[str, list[GraphNode]] = {}
    for node in network.nodes.values():
        for name in node.inputs:
            found.setdefault(name.partition(":")[0], []).append(node)
    return found


def is_used(variable: GraphNode, reading: Mapping[str, Sequence[GraphNode]]) -> bool:
    """Whether anything but initialising and saving depends on a variable."""
    pending, seen = [variable.name], set()
    while pending:
        for reader in reading.get(pending.pop(), ()):
            if reader.op in _HANDING_ON:
                if reader.name not in seen:
                    seen.add(reader.name)
                    pending.append(reader.name)
            elif reader.op not in _KEEPING:
                return True
    return False
