"""Gradient flow over depth: mean and largest |gradient| of each layer at a few steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.style import SEQUENCE
from tbreport.charts.ticks import log_ticks

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 560, 280  # CSS pixels
_POINTS = 0.72  # points in a CSS pixel
_MOST_LABELS = 24
_LOWEST = 1e-12  # of the largest value: what is smaller, zero included, sits on the ground line
_SHADES = (0.78, 0.5, 0.18)  # of the colour scale: first, middle, last step


@dataclass(frozen=True, eq=False)
class FlowStep:
    """One step: ``mean`` and ``largest`` float64 (layers,), NaN where a layer has no value."""

    step: int
    mean: Floats
    largest: Floats


@dataclass(frozen=True, eq=False)
class Flow:
    """Layers by number from 1 (input) on; at most three steps, the first light, the last dark."""

    alt: str
    steps: tuple[FlowStep, ...]

    def draw(self) -> Drawing:
        """Lines for the means, small triangles for the largest, zeros as crosses on the ground."""
        import matplotlib

        from tbreport.charts import figure as surface

        values = np.concatenate([np.concatenate([s.mean, s.largest]) for s in self.steps])
        positive = values[np.isfinite(values) & (values > 0)]
        top = float(positive.max()) if len(positive) else 1.0
        low = max(float(positive.min()) if len(positive) else 1e-3, top * _LOWEST)
        ground = low / 6
        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(WIDTH, HEIGHT)
            axes = surface.add_axes(figure, (52, 10, WIDTH - 14, HEIGHT - 36))
            axes.set_yscale("log")
            layers = len(self.steps[0].mean)
            axes.set(xlim=(0.6, layers + 0.4), ylim=(ground / 1.5, top * 2))
            stride = -(-layers // _MOST_LABELS)
            axes.set_xticks(range(1, layers + 1, stride))
            ticks = log_ticks(ground / 1.5, top * 2, 6)
            axes.set_yticks([tick.value for tick in ticks], [tick.label for tick in ticks])
            axes.minorticks_off()
            axes.set_xlabel("layer, input to output", labelpad=2)
            for step, shade in zip(self.steps, self._shades(), strict=True):
                _draw_step(axes, step, matplotlib.colormaps[SEQUENCE](shade), ground)
            return surface.finish(figure)

    def _shades(self) -> tuple[float, ...]:
        return _SHADES if len(self.steps) == 3 else _SHADES[:: max(2, 4 - len(self.steps))]


def _draw_step(axes, step: FlowStep, colour, ground: float) -> None:  # type: ignore[no-untyped-def]
    x = np.arange(1, len(step.mean) + 1)
    shown = np.where(step.mean > 0, np.maximum(step.mean, ground), np.nan)
    axes.plot(x, shown, color=colour, linewidth=1.6 * _POINTS, marker="o", markersize=3)
    largest = np.where(step.largest > 0, np.maximum(step.largest, ground), np.nan)
    axes.plot(x, largest, "^", color=colour, markersize=3.2, alpha=0.75)
    zero = step.largest == 0
    axes.plot(x[zero], np.full(int(zero.sum()), ground), "x", color=colour, markersize=5)
