"""The histogram chart: the histograms of a tensor over steps, one behind the other."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport import stats
from tbreport.charts import Drawing
from tbreport.charts.axes import X_TICKS, Axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.style import blend, run_colour
from tbreport.charts.ticks import number_ticks

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 560, 300  # CSS pixels
MOST = 30  # slices; TensorBoard's 51 take twice the bytes and are no easier to follow
SHARE = 2.5  # a slice may be as high as the plot divided by this; vz-histogram-timeseries.ts
SHADES = 12  # from the oldest to the newest: neighbours need not all differ
LEVELS = 2  # opacities of a shade: it is mostly seen whole
OUTLINE = 0.5  # CSS pixels


@dataclass(frozen=True, eq=False)
class Ridges:
    """An offset histogram chart, 560 x 300 CSS pixels, oldest at the back, newest in front.

    ``edges`` float64 (bins + 1,) and ``counts`` float64 (slices, bins), as ``stats.rebin`` gives
    them; ``y`` float64 (slices,) ascending: the step or time of each slice, numbered at the right
    as ``y_axis`` says ("step", "relative" or "wall"); ``colour`` the run's place in natural order.
    More than 30 slices are thinned out evenly, keeping the first and the last.
    ``scale`` is how many device pixels make one CSS pixel.
    """

    alt: str
    edges: Floats
    counts: Floats
    y: Floats
    colour: int
    y_axis: str = "step"
    scale: int = 2

    @classmethod
    def of(
        cls, alt: str, slices: list[Floats], y: Floats, colour: int, y_axis: str = "step"
    ) -> Ridges:
        """The chart of histograms given as rows (left, right, count), shape (k, 3) each."""
        kept = _evenly(len(slices))
        edges, counts = stats.rebin([slices[place] for place in kept])
        return cls(alt, edges, counts, np.asarray(y, dtype=np.float64)[kept], colour, y_axis)

    def draw(self) -> Drawing:
        """Draw it; without a slice it is an empty frame."""
        kept = _evenly(len(self.counts))
        counts = np.clip(np.nan_to_num(self.counts[kept]), 0.0, stats.WIDEST)
        y = np.asarray(self.y, dtype=np.float64)[kept]
        fills, outlines = shades(run_colour(self.colour))
        canvas = Canvas(WIDTH, HEIGHT, palette_of((*fills, *outlines), LEVELS), self.scale)
        canvas.frame(self._x(), self._y(y), on_right=True)
        base = canvas.up(y)
        height = (canvas.bottom - canvas.top) / (SHARE if len(y) > 1 else 1)
        tallest = max(float(counts.max(initial=0.0)), 1e-300)
        centres = canvas.across((self.edges[1:] + self.edges[:-1]) / 2)
        outside = np.concatenate([centres[:1], centres, centres[-1:]])
        for place, (foot, row) in enumerate(zip(base.tolist(), counts, strict=True)):
            age = (len(base) - 1 - place) / max(len(base) - 1, 1)  # 0 for the newest
            shade = round((1 - age) * (SHADES - 1))
            top = np.concatenate([[foot], foot + row / tallest * height, [foot]])
            canvas.outlined(outside, top, fills[shade], outlines[shade], OUTLINE)
        canvas.settle()
        canvas.label_axes()
        return canvas.drawing()

    def _x(self) -> Axis:
        low, high = float(self.edges[0]), float(self.edges[-1])
        return Axis(low, high, number_ticks(low, high, round(WIDTH / 85)))

    def _y(self, y: Floats) -> Axis:
        """The newest slice stands on the baseline, the oldest as far down as a slice is high."""
        low, high = (float(y[0]), float(y[-1])) if len(y) else (0.0, 1.0)
        ticks = X_TICKS[self.y_axis](low, high, 5) if len(y) else []
        if not low < high:
            return Axis(low, low + 1, ticks)
        return Axis(high, high - (high - low) / (1 - 1 / SHARE), ticks)


@functools.cache
def shades(colour: str) -> tuple[list[str], list[str]]:
    """Fills from light (the oldest) to dark (the newest) and an outline for each."""
    light, dark = blend(colour, "#ffffff", 0.6), blend(colour, "#000000", 0.2)
    fills = [blend(light, dark, place / (SHADES - 1)) for place in range(SHADES)]
    return fills, [blend(fill, "#000000", 0.35) for fill in fills]


def _evenly(count: int) -> list[int]:
    """Up to ``MOST`` places of ``count``, the first and the last among them."""
    if count <= MOST:
        return list(range(count))
    return [round(place * (count - 1) / (MOST - 1)) for place in range(MOST)]
