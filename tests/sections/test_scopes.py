import pytest

from tbreport.model import Graph, GraphNode
from tbreport.options import Options
from tbreport.sections import graph
from tbreport.sections.scopes import MOST_BOXES, level, parameter_count
from tests.make import logs, run


def chain(*names, op="MatMul"):
    """Nodes that follow each other."""
    before = [(), *((name,) for name in names)]
    return [GraphNode(name, op, inputs) for name, inputs in zip(names, before, strict=False)]


def layer(name, source, size=10):
    """A scope of a variable and an operation."""
    return [
        GraphNode(f"{name}/kernel", "VariableV2", (), "", "float32", (size, size)),
        GraphNode(f"{name}/MatMul", "MatMul", (source, f"{name}/kernel"), shape=(-1, size)),
    ]


def test_scopes_are_boxes_with_their_nodes_and_parameters():
    nodes = [GraphNode("input", "Placeholder", shape=(-1, 10)), *layer("fc1", "input")]
    nodes += [*layer("fc2", "fc1/MatMul", 5), GraphNode("loss", "Mean", ("fc2/MatMul",))]
    found = level(nodes)
    assert [(box.label, box.ops, box.parameters) for box in found.boxes] == [
        ("input", 1, 0),
        ("fc1", 2, 100),
        ("fc2", 2, 25),
        ("loss", 1, 0),
    ]
    assert [(edge.source, edge.target, edge.shape) for edge in found.edges] == [
        (0, 1, "?×10"),
        (1, 2, "?×10"),
        (2, 3, "?×5"),
    ]


def test_equal_siblings_that_differ_by_number_are_one_box():
    nodes = [GraphNode("input", "Placeholder"), GraphNode("other/x", "Relu", ("input",))]
    for number in range(12):
        nodes += layer(f"conv_{number}", f"conv_{number - 1}/MatMul" if number else "other/x")
    found = level(nodes)
    assert [(box.label, box.times, box.last) for box in found.boxes if box.times > 1] == [
        ("conv_0", 12, "conv_11")
    ]


def test_siblings_that_hold_different_things_stay_apart():
    nodes = [*chain("a_1/x", "a_2/x", "a_3/x"), GraphNode("a_2/y", "Relu", ("a_2/x",))]
    assert {box.times for box in level(nodes).boxes} == {1}


def test_a_scope_that_holds_everything_is_opened():
    nodes = [GraphNode("input", "Placeholder"), *chain("net/a", "net/b", "net/c", "net/d")]
    assert {"a", "b", "c", "d"} <= {box.label for box in level(nodes).boxes}


def test_the_machinery_of_training_is_left_out_of_the_picture_and_said():
    nodes = [*layer("fc1", "x"), *layer("fc2", "fc1/MatMul"), *layer("fc3", "fc2/MatMul")]
    nodes += [*chain("gradients/a", "gradients/b"), *chain("save/a", "save/b"), *layer("out", "x")]
    found = level(nodes)
    assert {(box.label, box.times) for box in found.boxes} == {("fc1", 3), ("out", 1)}
    assert {box.label for box in found.left_out} == {"gradients", "save"}


@pytest.mark.parametrize(
    ("node", "count"),
    [
        (GraphNode("w", "VariableV2", shape=(3, 4)), 12),
        (GraphNode("w", "VarHandleOp", shape=()), 1),
        (GraphNode("w", "VariableV2", shape=(3, -1)), 0),
        (GraphNode("w", "VariableV2"), 0),
        (GraphNode("fc/w/Adam_1", "VariableV2", shape=(3, 4)), 0),
        (GraphNode("global_step", "VariableV2", shape=()), 0),
        (GraphNode("w", "Const", shape=(3, 4)), 0),
    ],
)
def test_only_variables_of_the_network_hold_parameters(node, count):
    assert parameter_count(node) == count


def test_a_huge_chain_is_folded_before_anything_is_laid_out():
    names = [f"scope/n{number}" for number in range(50_000)]
    found = level(chain(*names, op="Relu"))
    assert len(found.boxes) <= MOST_BOXES
    assert sum(box.ops for box in found.boxes + found.left_out) == 50_000


def test_cycles_self_loops_and_hostile_names_are_drawn():
    names = ["<script>", "a\x00b", "损失", "x" * 300]
    nodes = [
        GraphNode(name, "MatMul", (names[place - 1], name)) for place, name in enumerate(names)
    ]
    found = logs(run("a", graphs=(Graph("", "graph_def", tuple(nodes), {}, 100),)))
    chapter = graph.build(found, (), Options())
    drawing = chapter.panels[0].figures[0].chart.draw()
    assert drawing.png.startswith(b"\x89PNG")
    assert [row[1].text for row in chapter.panels[0].tables[0].rows] == names


def test_the_same_graph_of_several_runs_is_shown_once():
    nodes = tuple(chain("a", "b"))
    same = [Graph("", kind, nodes, {}, 100) for kind in ("graph_def", "meta_graph_def")]
    found = logs(run("a", graphs=tuple(same)), run("b", graphs=(same[0],)), run("c"))
    chapter = graph.build(found, (), Options())
    assert chapter.count == 1
    assert chapter.panels[0].runs == ("a", "b")
    assert graph.build(logs(run("c")), (), Options()) is None
