"""The little of matplotlib that charts stand on: its Agg rasteriser, paths and markers.

Only public calls of ``RendererAgg`` are used. At 72 dpi one of its points is one device pixel.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.path import Path
    from matplotlib.transforms import Transform

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

DPI = 72
KEPT = 4  # surfaces a thread: the sizes of heat maps, for one, have no end

_local = threading.local()


def new_renderer(width: int, height: int) -> Any:
    """A blank ``RendererAgg`` (which carries no types) of that size in device pixels."""
    from matplotlib.backends import backend_agg

    make: Any = backend_agg.RendererAgg
    return make(width, height, DPI)


def take_surface(width: int, height: int) -> tuple[Any, Bytes]:
    """A blank renderer of that size and its live pixels: RGBA, uint8 (h, w, 4).

    Surfaces are used again by the next picture of their size in the same thread, once they are
    given back. One whose drawing failed never is: Agg may have kept half a path.
    """
    spare = _spare()
    for place, (renderer, pixels) in enumerate(spare):
        if pixels.shape[:2] == (height, width):
            del spare[place]
            renderer.clear()
            return renderer, pixels
    renderer = new_renderer(width, height)
    return renderer, np.asarray(renderer.buffer_rgba())


def give_back(renderer: Any, pixels: Bytes) -> None:
    """Keep a surface for the next picture of its size, instead of the one longest unused."""
    spare = _spare()
    spare.append((renderer, pixels))
    del spare[:-KEPT]


def _spare() -> list[tuple[Any, Bytes]]:
    spare: list[tuple[Any, Bytes]] = _local.__dict__.setdefault("spare", [])
    return spare


def path(x: Floats, y: Floats) -> Path:
    """The path through points in device pixels, shape (n,), as it is: nothing is simplified."""
    from matplotlib.path import Path

    points = np.empty((len(x), 2))
    points[:, 0], points[:, 1] = x, y
    line = Path(points)
    line.should_simplify = False  # thinned out already, and matplotlibrc is to have no say
    return line


@functools.cache
def identity() -> Transform:
    """The transform that leaves device pixels as they are."""
    from matplotlib.transforms import IdentityTransform

    return IdentityTransform()


@functools.cache
def marker(name: str) -> Path:
    """The outline of a marker of radius 1: "dot", "up", "down", "cross" or "bar"."""
    from matplotlib.path import Path

    if name == "dot":
        return Path.unit_circle()
    corners = {
        "up": [(-1.0, -0.8), (1.0, -0.8), (0.0, 1.0)],
        "down": [(-1.0, 0.8), (1.0, 0.8), (0.0, -1.0)],
        "bar": [(-0.5, -1.0), (0.5, -1.0), (0.5, 1.0), (-0.5, 1.0)],
        "cross": [
            (x * right - y * up, x * up + y * right)
            for right, up in ((1, 0), (0, 1), (-1, 0), (0, -1))
            for x, y in ((0.3, 0.0), (1.0, 0.7), (0.7, 1.0))
        ],
    }
    x, y = np.array(corners[name]).T
    return path(x, y)
