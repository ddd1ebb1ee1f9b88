"""A point cloud or mesh seen from three fixed sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.style import INK, run_colour

SIDE = 190  # CSS pixels of one view
VIEWS = (("front", 0, 1, 2), ("side", 2, 1, 0), ("top", 0, 2, 1))  # name, across, up, toward us


@dataclass(frozen=True, eq=False)
class MeshViews:
    """``vertices`` float32 (n, 3); ``faces`` int32 (m, 3), ``colours`` uint8 (n, 3), or None.

    Without colours points have that of the run; faces are shaded by how they face the viewer.
    """

    alt: str
    vertices: NDArray[np.float32]
    faces: NDArray[np.int32] | None = None
    colours: NDArray[np.uint8] | None = None
    colour: int = 0

    def draw(self) -> Drawing:
        """Front, side and top at one scale, far points first."""
        import matplotlib

        from tbreport.charts import figure as surface

        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(SIDE * len(VIEWS), SIDE + 16)
            points = self.vertices[np.isfinite(self.vertices).all(axis=1)]
            centre = (points.min(0) + points.max(0)) / 2 if len(points) else np.zeros(3)
            reach = float(np.abs(points - centre).max()) * 1.08 if len(points) else 1.0
            for place, (name, across, up, toward) in enumerate(VIEWS):
                box = (place * SIDE + 4, 14, (place + 1) * SIDE - 4, SIDE + 6)
                axes = surface.add_axes(figure, box, grid=False)
                axes.set(xticks=[], yticks=[])
                for spine in axes.spines.values():
                    spine.set_visible(True)
                axes.set_xlim(centre[across] - (reach or 1), centre[across] + (reach or 1))
                axes.set_ylim(centre[up] - (reach or 1), centre[up] + (reach or 1))
                axes.set_title(name, fontsize=7, color=INK, pad=2)
                self._draw_view(axes, across, up, toward)
            return surface.finish(figure)

    def _draw_view(self, axes: Any, across: int, up: int, toward: int) -> None:
        if self.faces is not None and len(self.faces):
            self._draw_faces(axes, across, up, toward)
            return
        order = np.argsort(self.vertices[:, toward], kind="stable")
        colours = (
            run_colour(self.colour) if self.colours is None else self.colours[order, :3] / 255.0
        )
        size = float(np.clip(2500 / max(len(order), 1), 0.6, 10))
        axes.scatter(
            self.vertices[order, across], self.vertices[order, up], s=size, c=colours, linewidths=0
        )

    def _draw_faces(self, axes: Any, across: int, up: int, toward: int) -> None:
        from matplotlib.collections import PolyCollection
        from matplotlib.colors import to_rgb

        assert self.faces is not None
        corners = self.vertices[self.faces]
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(normal, axis=1)
        facing = np.abs(normal[:, toward]) / np.where(length > 0, length, 1)
        if self.colours is None:
            base = np.tile(to_rgb(run_colour(self.colour)), (len(corners), 1))
        else:
            base = self.colours[self.faces][:, :, :3].mean(axis=1) / 255.0
        order = np.argsort(corners[:, :, toward].mean(axis=1), kind="stable")
        shaded = base * (0.45 + 0.55 * facing[:, None])
        polygons: Any = corners[order][:, :, (across, up)]
        axes.add_collection(PolyCollection(polygons, facecolors=shaded[order], edgecolors="none"))
