"""Gradient flow over depth: mean and largest |gradient| of each layer at a few steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.axes import Axis, y_axis
from tbreport.charts.canvas import Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.ramps import sequence
from tbreport.charts.ticks import step_ticks

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 560, 260  # CSS pixels
DOT, MARK = 2.4, 3.2  # CSS pixels: a mean, a largest value
MOST_LABELS = 12
LOWEST = 1e-12  # of the largest value: what is smaller, zero included, sits on the ground line
ROOM = 6.0  # the ground line is this factor below the smallest value
# The first step light, the last one dark, of viridis between what either ground swallows.
SHADES = (3, 0.15, 0.78)


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
        """Lines for the means, triangles for the largest, crosses on the ground for zeros."""
        top, ground = self._ends()
        layers = len(self.steps[0].mean)
        ticks = [tick for tick in step_ticks(1, layers, MOST_LABELS) if tick.value >= 1]
        colours = sequence(*SHADES)[::-1][-len(self.steps) :]
        canvas = Canvas(WIDTH, HEIGHT, palette_of(colours))
        canvas.frame(
            Axis(0.6, layers + 0.4, ticks), y_axis(ground / 1.6, top * 1.6, HEIGHT, log=True)
        )
        for step, colour in zip(self.steps, colours, strict=True):
            self._draw_step(canvas, step, colour, ground)
        canvas.settle()
        canvas.label_axes()
        return canvas.drawing()

    def _ends(self) -> tuple[float, float]:
        """The largest value, and where zeros sit below the smallest."""
        values = np.concatenate([np.concatenate([s.mean, s.largest]) for s in self.steps])
        positive = values[np.isfinite(values) & (values > 0)]
        if not len(positive):
            return 1.0, 1e-3
        top = float(positive.max())
        return top, max(float(positive.min()), top * LOWEST) / ROOM

    def _draw_step(self, canvas: Canvas, step: FlowStep, colour: str, ground: float) -> None:
        across = canvas.across(np.arange(1.0, len(step.mean) + 1))
        means = np.where(step.mean > 0, np.maximum(step.mean, ground), np.nan)
        if np.isfinite(means).sum() > 1:
            canvas.stroke(across, canvas.up(means), colour)
        for values, shape, size in ((means, "dot", DOT), (step.largest, "up", MARK)):
            shown = np.isfinite(values) & (values > 0)
            up = canvas.up(np.maximum(values[shown], ground))
            canvas.dots(across[shown], up, colour, size, shape=shape)
        zero = step.largest == 0
        up = canvas.up(np.full(int(zero.sum()), ground))
        canvas.dots(across[zero], up, colour, MARK, shape="cross")
