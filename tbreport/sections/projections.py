"""The pictures of one embedding: its t-SNE map, its principal components and what they explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.lines import Line, Lines
from tbreport.charts.panels import Step
from tbreport.charts.projection import Scatter, TsneMap
from tbreport.charts.style import RUN_COLOURS
from tbreport.charts.thumbnails import Sprite
from tbreport.charts.tsne import FEWEST, ITERATIONS
from tbreport.points import Components, principal
from tbreport.sections.kit import Figure, Panel
from tbreport.sections.labels import Kind
from tbreport.sections.measures import AXES, StepNumbers
from tbreport.sections.sampled import Sample, Shown
from tbreport.sections.words import counted, listed

Floats = NDArray[np.float64]

COMPONENTS = 10  # whose shares of the variance are drawn
DASHES = ("solid", "dashed", "dotted")  # the first of style.RUN_DASHES


def tsne_panel(sample: Sample, numbers: Sequence[StepNumbers], run: int) -> Panel | None:
    """The map of every step that has points enough; None without one."""
    steps = [of.shown for of in numbers if not of.shown.problem and len(of.shown.rows) >= FEWEST]
    if not steps:
        return None
    last = steps[-1]
    embedding = last.embedding
    sprite = None
    if embedding.sprite:
        sprite = Sprite(embedding.sprite, embedding.sprite_tile, last.rows)
    chart = TsneMap(
        f"t-SNE map of {_what(sample, steps)}{_colours(sample)}{_agreed(numbers[-1])}.",
        tuple(_step(sample, shown, shown.points, run) for shown in steps),
        sample.same_points,
        sprite,
    )
    caption = [_amount(last), f"{ITERATIONS} iterations"]
    if len(steps) > 1 and sample.same_points:
        caption.append("each step starts from the map of the one before and is turned onto it")
    elif len(steps) > 1:
        caption.append("the steps hold different points, so each map stands for itself")
    return _panel("t-SNE", sample, steps, (_figure(chart, ", ".join(caption), sample, steps),))


def components_panels(sample: Sample, numbers: Sequence[StepNumbers], run: int) -> list[Panel]:
    """The points along the first two components, and the variance of the first ten."""
    steps = list(sample.drawn)
    if not steps:
        return []
    found = [of.components for of in numbers if of.components and not of.shown.problem]
    shared = found[0]
    if len(steps) > 1:
        shared = principal(np.concatenate([shown.points for shown in steps]), AXES)
    first, second = [*shared.shares.tolist(), 0.0][:2]
    over = " of all steps" if len(steps) > 1 else ""
    scatter = Scatter(
        f"First two principal components of {_what(sample, steps)}: they explain {first:.1%} and"
        f" {second:.1%} of the variance{over}{_colours(sample)}.",
        tuple(_step(sample, shown, _places(shared, shown), run) for shown in steps),
        (f"PC 1, {first:.1%} of variance", f"PC 2, {second:.1%} of variance"),
    )
    caption = _amount(steps[-1])
    if len(steps) > 1:
        caption += ", along the components of all steps together"
    figure = _figure(scatter, caption, sample, steps)
    variances = _variances(steps, found, run)
    if len(steps) == 1:
        return [_panel("Principal components", sample, steps, (figure, variances))]
    return [
        _panel("Principal components", sample, steps, (figure,)),
        _panel("Variance", sample, steps[:1], (variances,)),
    ]


def _variances(steps: Sequence[Shown], found: Sequence[Components], run: int) -> Figure:
    """The share of each component; of a single step also the sum so far."""
    shares = [components.shares[:COMPONENTS] * 100 for components in found]
    text = listed([f"{share:.1f}%" for share in shares[-1].tolist()], COMPONENTS)
    curves = [*shares[::-1], np.cumsum(shares[0])] if len(steps) == 1 else shares[::-1]
    most = max(float(curve.max()) for curve in curves)
    lines = tuple(
        Line.of(
            np.arange(1.0, len(curve) + 1), curve, run % len(RUN_COLOURS) + dash * len(RUN_COLOURS)
        )
        for dash, curve in enumerate(curves)
    )
    longest = max(len(curve) for curve in curves)
    chart = Lines(
        f"Share of the variance of the first {counted(longest, 'component')}: {text}.",
        lines,
        x_range=(1.0, float(max(longest, 2))),
        y_range=(0.0, 1.05 * most),
        height=180,
    )
    if len(steps) == 1:
        return Figure(chart, "share of the variance in %, by component; dashed: their sum so far")
    names = [f"{DASHES[at]}: {_titled(shown)}" for at, shown in enumerate(reversed(steps))]
    return Figure(chart, f"share of the variance in %, by component; {', '.join(names)}")


def _places(components: Components, shown: Shown) -> Floats:
    """Two columns, the second 0 for points on a line."""
    places = np.zeros((len(shown.points), AXES))
    found = components.places(shown.points)
    places[:, : found.shape[1]] = found
    return places


def _step(sample: Sample, shown: Shown, points: NDArray[np.generic], run: int) -> Step:
    return Step(points, sample.labels.look(shown.places, run), _titled(shown))


def _titled(shown: Shown) -> str:
    step = shown.embedding.step
    return "no step" if step is None else f"step {step:,}"


def _figure(
    chart: Scatter | TsneMap, caption: str, sample: Sample, steps: Sequence[Shown]
) -> Figure:
    step = steps[0].embedding.step if len(steps) == 1 else None
    return Figure(chart, caption, sample.embedded.run, step)


def _panel(
    title: str, sample: Sample, steps: Sequence[Shown], figures: tuple[Figure, ...]
) -> Panel:
    return Panel(
        title,
        small=_told_by(sample),
        tag=sample.embedded.name,
        runs=(sample.embedded.run,),
        figures=figures,
        wide=len(steps) > 1,
    )


def _told_by(sample: Sample) -> str:
    """What the look of points says."""
    if sample.labels.kind is Kind.NOTHING:
        return ""
    how = "named" if sample.labels.kind is Kind.WORDS else "coloured"
    return f"{how} by {listed([sample.labels.column])}"


def _what(sample: Sample, steps: Sequence[Shown]) -> str:
    last = steps[-1]
    at = listed([_titled(shown) for shown in steps])
    return (
        f"{listed([sample.embedded.name])} of {listed([sample.embedded.run])},"
        f" {'' if at == 'no step' else f'{at}, '}{counted(len(last.rows), 'point')}"
        f" in {counted(last.points.shape[1], 'dimension')}"
    )


def _colours(sample: Sample) -> str:
    labels = sample.labels
    if not labels.classes:
        return f"; coloured by {listed([labels.column])}" if labels.scale else ""
    return f"; {counted(len(labels.counts), 'class', 'classes')} of {listed([labels.column])}"


def _agreed(of: StepNumbers) -> str:
    agreed = of.agreement
    if agreed is None:
        return ""
    return (
        f"; {agreed.mean:.1%} of the {agreed.count} nearest neighbours share a label,"
        f" {agreed.chance:.1%} by chance"
    )


def _amount(shown: Shown) -> str:
    drawn = len(shown.rows)
    if not shown.left_out:
        return counted(drawn, "point")
    return f"{drawn:,} of {drawn + shown.left_out:,} points"
