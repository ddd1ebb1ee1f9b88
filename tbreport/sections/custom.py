"""Custom scalars: the charts of the layouts that were logged, with lines or margins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from tbreport.charts.lines import Band, Lines
from tbreport.model import Finding, LayoutChart, Logs, Run, RunSummary
from tbreport.names import natural_order
from tbreport.options import Options
from tbreport.sections import curves as drawn
from tbreport.sections import shadows as behind
from tbreport.sections.curves import Curve
from tbreport.sections.kit import Cell, Chapter, Column, Figure, Note, Panel, Section, Table
from tbreport.sections.words import at_step, counted, listed
from tbreport.stats import Envelope, format_number

MOST_CHARTS = 100
MOST_LINES = 40  # in one chart
COLUMNS = 500  # about the pixels between the axes


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """One panel a chart of the merged layouts, in the order of the layouts."""
    layouts = merged(logs.runs)
    charts = [(title, chart) for title, charts in layouts.items() for chart in charts]
    if not charts:
        return None
    before = behind.counterparts(logs, options)
    panels = tuple(
        _panel(category, chart, logs, options, before) for category, chart in charts[:MOST_CHARTS]
    )
    notes: tuple[Note, ...] = ()
    if len(charts) > MOST_CHARTS:
        left = len(charts) - MOST_CHARTS
        notes = (Note(f"{counted(left, 'further chart')} not drawn.", left_out=left),)
    return Chapter("custom", "Custom scalars", panels, count=len(charts), notes=notes)


def merged(runs: Iterable[Run]) -> dict[str, list[LayoutChart]]:
    """The layouts of all runs as one, as TensorBoard's custom_scalars_plugin merges them.

    Categories with equal titles become one; a chart that is there already is not repeated.
    """
    result: dict[str, list[LayoutChart]] = {}
    for run in runs:
        for category in run.layout:
            charts = result.setdefault(category.title, [])
            charts += [chart for chart in category.charts if chart not in charts]
    return result


def _panel(
    category: str,
    chart: LayoutChart,
    logs: Logs,
    options: Options,
    before: Sequence[RunSummary],
) -> Panel:
    make = _margins if chart.margins else _multiline
    made = make(chart, logs, options, before)
    if made is None:
        wanted = [*chart.tags, *(value for value, _, _ in chart.margins)]
        note = Note(f"No run holds a value of {listed(wanted)}.")
        return Panel(chart.title, group=category, notes=(note,))
    figure, table, runs, notes = made
    drawing = figure.chart
    grey = isinstance(drawing, Lines) and bool(drawing.shadows)
    what = "margin" if chart.margins else f"tags {listed(list(chart.tags))}"
    return Panel(
        chart.title,
        group=category,
        small=f"{what} · {behind.SAID}" if grey else what,
        runs=runs,
        figures=(figure,),
        tables=(table,),
        notes=notes,
    )


_Made = tuple[Figure, Table, tuple[str, ...], tuple[Note, ...]]


def _multiline(
    chart: LayoutChart, logs: Logs, options: Options, before: Sequence[RunSummary]
) -> _Made | None:
    """Every series whose tag matches from its beginning; each one has a colour of its own."""
    patterns, bad = _patterns(chart.tags)
    found: list[tuple[str, Curve]] = []
    for run in logs.runs:
        for tag in natural_order(run.scalars):
            if any(pattern.match(tag) for pattern in patterns) and len(run.scalars[tag]):
                colour = len(found)
                curve = drawn.curve_of(run.name, colour, run.scalars[tag], options.x_axis)
                found.append((tag, curve))
    if not found:
        return None
    shown = found[:MOST_LINES]
    curves = [curve for _, curve in shown]
    grey = behind.shadows([tag for tag, _ in shown], before, curves, options)
    axis = behind.widened(drawn.scale(curves, options.smoothing, False), curves, grey)
    common = behind.joined(drawn.x_range(curves), grey)
    lines = tuple(drawn.line(curve, options.smoothing, common) for curve in curves)
    alt = f"{chart.title}: {listed([f'{tag} of {curve.run}' for tag, curve in shown], 6)}."
    figure = Figure(
        Lines(
            alt=alt,
            lines=lines,
            x_axis=options.x_axis,
            x_range=common,
            y_range=(axis.low, axis.high),
            log_y=axis.log,
            shadows=grey,
        )
    )
    notes = [Note(f"{pattern!r} is no regular expression.", "warning") for pattern in bad]
    notes += drawn.notes(curves, axis)
    if len(found) > MOST_LINES:
        left = len(found) - MOST_LINES
        notes.append(
            Note(f"{counted(left, 'further series', 'further series')} not drawn.", left_out=left)
        )
    runs = tuple(dict.fromkeys(curve.run for curve in curves))
    return figure, _table(shown), runs, tuple(notes)


def _patterns(tags: Iterable[str]) -> tuple[list[re.Pattern[str]], list[str]]:
    good, bad = [], []
    for tag in tags:
        try:
            good.append(re.compile(tag))
        except (re.error, OverflowError, RecursionError):
            bad.append(tag)
    return good, bad


def _table(shown: Sequence[tuple[str, Curve]]) -> Table:
    rows = tuple(
        (
            Cell(tag),
            Cell(curve.run, run=curve.run),
            Cell(
                format_number(float(curve.values[-1])),
                float(curve.values[-1]),
                small=at_step(int(curve.series.steps[-1])),
            ),
        )
        for tag, curve in shown
    )
    columns = (Column("Tag", "text"), Column("Run", "text"), Column("Last"))
    return Table(
        columns, rows, caption="Lines, in the order of their colours", folded=len(rows) > 6
    )


def _margins(
    chart: LayoutChart, logs: Logs, options: Options, before: Sequence[RunSummary]
) -> _Made | None:
    """The values as lines; a band from lower to upper for the first run that holds all three."""
    found: list[tuple[str, Curve]] = []
    band: Envelope | None = None
    banded = 0
    extremes: list[Curve] = []
    for value, lower, upper in chart.margins:
        for place, run in logs.coloured:
            held = [run.scalars.get(tag) for tag in (value, lower, upper)]
            if held[0] is None or not len(held[0]):
                continue
            curves = [
                drawn.curve_of(run.name, place, series, options.x_axis)
                for series in held
                if series is not None and len(series)
            ]
            found.append((value, curves[0]))
            extremes += curves
            if band is None and len(curves) == 3:
                band = _band(curves[1], curves[2])
                banded = place
    if not found:
        return None
    curves = [curve for _, curve in found]
    plain = replace(options, smoothing=0.0)
    grey = behind.shadows([tag for tag, _ in found], before, curves, plain)
    axis = behind.widened(drawn.scale(extremes, 0.0, False), extremes, grey)
    common = behind.joined(drawn.x_range(extremes), grey)
    names = listed([f"{tag} of {curve.run}" for tag, curve in found], 6)
    lines = Lines(
        alt=f"{chart.title}: {names}, with the margin of the first.",
        lines=tuple(drawn.line(curve, 0.0, common) for curve in curves),
        x_axis=options.x_axis,
        x_range=common,
        y_range=(axis.low, axis.high),
        log_y=axis.log,
        bands=(Band(band, banded),) if band is not None else (),
        shadows=grey,
    )
    notes = tuple(drawn.notes(curves, axis))
    if band is not None and len(found) > 1:
        notes += (Note(f"The band is that of {found[0][1].run}."),)
    runs = tuple(dict.fromkeys(curve.run for curve in curves))
    return Figure(lines), _table(found), runs, notes


def _band(lower: Curve, upper: Curve) -> Envelope | None:
    """The area between two curves on the steps that both have."""
    x, low_at, high_at = np.intersect1d(lower.x, upper.x, return_indices=True)
    if len(x) < 2:
        return None
    low, high = lower.values[low_at], upper.values[high_at]
    stride = -(-len(x) // COLUMNS)
    return Envelope(x[::stride], low[::stride], high[::stride])


CUSTOM = Section("custom", "Custom scalars", "The charts of the layouts that were logged.", build)
