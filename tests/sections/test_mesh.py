import numpy as np

from tbreport.model import MeshSeries, MeshStep
from tbreport.options import Options
from tbreport.sections import mesh
from tests.make import START, logs, run
from tests.sections.plain import said

CORNERS = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]], np.float32)
FACES = np.array([[[0, 1, 2], [0, 2, 3]]], np.int32)


def build(*steps):
    numbers = np.arange(len(steps))
    series = MeshSeries(
        "cube", numbers, START + numbers.astype(float), meshes=steps, logged=len(steps)
    )
    return mesh.build(logs(run("a", {}, series)), (), Options())


def test_newest_first_with_what_was_logged():
    colours = np.full((1, 4, 4), 200, np.uint8)
    made = build(MeshStep(CORNERS, None, None), MeshStep(CORNERS, FACES, colours))
    captions = [figure.caption for figure in made.panels[0].figures]
    assert [figure.step for figure in made.panels[0].figures] == [1, 0]
    assert captions == ["4 vertices · 2 faces", "4 vertices"]
    for figure in made.panels[0].figures:
        assert figure.chart.draw().png.startswith(b"\x89PNG")


def test_faces_of_vertices_that_are_not_there_are_left_away():
    made = build(MeshStep(CORNERS, np.array([[[0, 1, 9], [-1, 0, 1]]], np.int32), None))
    assert made.panels[0].figures[0].chart.draw().png.startswith(b"\x89PNG")


def test_meshes_without_vertices_are_said():
    made = build(MeshStep(None, FACES, None), MeshStep(np.zeros((1, 0, 3), np.float32), None, None))
    assert not made.panels[0].figures
    assert said(made.panels[0]) == ["a, step 1: no vertices and a, step 0: no vertices."]


def test_large_clouds_are_sampled_and_odd_numbers_drawn():
    points = np.random.default_rng(0).normal(size=(1, 50_000, 3)).astype(np.float32)
    points[0, 0] = np.nan
    made = build(MeshStep(points, None, None))
    (figure,) = made.panels[0].figures
    assert figure.caption == "50,000 vertices · 20,000 of the points drawn"
    assert len(figure.chart.draw().png) < 200_000
