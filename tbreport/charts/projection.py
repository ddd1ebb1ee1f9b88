"""Pictures of embeddings: principal components with what they explain, and t-SNE maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import BadData, Drawing
from tbreport.charts.panels import SCALE, Step, sheet
from tbreport.charts.photo import png
from tbreport.charts.thumbnails import Sprite, mosaic
from tbreport.charts.tsne import Map, tsne
from tbreport.points import turned

Points = NDArray[Any]
Floats = NDArray[np.float64]

MOSAIC, LARGE_MOSAIC = 440, 620  # CSS pixels: height of the thumbnails below one or more maps
LOW_TRUST = 0.8  # at which a map is called untrue; 0.5 is chance, and good ones have 0.95; own
GAP = 10  # CSS pixels of it that are left free


@dataclass(frozen=True, eq=False)
class Scatter:
    """Points that have their places: ``points`` (n, 2) of each step, one panel a step.

    ``axes`` are the titles of x and y, printable ASCII; ``scale`` device pixels make one CSS pixel.
    """

    alt: str
    steps: tuple[Step, ...]
    axes: tuple[str, str]
    scale: int = SCALE

    def draw(self) -> Drawing:
        """Draw it. Raises BadData where there is no point or one without a place."""
        places = [np.asarray(step.points, dtype=np.float64) for step in self.steps]
        every = np.concatenate(places)
        if not len(every) or not np.isfinite(every).all():
            raise BadData("There are no points, or some whose places are no numbers.")
        return sheet(self.steps, places, self.axes, scale=self.scale).drawing()


@dataclass(frozen=True, eq=False)
class TsneMap:
    """The t-SNE map of points in many dimensions, reckoned while it is drawn: one panel a step.

    ``same_points`` says that the i-th point of each step is the same thing: then a later step
    starts from the map of the one before and is turned onto it. Below stand the thumbnails of the
    last step, if there is a ``sprite``: in one picture with the map, so that this is reckoned once.
    """

    alt: str
    steps: tuple[Step, ...]
    same_points: bool = False
    sprite: Sprite | None = None

    def draw(self) -> Drawing:
        """Reckon and draw it. Raises BadData for too few points and for points all equal."""
        maps = maps_of([step.points for step in self.steps], self.same_points)
        places = [one.places for one in maps]
        note = remark(maps)
        if self.sprite is None:
            return sheet(self.steps, places).drawing(note)
        try:
            return _with_thumbnails(self.steps, places, self.sprite, note)
        except BadData as problem:
            return sheet(self.steps, places).drawing(f"{note}; no thumbnails: {problem}")


def _with_thumbnails(
    steps: Sequence[Step], places: Sequence[Floats], sprite: Sprite, note: str
) -> Drawing:
    """The map above its thumbnails, whose colours need more than the canvas' palette."""
    from PIL import Image

    below = MOSAIC if len(steps) == 1 else LARGE_MOSAIC
    canvas = sheet(steps, places, below=below)
    room = (below - GAP) * canvas.scale
    where = np.column_stack([canvas.x.place(places[-1][:, 0]), canvas.y.place(places[-1][:, 1])])
    aspect = (canvas.right - canvas.left) / (canvas.bottom - canvas.top)
    width = min(canvas.width * canvas.scale, round(room * aspect))
    left = (canvas.width * canvas.scale - width) // 2
    pixels, shown = mosaic(sprite, where, steps[-1].look.each(), width, room, canvas.scale)
    picture = np.ascontiguousarray(canvas.palette.entries[canvas.shell])
    picture[-room:, left : left + width] = pixels
    if shown < len(where):
        note += f"; {shown:,} of {len(where):,} thumbnails, one a cell of the grid"
    encoded = png(Image.fromarray(picture))
    return Drawing(encoded, canvas.width, canvas.height, note=note)


def maps_of(clouds: Sequence[Points], same_points: bool) -> list[Map]:
    """The maps of several steps, each turned onto the one before where points are the same."""
    maps: list[Map] = []
    for points in clouds:
        if same_points and maps:
            made = tsne(points, maps[-1].places)
            places = turned(made.places, maps[-1].places)
            made = Map(places, made.divergence, made.trust, made.perplexity)
        else:
            made = tsne(points)
        maps.append(made)
    return maps


def remark(maps: Sequence[Map]) -> str:
    """How far to trust the maps, for the caption."""
    trust = ", ".join(f"{one.trust:.3f}" for one in maps)
    left = ", ".join(f"{one.divergence:.2f}" for one in maps)
    low = " (low)" if min(one.trust for one in maps) < LOW_TRUST else ""
    measures = f"trustworthiness {trust}{low}; KL divergence {left}"
    return f"{measures}; perplexity {maps[0].perplexity:.3g}"
