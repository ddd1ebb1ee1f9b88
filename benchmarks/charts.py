"""Charts against the same pictures drawn with pyplot: CPU time, bytes, and the floor under them.

Run it by hand on a quiet machine: ``python benchmarks/charts.py [rounds]``. Both sides take turns,
so that a slow moment hits both; ratios are medians of the ratios of each round, with their
quartiles. The floor of a line chart is rasterising the same curves, finding the palette's
entries of their pixels and encoding the same rows.
"""

from __future__ import annotations

import dataclasses
import io
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from tbreport import stats
from tbreport.charts import Drawing, lines
from tbreport.charts.axes import Axis
from tbreport.charts.bands import Bands
from tbreport.charts.canvas import Canvas
from tbreport.charts.cloud import Classes
from tbreport.charts.heatmap import Heatmap
from tbreport.charts.lines import Line, Lines
from tbreport.charts.mosaic import Mosaic
from tbreport.charts.palette import palette_of
from tbreport.charts.panels import Step
from tbreport.charts.projection import Scatter
from tbreport.charts.ridges import Ridges
from tbreport.charts.style import run_colour

RNG = np.random.default_rng(0)
RUNS, POINTS, WEIGHT = 8, 5000, 0.6

STEPS = np.arange(float(POINTS))
NOISY = [
    0.3 + 2 * np.exp(-(4 + run) * STEPS / POINTS) + RNG.normal(0, 0.15, POINTS)
    for run in range(RUNS)
]
SMOOTH = [stats.smooth(values, 0.99) for values in NOISY]
HISTOGRAMS = [
    np.histogram(RNG.normal(0.002 * step, 0.3 + 0.004 * step, 2000), 30) for step in range(50)
]
BUCKETS = [np.column_stack([edges[:-1], edges[1:], counts]) for counts, edges in HISTOGRAMS]
PERCENTILES = np.sort(
    np.linspace(-1, 1, 9) * np.linspace(0.5, 1, 200)[:, None] + RNG.normal(0, 0.05, (200, 9)),
    axis=1,
)
GRADIENTS = RNG.lognormal(size=(60, 200))
CLASSES = np.arange(5000) % 10
POINTS_2D = RNG.normal(0, 9, (10, 2))[CLASSES] + RNG.normal(size=(5000, 2))
KERNELS = RNG.normal(size=(64, 7, 7))


def naive(width: float, height: float, scale: int, draw: Callable[[plt.Axes], None]) -> bytes:
    """What a user of pyplot writes: subplots, draw, savefig with a tight box, close."""
    figure, axes = plt.subplots(figsize=(width / 100, height / 100))
    draw(axes)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100 * scale, bbox_inches="tight")
    plt.close(figure)
    return buffer.getvalue()


def naive_lines(scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        for run, values in enumerate(NOISY):
            axes.plot(STEPS, values, color=f"C{run}", alpha=0.25)
            axes.plot(STEPS, stats.smooth(values, WEIGHT), color=f"C{run}", label=f"run {run}")
        axes.grid(True)
        axes.legend(loc="upper right")

    return naive(560, 260, scale, draw)


def our_lines(scale: int) -> Drawing:
    return chart_of_lines(scale).draw()


def chart_of_lines(scale: int) -> Lines:
    drawn = tuple(
        Line.of(STEPS, values, run, stats.smooth(values, WEIGHT))
        for run, values in enumerate(NOISY)
    )
    return Lines("", drawn, scale=scale)


def naive_plain(curves: list[np.ndarray], scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        for run, values in enumerate(curves):
            axes.plot(STEPS, values, color=f"C{run}", label=f"run {run}")
        axes.grid(True)
        axes.legend(loc="upper right")

    return naive(560, 260, scale, draw)


def our_plain(curves: list[np.ndarray], scale: int) -> Drawing:
    drawn = tuple(Line.of(STEPS, values, run) for run, values in enumerate(curves))
    return Lines("", drawn, scale=scale).draw()


naive_noise, our_noise = partial(naive_plain, NOISY), partial(our_plain, NOISY)
naive_curves, our_curves = partial(naive_plain, SMOOTH), partial(our_plain, SMOOTH)


def naive_ridges(scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        for step, (counts, edges) in enumerate(HISTOGRAMS):
            centres = (edges[1:] + edges[:-1]) / 2
            foot = (50 - step) * 20.0
            axes.fill_between(centres, foot, foot + counts, color="C0", ec="w", zorder=step)

    return naive(560, 300, scale, draw)


def our_ridges(scale: int) -> Drawing:
    return dataclasses.replace(Ridges.of("", BUCKETS, np.arange(50.0), 0), scale=scale).draw()


def naive_bands(scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        for band in range(8):
            low, high = PERCENTILES[:, band], PERCENTILES[:, band + 1]
            axes.fill_between(
                np.arange(200), low, high, color="C0", alpha=0.1 + 0.1 * min(band, 7 - band)
            )
        axes.plot(PERCENTILES[:, 4], color="C0")

    return naive(560, 260, scale, draw)


def our_bands(scale: int) -> Drawing:
    return dataclasses.replace(Bands.of("", np.arange(200.0), PERCENTILES, 0), scale=scale).draw()


def naive_heatmap(scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        axes.figure.colorbar(axes.pcolormesh(GRADIENTS))

    return naive(560, 286, scale, draw)


def our_heatmap(scale: int) -> Drawing:
    return Heatmap("", GRADIENTS, np.arange(200.0), scale=scale).draw()


def naive_scatter(scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        for group in range(10):
            axes.scatter(*POINTS_2D[group == CLASSES].T, s=9, label=f"class {group}")
        axes.set_xlabel("PC 1")
        axes.set_ylabel("PC 2")
        axes.grid(True)
        axes.legend()

    return naive(520, 440, scale, draw)


def our_scatter(scale: int) -> Drawing:
    look = Classes(CLASSES, tuple(map(str, range(10))))
    return Scatter("", (Step(POINTS_2D, look),), ("PC 1", "PC 2"), scale).draw()


def naive_mosaic(scale: int) -> bytes:
    figure, grid = plt.subplots(8, 8, figsize=(4.45, 2.45))
    for axes, kernel in zip(grid.flat, KERNELS, strict=True):
        axes.imshow(kernel, cmap="gray")
        axes.axis("off")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100 * scale)
    plt.close(figure)
    return buffer.getvalue()


def our_mosaic(scale: int) -> Drawing:
    return Mosaic("", KERNELS).draw()


class Recorder(Canvas):
    """A canvas that notes what it is asked to rasterise and the rows it encodes."""

    calls: ClassVar[list[tuple[Callable[..., None], tuple, dict]]] = []
    rows: ClassVar[list[np.ndarray]] = []
    axes: ClassVar[list[Axis]] = []

    def stroke(self, *arguments, **options):
        self.calls.append((Canvas.stroke, arguments, options))
        super().stroke(*arguments, **options)

    def columns(self, *arguments, **options):
        self.calls.append((Canvas.columns, arguments, options))
        super().columns(*arguments, **options)

    def dots(self, *arguments, **options):
        self.calls.append((Canvas.dots, arguments, options))
        super().dots(*arguments, **options)

    def drawing(self, note: str = "") -> Drawing:
        self.rows.append(self._rows.copy())
        self.axes[:] = self.x, self.y
        return super().drawing(note)


def floor_of_lines(scale: int) -> Callable[[], None]:
    """Rasterising the same curves and encoding them, with nothing else done."""
    Recorder.calls.clear()
    lines.Canvas = Recorder
    our_lines(scale)
    lines.Canvas = Canvas
    calls, rows = list(Recorder.calls), Recorder.rows[-1]
    palette = palette_of(tuple(run_colour(run) for run in range(RUNS)))

    def run() -> None:
        canvas = Canvas(lines.WIDTH, lines.HEIGHT, palette, scale)
        canvas.frame(*Recorder.axes)
        for method, arguments, options in calls:
            method(canvas, *arguments, **options)
        canvas.settle()
        palette.png(rows)

    return run


def cpu(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return (time.process_time() - start) * 1e3


def compare(slow: Callable[[], object], fast: Callable[[], object], rounds: int) -> str:
    slow(), fast()
    pairs = [(cpu(slow), cpu(fast)) for _ in range(rounds)]
    ratios = sorted(a / b for a, b in pairs)
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    slowest, fastest = (statistics.median(some) for some in zip(*pairs, strict=True))
    ratio = statistics.median(ratios)
    return f"{slowest:8.1f} {fastest:7.2f} {ratio:7.1f} ({low:.1f} to {high:.1f})"


KINDS = (
    ("8 noisy curves", naive_noise, our_noise),
    ("8 smooth curves", naive_curves, our_curves),
    ("8 noisy and smoothed curves", naive_lines, our_lines),
    ("ridges", naive_ridges, our_ridges),
    ("bands", naive_bands, our_bands),
    ("heat map", naive_heatmap, our_heatmap),
    ("scatter", naive_scatter, our_scatter),
    ("mosaic", naive_mosaic, our_mosaic),
)


def main(rounds: int) -> None:
    print(f"{'CPU milliseconds':32s} {'pyplot':>8s} {'ours':>7s} {'ratio':>7s} (quartiles)   bytes")
    for scale in (1, 2):
        for name, slow, fast in KINDS:
            times = compare(partial(slow, scale), partial(fast, scale), rounds)
            sizes = f"{len(slow(scale)):8,d} -> {len(fast(scale).png):7,d}"
            print(f"{f'{name} at {scale}x':32s} {times:42s} {sizes}")
    print(f"{'noisy and smoothed curves':32s} {'ours':>8s} {'floor':>7s}")
    for scale in (1, 2):
        floor = floor_of_lines(scale)
        print(f"{f'drawing at {scale}x':32s} {compare(chart_of_lines(scale).draw, floor, rounds)}")
        whole = compare(partial(our_lines, scale), floor, rounds)
        print(f"{f'smoothing, thinning, drawing {scale}x':32s} {whole}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
