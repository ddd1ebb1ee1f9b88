"""Scalars: one chart a tag with all runs, grouped as the tags are, and every number in a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tbreport.charts.lines import Lines
from tbreport.model import Finding, Logs, Severity
from tbreport.options import Options
from tbreport.sections import curves as drawn
from tbreport.sections.choice import Choice, choose_tags, evenly, grouped, title_in_group
from tbreport.sections.curves import Curve, Scale
from tbreport.sections.kit import Chapter, Figure, Note, Panel, Prose, Section
from tbreport.sections.metrics import Winner, chosen_metric, metric_of, winner
from tbreport.sections.numbers import runs_table, tags_table
from tbreport.sections.traces import room_of_chart, values_of
from tbreport.sections.words import counted, listed, verb
from tbreport.stats import format_number

MOST_CHARTS = 400  # about 25 MB of pictures, what mail and issue trackers accept
MOST_LINES = 200  # in one chart; more can't be told apart
MOST_TABLE_ROWS = 20_000  # in all tables of charts together, about 10 MB

SUFFIXES = ("/scalar_summary",)  # TF1's new style adds it to every tag
_AXES = {"step": "steps", "relative": "time since its start", "wall": "time of day, UTC"}
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}


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
    panels = [
        _panel(tag, group, logs, findings, options, most) for group, tag in grouped(choice.tags)
    ]
    left = sorted(tags.difference(choice.tags))
    if left:
        panels.append(_numbers_panel(left, logs))
    return Chapter(
        "scalars", "Scalars", tuple(panels), count=len(tags), notes=_choice_notes(choice, len(tags))
    )


def _panel(
    tag: str,
    group: str,
    logs: Logs,
    findings: Sequence[Finding],
    options: Options,
    most: _Room,
) -> Panel:
    curves = drawn.curves_of(tag, logs, options.x_axis)
    shown = evenly(curves, MOST_LINES)
    log = bool(options.log_y) and re.search(options.log_y, tag) is not None
    axis = drawn.scale(shown, options.smoothing, log)
    runs = [run for run in logs.runs if tag in run.scalars and len(run.scalars[tag])]
    chosen = chosen_metric(logs, options.metric)
    metric = chosen if chosen and chosen.tag == tag else metric_of(tag, runs)
    won = winner(metric, logs) if len(runs) > 1 else None
    about = [finding for finding in findings if finding.tag == tag]
    description = next((c.series.description for c in curves if c.series.description), "")
    chart = Lines(
        alt=_alt(tag, curves, won, options.x_axis),
        lines=tuple(drawn.line(curve, options.smoothing, drawn.x_range(shown)) for curve in shown),
        x_axis=options.x_axis,
        x_range=drawn.x_range(shown),
        y_range=(axis.low, axis.high),
        log_y=axis.log,
        marks=_marks(about, options.x_axis),
    )
    values = (
        values_of(shown, axis, options.x_axis, options.smoothing, most.numbers)
        if most.numbers
        else None
    )
    return Panel(
        title=title_in_group(tag, SUFFIXES),
        group=group,
        small=drawn.remarks(shown, options.smoothing, axis),
        tag=tag,
        runs=tuple(curve.run for curve in curves),
        figures=(Figure(chart, values=values),),
        tables=(runs_table(curves[: most.rows], won),),
        prose=(Prose(description),) if description else (),
        notes=(*_finding_notes(about), *_notes(curves, shown, axis, most.rows)),
    )


def _numbers_panel(tags: Sequence[str], logs: Logs) -> Panel:
    """The tags without a chart: their numbers are in the report all the same."""
    table, unlisted = tags_table(tags, logs)
    text = f"{counted(unlisted, 'more tag')} {verb(unlisted, 'is')} not listed."
    notes = (Note(text, left_out=unlisted),) if unlisted else ()
    return Panel("Tags without a chart", wide=True, tables=(table,), notes=notes)


def _alt(tag: str, curves: Sequence[Curve], won: Winner | None, x_axis: str) -> str:
    """What the chart shows with its main numbers, bounded however many runs there are."""
    named = [f"{listed([c.run])} {format_number(float(c.values[-1]))}" for c in curves[:3]]
    more = f" and {len(curves) - 3:,} more" if len(curves) > 3 else ""
    text = f"{listed([tag])} over {_AXES[x_axis]}, {counted(len(curves), 'run')}; last values: "
    text += f"{', '.join(named)}{more}"
    if won:
        reading = won.reading
        text += f"; best: {format_number(reading.value)} by {listed([won.run])}"
        text += f" at step {reading.step:,}"
    return f"{text}."


def _marks(findings: Sequence[Finding], x_axis: str) -> tuple[float, ...]:
    steps = {finding.step for finding in findings if finding.step is not None}
    return tuple(map(float, sorted(steps))) if x_axis == "step" else ()


def _finding_notes(findings: Sequence[Finding]) -> list[Note]:
    return [Note(finding.message, _LEVELS[finding.severity]) for finding in findings]


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
