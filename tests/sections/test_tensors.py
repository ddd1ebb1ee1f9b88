import numpy as np

from tbreport.model import TensorSeries
from tbreport.options import Options
from tbreport.sections import tensors
from tests.make import START, logs, run
from tests.sections.plain import words


def series(tag, *values, plugin="tensor"):
    steps = np.arange(len(values))
    return TensorSeries(
        tag, steps, START + steps.astype(float), values=values, plugin=plugin, logged=len(values)
    )


def build(*held):
    return tensors.build(logs(run("a", {}, *held)), (), Options())


def test_shape_type_and_range_over_steps():
    made = build(series("x", np.array([1, 2, 3], "i4"), np.array([1.5, np.nan, np.inf], "f4")))
    assert words(made.panels[0].tables[0])[1:] == [
        ["a", "0", "3", "int32", "1", "2", "3", ""],
        ["a", "1", "3", "float32", "1.5", "1.5", "1.5", "!!2"],
    ]
    assert not made.panels[0].figures


def test_matrices_are_heat_maps_thinned_out_where_large():
    made = build(series("m", np.eye(4)), series("large", np.zeros((3000, 1000), "f2")))
    captions = {panel.tag: panel.figures[0].caption for panel in made.panels}
    assert captions == {
        "m": "4 × 4",
        "large": "3000 × 1000 · one row and column in 3",
    }
    for panel in made.panels:
        assert panel.figures[0].chart.draw().png.startswith(b"\x89PNG")


def test_strings_complex_and_empty_arrays_are_listed():
    values = (np.array([b"x"], object), np.array([3 + 4j]), np.zeros((0, 3)), np.array(True))
    made = build(*(series(f"t{place}", value) for place, value in enumerate(values)))
    assert [words(panel.tables[0])[1][2:7] for panel in made.panels] == [
        ["1", "string", "", "", ""],
        ["1", "complex128", "5", "5", "5"],
        ["0 × 3", "float64", "", "", ""],
        ["scalar", "bool", "1", "1", "1"],
    ]


def test_kernels_and_embeddings_are_left_to_their_sections():
    assert build(series("conv.weight", np.zeros((8, 1, 5, 5)))) is None
    assert build(series("word_embeddings", np.eye(4))) is None
    assert build(series("word_embeddings", np.ones(4))).panels[0].tag == "word_embeddings"
