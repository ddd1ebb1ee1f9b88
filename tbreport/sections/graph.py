"""Graph: the network as its scopes, in layers, with a key, its variables and its operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tbreport.charts.graphmap import GraphMap, MapBox, MapEdge
from tbreport.model import Finding, Graph, GraphNode, Logs
from tbreport.options import Options
from tbreport.sections.kit import (
    Cell,
    Chapter,
    Column,
    Figure,
    Note,
    Panel,
    Section,
    Table,
)
from tbreport.sections.scopes import Box, Level, is_variable, level, parameter_count
from tbreport.sections.words import counted, listed

MOST_GRAPHS = 6  # different graphs drawn; the rest is counted
MOST_SCOPES = 8  # pictures of single scopes for each graph
SCOPE_NODES = 12  # a scope with fewer nodes needs no picture of its own
MOST_VARIABLES = 400  # rows of the table of variables
_KINDS = 8  # colours

_SOURCES = {
    "graph_def": "logged graph",
    "meta_graph_def": "meta graph",
    "keras_model": "Keras model",
    "run_metadata": "traced function",
}


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """One panel a graph: overview, key, scopes, variables, operations."""
    graphs = _distinct(logs)
    if not graphs:
        return None
    panels = [panel for graph, runs in graphs[:MOST_GRAPHS] for panel in _panels(graph, runs)]
    notes: tuple[Note, ...] = ()
    if len(graphs) > MOST_GRAPHS:
        left = counted(len(graphs) - MOST_GRAPHS, "further graph")
        notes = (
            Note(f"{left} not drawn: {listed([_name(g, r) for g, r in graphs[MOST_GRAPHS:]])}."),
        )
    return Chapter("graph", "Graph", tuple(panels), count=len(graphs), notes=notes)


def _distinct(logs: Logs) -> list[tuple[Graph, list[str]]]:
    """Every different graph with the runs that logged it; a meta graph repeats its graph."""
    found: dict[object, tuple[Graph, list[str]]] = {}
    for run in logs.runs:
        names = {_signature(graph) for graph in run.graphs if graph.kind == "graph_def"}
        for graph in run.graphs:
            signature = _signature(graph)
            if graph.kind == "meta_graph_def" and signature in names:
                continue
            if not graph.nodes and not graph.functions:
                continue
            runs = found.setdefault(signature, (graph, []))[1]
            if run.name not in runs:
                runs.append(run.name)
    return list(found.values())


def _signature(graph: Graph) -> tuple[tuple[str, str, tuple[int, ...] | None], ...]:
    return tuple((node.name, node.op, node.shape) for node in _nodes(graph))


def _nodes(graph: Graph) -> tuple[GraphNode, ...]:
    """The nodes, with those of TF2's library functions as scopes when there is little else."""
    if len(graph.nodes) > 3 or not graph.functions:
        return graph.nodes
    largest = max(graph.functions, key=lambda name: len(graph.functions[name]))
    return graph.functions[largest]


def _name(graph: Graph, runs: Sequence[str]) -> str:
    return f"{_SOURCES[graph.kind]}{f' {graph.tag}' if graph.tag else ''} of {listed(runs, 2)}"


def _panels(graph: Graph, runs: Sequence[str]) -> Iterable[Panel]:
    nodes = _nodes(graph)
    top = level(nodes)
    variables = [node for node in nodes if is_variable(node)]
    total = sum(map(parameter_count, variables))
    facts = [counted(len(nodes), "node")]
    if total:
        facts.append(f"{total:,} parameters in {counted(len(variables), 'variable')}")
    if graph.times > 1:
        facts.append(f"logged {graph.times} times")
    group = _name(graph, runs)
    kinds = _kind_order(top)
    yield Panel(
        "Overview",
        group=group,
        small=" · ".join(facts),
        runs=tuple(runs),
        figures=(Figure(_map(top, kinds, f"{group}: {', '.join(facts)}")),),
        tables=(_key(top),),
        notes=_left_out(top),
        wide=True,
    )
    for scope in _large_scopes(top):
        inner = level(nodes, scope)
        if len(inner.boxes) > 1:
            yield Panel(
                scope,
                group=group,
                small=counted(sum(box.ops for box in inner.boxes), "node"),
                runs=tuple(runs),
                figures=(Figure(_map(inner, _kind_order(inner), f"Inside {scope}")),),
                tables=(_key(inner),),
                notes=_left_out(inner),
                wide=True,
                folded=True,
            )
    yield Panel(
        "Variables and operations",
        group=group,
        runs=tuple(runs),
        tables=tuple(_tables(nodes, variables)),
        wide=True,
        folded=True,
    )


def _kind_order(shown: Level) -> list[str]:
    """The kinds of op that get a colour: the commonest ones."""
    counts = Counter(box.kind for box in shown.boxes)
    return [kind for kind, _ in counts.most_common(_KINDS)]


def _map(shown: Level, kinds: Sequence[str], alt: str) -> GraphMap:
    most = max((box.parameters or box.ops for box in shown.boxes), default=1) or 1
    boxes = tuple(
        MapBox(
            box.label if box.times == 1 else f"{box.label} x{box.times}",
            kinds.index(box.kind) if box.kind in kinds else -1,
            (box.parameters or box.ops) / most,
            box.scope,
        )
        for box in shown.boxes
    )
    edges = tuple(MapEdge(edge.source, edge.target, edge.shape, edge.count) for edge in shown.edges)
    names = listed([box.label for box in shown.boxes], 12)
    return GraphMap(f"{alt}. {counted(len(boxes), 'box', 'boxes')}: {names}.", boxes, edges)


def _key(shown: Level) -> Table:
    columns = (
        Column("Box"),
        Column("Scope or operation", "text"),
        Column("Kind", "text"),
        Column("Nodes"),
        Column("Parameters"),
    )
    rows = tuple(
        (
            Cell(str(number), float(number)),
            Cell(_span(box), small=f"×{box.times}" if box.times > 1 else ""),
            Cell(box.kind),
            Cell(f"{box.ops:,}", float(box.ops)),
            Cell(f"{box.parameters:,}" if box.parameters else "", float(box.parameters)),
        )
        for number, box in enumerate(shown.boxes, 1)
    )
    return Table(columns, rows, caption="Key to the numbered boxes", folded=len(rows) > 12)


def _span(box: Box) -> str:
    return f"{box.path} … {box.last}" if box.last else box.path


def _left_out(shown: Level) -> tuple[Note, ...]:
    if not shown.left_out:
        return ()
    names = [box.label for box in shown.left_out]
    nodes = sum(box.ops for box in shown.left_out)
    return (
        Note(
            f"Not in the picture: {counted(len(names), 'box', 'boxes')} of training machinery,"
            f" constants and the like ({listed(names, 8)};"
            f" {counted(nodes, 'node')})."
        ),
    )


def _large_scopes(shown: Level) -> list[str]:
    scopes = [box for box in shown.boxes if box.scope and box.ops // box.times >= SCOPE_NODES]
    largest = sorted(scopes, key=lambda box: -box.ops)[:MOST_SCOPES]
    return [box.path for box in shown.boxes if box in largest]


def _tables(nodes: Sequence[GraphNode], variables: Sequence[GraphNode]) -> Iterable[Table]:
    if variables:
        yield Table(
            (
                Column("Variable", "text"),
                Column("Shape", "text"),
                Column("Type", "text"),
                Column("Parameters"),
            ),
            tuple(map(_variable_row, variables[:MOST_VARIABLES])),
            caption=counted(len(variables), "variable")
            + (f", the first {MOST_VARIABLES} shown" if len(variables) > MOST_VARIABLES else ""),
        )
    operations = Counter(node.op for node in nodes).most_common()
    yield Table(
        (Column("Operation", "text"), Column("Count")),
        tuple((Cell(op), Cell(f"{count:,}", float(count))) for op, count in operations),
        caption=counted(len(operations), "kind of operation", "kinds of operations"),
    )
    devices = Counter(node.device for node in nodes if node.device).most_common()
    if devices:
        yield Table(
            (Column("Device", "text"), Column("Nodes")),
            tuple((Cell(device), Cell(f"{count:,}", float(count))) for device, count in devices),
            caption="Device placement",
        )


def _variable_row(node: GraphNode) -> tuple[Cell, ...]:
    shape = "?" if node.shape is None else " × ".join(map(str, node.shape)) or "scalar"
    count = parameter_count(node)
    return (
        Cell(node.name),
        Cell(shape),
        Cell(node.dtype),
        Cell(f"{count:,}" if count else "", float(count)),
    )


GRAPH = Section(
    "graph",
    "Graph",
    "The network as its scopes, with the variables and operations inside.",
    build,
)
