"""Charts against the same pictures drawn with pyplot: CPU time, bytes, and the floor under them.

Run it by hand on a quiet machine: ``python benchmarks/charts.py [rounds]``. Both sides take turns,
so that a slow moment hits both; ratios are medians of the ratios of each round, with their
quartiles. The floor of a line chart is what Agg and zlib take for the same data, nothing else done.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
import zlib
from collections.abc import Callable

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from tbreport import stats
from tbreport.charts import Drawing
from tbreport.charts.bands import Bands
from tbreport.charts.canvas import Canvas
from tbreport.charts.heatmap import Heatmap
from tbreport.charts.lines import Line, Lines
from tbreport.charts.mosaic import Mosaic
from tbreport.charts.palette import Palette
from tbreport.charts.ridges import Ridges
from tbreport.charts.scatter import Scatter

RNG = np.random.default_rng(0)
RUNS, POINTS, WEIGHT = 8, 5000, 0.6

STEPS = np.arange(float(POINTS))
NOISY = [
    0.3 + 2 * np.exp(-(4 + run) * STEPS / POINTS) + RNG.normal(0, 0.15, POINTS)
    for run in range(RUNS)
]
TENSORS = [RNG.normal(0.002 * step, 0.3 + 0.004 * step, 2000) for step in range(50)]
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
    lines = tuple(Line.of(STEPS, values, run, WEIGHT) for run, values in enumerate(NOISY))
    return Lines("", lines, scale=scale).draw()


def naive_ridges(scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        for step, values in enumerate(TENSORS):
            counts, edges = np.histogram(values, 30)
            centres = (edges[1:] + edges[:-1]) / 2
            foot = (50 - step) * 20.0
            axes.fill_between(centres, foot, foot + counts, color="C0", ec="w", zorder=step)

    return naive(560, 300, scale, draw)


def our_ridges(scale: int) -> Drawing:
    histograms = []
    for values in TENSORS:
        counts, edges = np.histogram(values, 30)
        histograms.append(np.column_stack([edges[:-1], edges[1:], counts]))
    return Ridges.of("", histograms, np.arange(50.0), 0).draw()


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
    return Bands.of("", np.arange(200.0), PERCENTILES, 0).draw()


def naive_heatmap(scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        axes.figure.colorbar(axes.pcolormesh(GRADIENTS))

    return naive(560, 286, scale, draw)


def our_heatmap(scale: int) -> Drawing:
    return Heatmap("", GRADIENTS, np.arange(200.0)).draw()


def naive_scatter(scale: int) -> bytes:
    def draw(axes: plt.Axes) -> None:
        axes.scatter(*POINTS_2D.T, c=CLASSES, cmap="tab10", s=9)

    return naive(440, 440, scale, draw)


def our_scatter(scale: int) -> Drawing:
    return Scatter("", POINTS_2D, CLASSES).draw()


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


class Bare(Canvas):
    """A canvas that keeps what it is asked to rasterise, to time just that."""

    asked: list[tuple[str, tuple, dict]] = []

    def stroke(self, *arguments, **options):
        self.asked.append(("stroke", arguments, options))
        super().stroke(*arguments, **options)

    def area(self, *arguments, **options):
        self.asked.append(("area", arguments, options))
        super().area(*arguments, **options)

    def dots(self, *arguments, **options):
        self.asked.append(("dots", arguments, options))
        super().dots(*arguments, **options)


def floor_of_lines(scale: int) -> Callable[[], None]:
    """Agg for the same curves and zlib for the same rows."""
    from tbreport.charts import lines as module

    rows: list[np.ndarray] = []
    encode = Palette.png
    Bare.asked, module.Canvas = [], Bare
    Palette.png = lambda self, some: rows.append(some.copy()) or encode(self, some)
    our_lines(scale)
    module.Canvas, Palette.png = Canvas, encode
    like = Lines("", tuple(Line.of(STEPS, values, run) for run, values in enumerate(NOISY)))
    asked, palette = list(Bare.asked), Palette(["#000000"])

    def run() -> None:
        canvas = Canvas(560, 260, palette, scale)
        canvas.frame(like._x(), like._y())
        for name, arguments, options in asked:
            getattr(canvas, name)(*arguments, **options)
        packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
        packer.compress(rows[0].data)
        packer.flush()

    return run


def cpu(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return (time.process_time() - start) * 1e3


def compare(name: str, slow: Callable[[], object], fast: Callable[[], object], rounds: int) -> str:
    slow(), fast()
    pairs = [(cpu(slow), cpu(fast)) for _ in range(rounds)]
    ratios = sorted(a / b for a, b in pairs)
    middle, low, high = (
        statistics.median(ratios),
        ratios[len(ratios) // 4],
        ratios[-1 - len(ratios) // 4],
    )
    slowest, fastest = (statistics.median(some) for some in zip(*pairs, strict=True))
    return f"{name:28s} {slowest:8.1f} {fastest:7.2f} {middle:7.1f} ({low:.1f}-{high:.1f})"


KINDS = {
    "lines": (naive_lines, our_lines, (1, 2)),
    "ridges": (naive_ridges, our_ridges, (2,)),
    "bands": (naive_bands, our_bands, (2,)),
    "heat map": (naive_heatmap, our_heatmap, (2,)),
    "scatter": (naive_scatter, our_scatter, (2,)),
    "mosaic": (naive_mosaic, our_mosaic, (1,)),
}


def main(rounds: int) -> None:
    print(f"{'chart':28s} {'pyplot':>8s} {'ours':>7s} {'ratio':>7s} (quartiles)    bytes")
    for name, (slow, fast, scales) in KINDS.items():
        for scale in scales:
            line = compare(f"{name} at {scale}x", lambda: slow(scale), lambda: fast(scale), rounds)
            print(f"{line:64s} {len(slow(scale)):8,d} -> {len(fast(scale).png):7,d}")
    for scale in (1, 2):
        bare = floor_of_lines(scale)
        print(compare(f"lines / their floor at {scale}x", lambda: our_lines(scale), bare, rounds))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
