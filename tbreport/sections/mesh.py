"""Meshes and point clouds: three fixed views of the last step, and a strip over steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tbreport.charts.mesh import MeshViews
from tbreport.model import Finding, Logs, MeshStep
from tbreport.options import Options
from tbreport.sections.choice import choose_tags, evenly, grouped, title_in_group
from tbreport.sections.kit import Chapter, Figure, Note, Panel, Section
from tbreport.sections.words import counted, listed

MOST_TAGS = 40
MOST_STEPS = 4
MOST_POINTS = 20_000  # of one cloud; more are sampled evenly in order of the vertices
MOST_FACES = 20_000


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """One panel a mesh, newest step first."""
    tags = {tag for run in logs.runs for tag in run.meshes}
    if not tags:
        return None
    choice = choose_tags(tags, MOST_TAGS)
    panels = tuple(_panel(logs, tag, group) for group, tag in grouped(choice.tags))
    notes: tuple[Note, ...] = ()
    if choice.left_out:
        notes = (Note(f"{counted(choice.left_out, 'further mesh', 'further meshes')} not shown."),)
    return Chapter("mesh", "Meshes", panels, count=len(tags), notes=notes)


def _panel(logs: Logs, tag: str, group: str) -> Panel:
    figures: list[Figure] = []
    notes: list[str] = []
    runs = []
    for place, run in logs.coloured:
        series = run.meshes.get(tag)
        if series is None or not len(series):
            continue
        runs.append(run.name)
        chosen = evenly(range(len(series)), MOST_STEPS)[::-1]
        if len(chosen) < series.logged:
            notes.append(f"{run.name}: {len(chosen)} of {series.logged} steps shown")
        for index in chosen:
            figure = _figure(tag, run.name, place, int(series.steps[index]), series.meshes[index])
            if figure is None:
                notes.append(f"{run.name}, step {series.steps[index]:,}: no vertices")
            else:
                figures.append(figure)
    said = tuple(Note(f"{listed(notes, 8)}.") for _ in notes[:1])
    title = title_in_group(tag)
    return Panel(
        title,
        group=group,
        tag=tag,
        runs=tuple(runs),
        figures=tuple(figures),
        notes=said,
        wide=True,
    )


def _figure(tag: str, run: str, place: int, step: int, mesh: MeshStep) -> Figure | None:
    """The first item of the batch; what does not fit the vertices is left away."""
    if mesh.vertices is None or mesh.vertices.ndim != 3 or mesh.vertices.shape[2] != 3:
        return None
    if not mesh.vertices.size:
        return None
    vertices = mesh.vertices[0]
    faces = None
    if mesh.faces is not None and mesh.faces.ndim == 3 and mesh.faces.shape[2] == 3:
        faces = mesh.faces[0]
        faces = faces[((faces >= 0) & (faces < len(vertices))).all(axis=1)]
    colours = None
    if mesh.colors is not None and mesh.colors.shape[:2] == mesh.vertices.shape[:2]:
        colours = mesh.colors[0][:, :3]
    said = [counted(len(vertices), "vertex", "vertices")]
    if faces is not None and len(faces):
        said.append(counted(len(faces), "face"))
        if len(faces) > MOST_FACES:
            faces = faces[_every(len(faces), MOST_FACES)]
            said.append(f"{MOST_FACES:,} of the faces drawn")
    elif len(vertices) > MOST_POINTS:
        kept = _every(len(vertices), MOST_POINTS)
        vertices, colours = vertices[kept], None if colours is None else colours[kept]
        said.append(f"{MOST_POINTS:,} of the points drawn")
    if mesh.vertices.shape[0] > 1:
        said.append(f"first of {mesh.vertices.shape[0]}")
    caption = " · ".join(said)
    alt = f"{tag} in {run} from the front, the side and the top, step {step:,}: {caption}."
    return Figure(MeshViews(alt, vertices, faces, colours, place), caption, run, step)


def _every(count: int, most: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.linspace(0, count - 1, most).astype(np.int64)


MESH = Section(
    "mesh", "Meshes", "Meshes and point clouds from the front, the side and the top.", build
)
