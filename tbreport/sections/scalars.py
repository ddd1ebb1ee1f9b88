"""Scalars: one chart a tag with all runs, grouped as the tags are, and every number in a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tbreport.charts.lines import Line, Lines
from tbreport.model import Finding, Logs, RunSummary
from tbreport.names import natural_order
from tbreport.options import Options
from tbreport.sections import curves as drawn
from tbreport.sections import grouped
from tbreport.sections import shadows as behind
from tbreport.sections.choice import Choice, choose_tags, evenly, title_in_group
from tbreport.sections.choice import grouped as headed
from tbreport.sections.curves import Curve, Scale
from tbreport.sections.grouped import GroupedCurves
from tbreport.sections.kit import Chapter, Figure, Note, Panel, Prose, Section
from tbreport.sections.metrics import Winner, chosen_metrics, metric_for, winner
from tbreport.sections.numbers import runs_table, tags_table
from tbreport.sections.traces import room_of_chart, values_of
from tbreport.sections.words import counted, listed, verb
from tbreport.stats import format_number

MOST_CHARTS = 1000  # about 9 MB in their least form: what a page may weigh by default
MOST_LINES = 200  # in one chart; more can't be told apart
MOST_TABLE_ROWS = 20_000  # in all tables of charts together, about 10 MB

SUFFIXES = ("/scalar_summary",)  # TF1's new style adds it to every tag
_AXES = {"step": "steps", "relative": "time since its start", "wall": "time of day, UTC"}


@dataclass(frozen=True)
class _Room:
    """What one panel may hold: rows of its table, and numbers of its curves (0: none)."""

    rows: int
    numbers: int


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """A panel for every tag that any run has a value of; None without one."""
    tags = {tag for run in logs.runs for tag, series in run.scalars.items() if len(series)}
    if not tags:
        return None
    choice = choose_tags(tags, MOST_CHARTS)
    most = _Room(
        rows=max(10, MOST_TABLE_ROWS // len(choice.tags)),
        numbers=room_of_chart(len(choice.tags)) if options.data else 0,
    )
    before = behind.counterparts(logs, options)
    panels = [
        _panel(tag, group, logs, findings, options, most, before)
        for group, tag in headed(choice.tags)
    ]
    left = natural_order(tags.difference(choice.tags))
    if left:
        panels.append(numbers_panel(left, logs, "Tags without a chart"))
    notes = (*_choice_notes(choice, len(tags)), *grouped.alignment_note(logs, options.x_axis))
    return Chapter("scalars", "Scalars", tuple(panels), count=len(tags), notes=notes)


def _panel(
    tag: str,
    group: str,
    logs: Logs,
    findings: Sequence[Finding],
    options: Options,
    most: _Room,
    before: Sequence[RunSummary],
) -> Panel:
    curves = drawn.curves_of(tag, logs, options.x_axis)
    shown = evenly(curves, MOST_LINES)
    log = bool(options.log_y) and re.search(options.log_y, tag) is not None
    grey = behind.shadows([tag], before, shown, options)
    axis = behind.widened(drawn.scale(shown, options.smoothing, log), shown, grey)
    runs = [run for run in logs.runs if tag in run.scalars and len(run.scalars[tag])]
    metric = metric_for(tag, runs, chosen_metrics(logs, options.metric))
    won = winner(metric, logs) if len(runs) > 1 else None
    about = [one for finding in findings for one in finding.about(tag)]
    description = next((c.series.description for c in curves if c.series.description), "")
    every = grouped.grouped_curves(curves, logs.groups, options.x_axis)
    groups = evenly(every, min(MOST_LINES, most.rows))
    common = behind.joined(drawn.x_range(shown), grey)
    lines, single = _lines(shown, groups, options.smoothing, common)
    chart = Lines(
        alt=_alt(tag, curves, groups, won, options.x_axis),
        lines=lines,
        x_axis=options.x_axis,
        x_range=common,
        y_range=(axis.low, axis.high),
        log_y=axis.log,
        marks=_marks(about, options.x_axis),
        bands=tuple(grouped.band(group, options.smoothing, common) for group in groups),
        shadows=grey,
    )
    values = values_of(chart, shown, groups, options.smoothing, most.numbers)
    means = grouped.band_notes(options.smoothing, single, len(groups), len(every))
    remarks = drawn.remarks(shown, options.smoothing, axis)
    tables = (grouped.curves_table(groups, options.x_axis),) if groups else ()
    return Panel(
        title=title_in_group(tag, SUFFIXES),
        group=group,
        small=" · ".join(filter(None, (remarks, behind.SAID if grey else ""))),
        tag=tag,
        runs=tuple(curve.run for curve in curves),
        figures=(Figure(chart, values=values),),
        tables=(*tables, runs_table(curves[: most.rows], won)),
        prose=(Prose(description),) if description else (),
        notes=(*_finding_notes(about), *means, *_notes(curves, shown, axis, most.rows)),
    )


def _lines(
    shown: Sequence[Curve],
    groups: Sequence[GroupedCurves],
    smoothing: float,
    common: tuple[float, float] | None,
) -> tuple[tuple[Line, ...], int]:
    """A line for each run that is in no group and for each group, and behind them few others.

    Of the latter the second value is the number.
    """
    owned = {curve.run for group in groups for curve in group.curves}
    lines = {curve.run: drawn.line(curve, smoothing, common) for curve in shown}
    behind = [replace(line, behind=True) for run, line in lines.items() if run in owned]
    if len(behind) > grouped.MOST_BEHIND:
        behind = []
    alone = [line for run, line in lines.items() if run not in owned]
    means = [grouped.mean_line(group, smoothing, common) for group in groups]
    return (*behind, *alone, *means), len(behind)


def numbers_panel(tags: Sequence[str], logs: Logs, title: str) -> Panel:
    """A row of numbers a tag, for tags whose charts or tables are not in the report."""
    table, unlisted = tags_table(tags, logs)
    text = f"{counted(unlisted, 'more tag')} {verb(unlisted, 'is')} not listed."
    notes = (Note(text, left_out=unlisted),) if unlisted else ()
    return Panel(title, wide=True, tables=(table,), notes=notes)


def _alt(
    tag: str,
    curves: Sequence[Curve],
    groups: Sequence[GroupedCurves],
    won: Winner | None,
    x_axis: str,
) -> str:
    """What the chart shows with its main numbers, bounded however many runs there are."""
    named = [f"{listed([c.run])} {format_number(float(c.values[-1]))}" for c in curves[:3]]
    more = f" and {len(curves) - 3:,} more" if len(curves) > 3 else ""
    text = f"{listed([tag])} over {_AXES[x_axis]}, {counted(len(curves), 'run')}; last values: "
    text += f"{', '.join(named)}{more}"
    if groups:
        text += f"; {counted(len(groups), 'group')} as mean and band"
    if won:
        reading = won.reading
        text += f"; best: {format_number(reading.value)} by {listed([won.run])}"
        text += f" at step {reading.step:,}"
    return f"{text}."


def _marks(findings: Sequence[Finding], x_axis: str) -> tuple[float, ...]:
    steps = {finding.step for finding in findings if finding.step is not None}
    return tuple(map(float, sorted(steps))) if x_axis == "step" else ()


def _finding_notes(findings: Sequence[Finding]) -> list[Note]:
    return [Note(finding.message, finding.severity.value) for finding in findings]


def _notes(curves: Sequence[Curve], shown: Sequence[Curve], axis: Scale, rows: int) -> list[Note]:
    notes = drawn.notes(shown, axis)
    hidden = len(curves) - len(shown)
    if hidden:
        text = f"{len(shown):,} of {len(curves):,} runs are drawn, evenly spaced in their order."
        notes.append(Note(text, left_out=hidden))
    unlisted = len(curves) - rows
    if unlisted > 0:
        text = f"The table lists the first {rows:,} of {len(curves):,} runs."
        notes.append(Note(text, left_out=unlisted))
    return notes


def _choice_notes(choice: Choice, total: int) -> tuple[Note, ...]:
    if not choice.left_out:
        return ()
    cut = listed([f"{name} ({shown:,} of {size:,})" for name, shown, size in choice.cut])
    return (
        Note(
            f"{len(choice.tags):,} of {total:,} tags have a chart; evenly spaced ones of {cut}. The"
            " numbers of the others stand in the last table; choose with --tags.",
            left_out=choice.left_out,
        ),
    )


SCALARS = Section(
    "scalars",
    "Scalars",
    "One chart a tag with all runs, smoothed as in TensorBoard, and every number in a table.",
    build,
)
