"""A network graph folded by name scope: boxes that can be drawn, whatever the number of nodes.

Folding comes before layout, so that a graph of 200,000 nodes costs one pass over them.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tbreport.model import GraphNode
from tbreport.names import natural_key

MOST_BOXES = 40  # in one picture; more can't be told apart at the width of a page
FEW_BOXES = 4  # a level with fewer is opened further, if one of its scopes holds most nodes
SERIES = 3  # equal siblings that differ by number only are folded from this many on

VARIABLE_OPS = frozenset({"Variable", "VariableV2", "VarHandleOp", "AutoReloadVariable"})
_TORCH_PARAMETER = "prim::GetAttr"
# Optimizer slots and counters are variables too, but no parameters of the network.
_SLOT = re.compile(
    r"(^|/)(Adam|AdamW|Adagrad|Adadelta|RMSProp|Momentum|Ftrl|SGD|Nadam|ExponentialMovingAverage)"
    r"(_\d+)?(/|$)|(^|/)(global_step|beta\d_power|iter(ation)?s?|learning_rate|decay|total|count"
    r"|moving_(mean|variance))(_\d+)?$",
    re.IGNORECASE,
)
# What training adds to a network: it would cover the picture of the network itself.
_MACHINERY = re.compile(
    r"^(gradients?|gradient_tape|save|init|report_uninitialized\w*|training|\w*_?train|metrics"
    r"|group_deps\w*|Adam|SGD|RMSprop|Adagrad|Momentum|Merge\w*|parameter_count|summar\w*"
    r"|Assign\w*|global_step|beta\d_power)(_\d+)?$",
    re.IGNORECASE,
)
_TRIFLES = re.compile(
    r"Const|^prim::|Initialized|^NoOp$|Summary|^Assert|^ReadVariableOp$|^Identity$|^Shape$|^Pack$"
    r"|^StridedSlice$|^Range$|^Cast$|^aten::Int$|^Mul$|^AddN$|^Sum$|^Size$",
)
_NUMBER = re.compile(r"_?\d+")
_NUMBER_WORD = re.compile(r"^(.*?)[_\[(-]?(\d+)\]?\)?$")


class Box(NamedTuple):
    """One node or scope of a level, or a series of equal ones.

    ``path`` is the full name, ``label`` the part shown, ``ops`` the number of nodes inside,
    ``parameters`` how many numbers the variables inside hold, ``kind`` the op of a single node or
    the commonest telling op of a scope, ``times`` how many equal ones the box stands for.
    """

    path: str
    label: str
    ops: int
    parameters: int
    kind: str
    scope: bool
    times: int = 1
    last: str = ""


@dataclass(frozen=True)
class Edge:
    """Values that flow between two boxes of a level: their number and a shape, if all agree."""

    source: int
    target: int
    count: int
    shape: str


@dataclass(frozen=True)
class Level:
    """The boxes inside ``scope`` ("" is the whole graph) and what was left out of the picture."""

    scope: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    left_out: tuple[Box, ...] = ()


@dataclass(slots=True)
class _Child:
    """What is known of one child of a scope while its nodes are counted.

    ``inner`` counts the names inside, and is empty for a single node.
    """

    ops: int = 0
    parameters: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    inner: Counter[str] | None = None

    @property
    def scope(self) -> bool:
        """Whether there are nodes inside."""
        return self.inner is not None


def is_variable(node: GraphNode) -> bool:
    """Whether the node holds numbers of the network: not optimizer slots, counters, averages."""
    if node.op == _TORCH_PARAMETER:
        return bool(node.shape)
    return node.op in VARIABLE_OPS and not _SLOT.search(node.name)


def parameter_count(node: GraphNode) -> int:
    """The numbers a variable holds; 0 for other nodes and where a dimension is unknown."""
    if not is_variable(node) or node.shape is None or any(size < 0 for size in node.shape):
        return 0
    return math.prod(node.shape)


def level(nodes: Sequence[GraphNode], scope: str = "") -> Level:
    """The level inside ``scope``, opened further while one of its scopes holds half of it."""
    prefix = f"{scope}/" if scope else ""
    inside = [node for node in nodes if node.name.startswith(prefix)] if prefix else nodes
    opened: set[str] = set()
    while True:
        places = {node.name: _place(node.name, prefix, opened) for node in inside}
        children = _children(inside, places)
        largest = max(children, key=lambda name: children[name].ops, default="")
        small = len(children) < FEW_BOXES and children and children[largest].scope
        if not small or children[largest].ops < len(inside) / 2:
            break
        opened.add(largest)
    return _draw(scope, inside, places, children, prefix, opened)


def _place(name: str, prefix: str, opened: set[str]) -> str:
    """The path of the box that a node belongs to."""
    end = name.find("/", len(prefix))
    path = name if end < 0 else name[:end]
    while path in opened:
        end = name.find("/", len(path) + 1)
        if end < 0:
            return name
        path = name[:end]
    return path


def _children(nodes: Sequence[GraphNode], places: Mapping[str, str]) -> dict[str, _Child]:
    children: dict[str, _Child] = {}
    singles: dict[str, dict[str, int]] = {}  # shared: a graph may have 200,000 of them
    for node in nodes:
        path = places[node.name]
        child = children.get(path)
        if child is None and path == node.name:
            kinds = singles.setdefault(node.op, {node.op: 1})
            children[path] = _Child(1, parameter_count(node), kinds)
            continue
        if child is None:
            child = children[path] = _Child()
        elif child.ops == 1:
            child.kinds = dict(child.kinds)
        child.ops += 1
        child.kinds[node.op] = child.kinds.get(node.op, 0) + 1
        child.parameters += parameter_count(node)
        if len(node.name) > len(path):
            if child.inner is None:
                child.inner = Counter()
            child.inner[_NUMBER.sub("#", node.name[len(path) :])] += 1
    return children


def _draw(
    scope: str,
    nodes: Sequence[GraphNode],
    places: Mapping[str, str],
    children: Mapping[str, _Child],
    prefix: str,
    opened: Collection[str],
) -> Level:
    names = {path: _fold(path, children) for path in children}
    sizes = Counter(names.values())
    members: dict[str, list[str]] = defaultdict(list)
    for path, name in names.items():
        names[path] = name if sizes[name] >= SERIES else path
        members[names[path]].append(path)
    boxes = {name: _box(paths, children, prefix, opened) for name, paths in members.items()}
    owners = {node: names[path] for node, path in places.items()}
    flows = {
        (owners[source], owners[node.name])
        for node in nodes
        for source in node.inputs
        if source in owners and owners[source] != owners[node.name]
    }
    shown = _shown(boxes, flows)
    index = {name: place for place, name in enumerate(shown)}
    edges = _edges(nodes, owners, index)
    rest = tuple(boxes[name] for name in boxes if name not in index)
    return Level(scope, tuple(boxes[name] for name in shown), edges, rest)


def _fold(path: str, children: Mapping[str, _Child]) -> str:
    """A name that siblings share when they differ by a number only and hold the same things."""
    child = children[path]
    if child.inner is None:
        return path
    head, _, label = path.rpartition("/")
    match = _NUMBER_WORD.match(label)
    base = match[1] if match else label
    if not base:
        return path
    signature = sorted(child.kinds.items()), sorted(child.inner.items())
    return f"{head}/{base}#{signature!r}"


def _box(
    paths: Sequence[str], children: Mapping[str, _Child], prefix: str, opened: Collection[str]
) -> Box:
    ordered = sorted(paths, key=natural_key) if len(paths) > 1 else paths
    first = children[ordered[0]]
    outer = [len(scope) + 1 for scope in opened if ordered[0].startswith(f"{scope}/")]
    start = max([len(prefix), *outer])
    label = ordered[0][start:]
    kind = _kind(first.kinds)
    numbered = label.split(".")[0].rstrip("0123456789") in ("", "input", "output")
    if numbered and not first.scope and "::" in kind:
        label = kind.rpartition("::")[2]  # torch numbers its nodes; the op says more
    return Box(
        ordered[0],
        label,
        sum(children[path].ops for path in paths),
        sum(children[path].parameters for path in paths),
        kind,
        first.scope,
        len(paths),
        ordered[-1][start:] if len(paths) > 1 else "",
    )


_TELLING = re.compile(
    r"conv|matmul|linear|addmm|gru|lstm|attention|embedding|gather|softmax|norm|pool|relu|tanh"
    r"|sigmoid|gelu|dropout|dense|entropy|concat|cat$|add|mul|mean",
    re.IGNORECASE,
)


def _kind(kinds: Mapping[str, int]) -> str:
    """The op that tells most about a scope: of the first telling word, else the commonest."""
    if len(kinds) == 1:
        return next(iter(kinds))
    words = _TELLING.pattern.split("|")
    for word in words:
        found = [op for op in kinds if re.search(word, op, re.IGNORECASE)]
        if found:
            return max(found, key=lambda op: (kinds[op], op))
    return max(kinds, key=lambda op: (kinds[op], op))


def _shown(boxes: Mapping[str, Box], flows: Collection[tuple[str, str]]) -> list[str]:
    """The boxes to draw: the network itself, and the weightiest of it where that is too much.

    The machinery of training is left out, and so are single nodes that feed constants or settings,
    that only look at a value, or that nothing is connected with.
    """
    network = [name for name, box in boxes.items() if not _MACHINERY.match(box.label)]
    kept = _without_trifles(boxes, network, flows)
    network = [name for name in network if name in kept]
    if len(network) < 2:
        network = list(boxes)
    if len(network) <= MOST_BOXES:
        return network
    weightiest = sorted(
        network, key=lambda name: (-boxes[name].parameters, -boxes[name].ops, natural_key(name))
    )
    kept = set(weightiest[:MOST_BOXES])
    return [name for name in network if name in kept]


def _without_trifles(
    boxes: Mapping[str, Box], network: Sequence[str], flows: Collection[tuple[str, str]]
) -> set[str]:
    """The boxes of ``network`` that are no trifles; what only fed or read one becomes one itself.

    Only boxes that lost a neighbour are looked at again, so that a chain of 200,000 constants costs
    one pass and not 200,000.
    """
    left = set(network)
    sources: dict[str, list[str]] = defaultdict(list)
    targets: dict[str, list[str]] = defaultdict(list)
    for source, target in flows:
        if source in left and target in left:
            sources[target].append(source)
            targets[source].append(target)
    inputs = {name: len(found) for name, found in sources.items()}
    outputs = {name: len(found) for name, found in targets.items()}
    changed: Collection[str] = network
    while changed:
        trifles = {
            name
            for name in changed
            if _is_trifle(
                boxes[name],
                has_input=inputs.get(name, 0) > 0,
                has_output=outputs.get(name, 0) > 0,
            )
        }
        left -= trifles
        changed = set()
        for name in trifles:
            for target in targets.get(name, ()):
                inputs[target] -= 1
            for source in sources.get(name, ()):
                outputs[source] -= 1
            changed.update(targets.get(name, ()), sources.get(name, ()))
        changed &= left
    return left


def _is_trifle(box: Box, *, has_input: bool, has_output: bool) -> bool:
    if not (has_input or has_output):
        return not box.parameters
    ends = not (has_input and has_output)
    return not box.scope and ends and bool(_TRIFLES.search(box.kind))


def _edges(
    nodes: Sequence[GraphNode], names: Mapping[str, str], index: Mapping[str, int]
) -> tuple[Edge, ...]:
    counts: Counter[tuple[int, int]] = Counter()
    shapes: dict[tuple[int, int], set[str]] = defaultdict(set)
    by_name = {node.name: node for node in nodes}
    for node in nodes:
        target = index.get(names[node.name])
        for source_name in node.inputs:
            source = index.get(names.get(source_name, ""))
            if source is None or target is None or source == target:
                continue
            counts[source, target] += 1
            shape = by_name[source_name].shape
            if shape and len(shapes[source, target]) < 2:
                shapes[source, target].add("×".join("?" if s < 0 else str(s) for s in shape))
    return tuple(
        Edge(*pair, count, next(iter(shapes[pair])) if len(shapes[pair]) == 1 else "")
        for pair, count in sorted(counts.items())
    )
