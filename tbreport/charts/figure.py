"""The slow surface, for rare kinds of charts: a matplotlib Figure in the look of all pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from tbreport.charts import Drawing
from tbreport.charts.style import FONT_SIZE, FRAME_OPACITY, GRID_OPACITY, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCALE = 2  # device pixels in a CSS pixel
_POINTS = 0.72  # points in a CSS pixel at 100 dots per inch
_COLOURS = 128  # of the palette: curves, ink and their blends into the ground


def settings() -> Any:
    """What a figure is to be made and drawn under, for ``matplotlib.rc_context``."""
    return {
        "font.family": "DejaVu Sans",
        "font.size": FONT_SIZE * _POINTS,
        "text.color": INK,
        "text.parse_math": False,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.8 * _POINTS,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": True,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.major.width": 0.8 * _POINTS,
        "ytick.major.width": 0.8 * _POINTS,
        "grid.color": INK,
        "grid.alpha": GRID_OPACITY,
        "grid.linewidth": 0.8 * _POINTS,
        "path.simplify": True,
    }


def make(width: int, height: int, scale: float = SCALE) -> Figure:
    """An empty figure of that many CSS pixels without a ground of its own."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 100, height / 100), dpi=100 * scale, facecolor="none")


def add_axes(figure: Figure, box: tuple[float, float, float, float], grid: bool = True) -> Axes:
    """Axes in ``box`` (left, top, right, bottom in CSS pixels from the top left corner)."""
    width, height = figure.get_size_inches() * 100
    left, top, right, bottom = box
    axes = figure.add_axes(
        (left / width, 1 - bottom / height, (right - left) / width, (bottom - top) / height)
    )
    axes.set_facecolor("none")
    axes.grid(grid)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_alpha(FRAME_OPACITY)
    return axes


def finish(figure: Figure) -> Drawing:
    """Encode the figure: a palette PNG with transparency, without metadata."""
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", transparent=True, metadata={"Software": None})
    width, height = figure.get_size_inches() * 100
    with Image.open(buffer) as image:
        palette = image.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE)
    out = io.BytesIO()
    palette.save(out, "PNG", optimize=True)
    return Drawing(out.getvalue(), round(width), round(height))
