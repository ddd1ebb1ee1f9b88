"""The overview: one row a run with its time, its size and the best and last of the main metrics."""

from __future__ import annotations

from collections.abc import Sequence

from tbreport import roles
from tbreport.charts.spark import Spark
from tbreport.groups import NONE
from tbreport.model import Finding, Logs, Run
from tbreport.names import natural_key
from tbreport.options import Options
from tbreport.sections import extent
from tbreport.sections.curves import curve_of
from tbreport.sections.grouped import groups_table
from tbreport.sections.kit import Cell, Chapter, Column, Note, Panel, Section, Table
from tbreport.sections.metrics import (
    Metric,
    Winner,
    best,
    last,
    main_metrics,
    reading_cell,
    winner,
)
from tbreport.sections.words import counted, date_time, dates, listed, verb
from tbreport.stats import format_bytes, format_duration, format_number

MOST_ROWS = 1000  # a page with more is slow to open; the runs that are left out are counted
MOST_CURVES = 200  # beyond, the small curves would weigh more than the charts

_WAYS = {"lower": "Lower is better.", "higher": "Higher is better.", "": ""}


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter:
    """The table of runs: those to be compared first, those without a value apart."""
    metrics = main_metrics(logs, options.metric)
    ordered = _ordered(logs.runs, metrics)
    full = [run for run in ordered if extent.holds_values(run)]
    empty = [run for run in ordered if not extent.holds_values(run)]
    tables = []
    if logs.groups:
        tables.append(groups_table(logs, logs.groups[:MOST_ROWS], metrics))
    if full:
        tables.append(_runs_table(logs, full[:MOST_ROWS], metrics, findings))
    if empty:
        tables.append(_empty_table(empty[:MOST_ROWS]))
    notes = (
        *_pair_notes(full),
        *_group_notes(logs, options.group),
        *_left_out_notes(logs, full, empty),
        *_metric_notes(metrics),
    )
    panel = Panel("All runs", wide=True, tables=tuple(tables), notes=notes)
    return Chapter("overview", "Runs", (panel,), count=len(logs.runs))


def facts(logs: Logs, metric: Sequence[str] = ()) -> tuple[str, ...]:
    """What the first screen says: how much was logged, when, and who did best in ``metric``."""
    times = [time for run in logs.runs for time in extent.span(run) or ()]
    said = [
        counted(len(logs.runs), "run"),
        counted(sum(map(extent.events, logs.runs)), "event"),
    ]
    if logs.groups:
        said.insert(1, counted(len(logs.groups), "group"))
    if times:
        said.append(dates(min(times), max(times)))
    metrics = main_metrics(logs, metric)
    won = winner(metrics[0], logs) if metrics else None
    if won:
        said.append(_won(won, alone=len(logs.runs) == 1))
    return tuple(said)


def newest(logs: Logs) -> str:
    """When the newest event was written, in UTC; empty where no event has a date."""
    times = [time for run in logs.runs for time in extent.span(run) or ()]
    return f"{date_time(max(times))} UTC" if times else ""


def _won(won: Winner, alone: bool) -> str:
    value = format_number(won.reading.value)
    by = "" if alone else f" by {listed([won.run])}"
    return f"best {listed([won.metric.tag])} {value}{by} at step {won.reading.step:,}"


def _ordered(runs: Sequence[Run], metrics: Sequence[Metric]) -> list[Run]:
    """Natural order, but trainings with the first metric come first, then those with another.

    The runs of one training stand together, wherever "train" is in their path.
    """
    training = {run.name: roles.experiment(run.name) for run in runs}
    rank: dict[str, int] = {}
    for run in runs:
        has = [metric.tag in run.scalars for metric in metrics]
        own = 0 if has and has[0] else 1 if any(has) else 2
        rank[training[run.name]] = min(own, rank.get(training[run.name], own))

    def place(run: Run) -> tuple[object, ...]:
        name = training[run.name]
        return rank[name], natural_key(name), natural_key(run.name)

    return sorted(runs, key=place)


def _runs_table(
    logs: Logs, runs: Sequence[Run], metrics: Sequence[Metric], findings: Sequence[Finding]
) -> Table:
    winners = [winner(metric, logs) for metric in metrics]
    colours = {run.name: colour for colour, run in logs.coloured}
    curves = bool(metrics) and len(runs) <= MOST_CURVES
    rows = []
    for run in runs:
        cells = [_run_cell(run.name, findings)]
        if curves:
            cells.append(_curve_cell(run, metrics[0], colours[run.name]))
        for metric, won in zip(metrics, winners, strict=True):
            cells += _metric_cells(run, metric, won)
        rows.append((*cells, *_extent_cells(run)))
    return Table(tuple(_columns(metrics, curves)), tuple(rows))


def _columns(metrics: Sequence[Metric], curves: bool) -> list[Column]:
    columns = [Column("Run", "text")]
    if curves:
        columns.append(Column(listed([metrics[0].tag]), "picture"))
    for metric in metrics:
        tag, hint = listed([metric.tag]), _WAYS[metric.better]
        columns += [Column(f"{tag} best", hint=hint)] * bool(metric.better)
        # Under its own name only where no "best" stands before it: names make tables wide.
        columns.append(Column("last" if metric.better else f"{tag} last", hint=f"Newest {tag}."))
    return [
        *columns,
        Column("Last step"),
        Column("Time", hint=_TIME_HINT),
        Column("Values", hint=_VALUES_HINT),
        Column("Size"),
        Column("Start (UTC)"),
    ]


_TIME_HINT = "From the first to the last event; pauses between event files are not counted."
_VALUES_HINT = "Logged values of every kind, with those that a restart superseded."


def _metric_cells(run: Run, metric: Metric, won: Winner | None) -> list[Cell]:
    series = run.scalars.get(metric.tag)
    newest_value = last(series) if series is not None else None
    cells = [reading_cell(newest_value, known_step=extent.last_step(run))]
    if metric.better:
        top = best(series, metric.better) if series is not None else None
        wins = (
            won is not None
            and top is not None
            and len(metric.runs) > 1
            and run.name in metric.runs
            and top.value == won.reading.value
        )
        cells.insert(0, reading_cell(top, "best" if wins else ""))
    return cells


def _curve_cell(run: Run, metric: Metric, colour: int) -> Cell:
    series = run.scalars.get(metric.tag)
    if series is None or len(series) < 2:
        return Cell("")
    curve = curve_of(run.name, colour, series)
    ends = [format_number(float(value)) for value in (series.values[0], series.values[-1])]
    alt = f"{listed([metric.tag])} of {listed([run.name])}: {ends[0]} to {ends[1]}"
    return Cell("", chart=Spark.of(alt, curve.x, curve.values, colour))


def _run_cell(name: str, findings: Sequence[Finding]) -> Cell:
    severities = {finding.severity.value for finding in findings if name in finding.runs}
    mark = next((level for level in ("error", "warning") if level in severities), "")
    return Cell(name, run=name, mark=mark, href="#findings" if mark else "")


def _extent_cells(run: Run) -> tuple[Cell, ...]:
    step, seconds = extent.last_step(run), extent.active_seconds(run)
    values = extent.logged_values(run)
    return (
        Cell("") if step is None else Cell(f"{step:,}", step),
        Cell("") if seconds is None else Cell(format_duration(seconds), seconds),
        Cell(f"{values:,}", values),
        *_file_cells(run),
    )


def _file_cells(run: Run) -> tuple[Cell, Cell]:
    size = sum(file.size for file in run.files)
    span = extent.span(run)
    start = span[0] if span else None
    return Cell(format_bytes(size), size), Cell(date_time(start) if start else "", start)


def _empty_table(runs: Sequence[Run]) -> Table:
    columns = (
        Column("Run", "text"),
        Column("Files"),
        Column("Events"),
        Column("Size"),
        Column("Start (UTC)"),
    )
    rows = tuple(
        (
            Cell(run.name, run=run.name),
            Cell(f"{len(run.files):,}", len(run.files)),
            Cell(f"{extent.events(run):,}", extent.events(run)),
            *_file_cells(run),
        )
        for run in runs
    )
    return Table(columns, rows, caption="Runs without values", folded=True)


def _pair_notes(runs: Sequence[Run]) -> list[Note]:
    """Which runs are the two sides of one training."""
    members: dict[str, list[str]] = {}
    for run in runs:
        if roles.role("", run.name) and roles.experiment(run.name) != run.name:
            members.setdefault(roles.experiment(run.name), []).append(run.name)
    pairs = {name: names for name, names in members.items() if len(names) > 1}
    if not pairs:
        return []
    text = (
        f"{counted(len(pairs), 'training')} {verb(len(pairs), 'was')} logged as separate runs for"
    )
    return [Note(f"{text} training and validation: {listed(list(pairs))}.")]


def _group_notes(logs: Logs, wanted: str) -> list[Note]:
    """What was asked for and is not there, and which runs are in none of the groups."""
    if not logs.groups:
        asked = wanted not in ("", NONE)
        return [Note(f"No two runs are of one group by --group {wanted}.", "warning")] * asked
    alone = len(logs.runs) - sum(len(group.runs) for group in logs.groups)
    how = f"by --group {wanted}" if wanted else "as they differ by their seed only"
    text = f"Runs are grouped {how}; a group has one colour."
    if alone:
        text += f" {counted(alone, 'run')} {verb(alone, 'is')} in no group."
    return [Note(text)]


def _more_groups(logs: Logs) -> list[Note]:
    left = len(logs.groups) - MOST_ROWS
    text = f"{counted(left, 'more group')} {verb(left, 'is')} not listed; choose with --runs."
    return [Note(text, left_out=left)] if left > 0 else []


def _left_out_notes(logs: Logs, full: Sequence[Run], empty: Sequence[Run]) -> list[Note]:
    notes = _more_groups(logs)
    left = max(0, len(full) - MOST_ROWS) + max(0, len(empty) - MOST_ROWS)
    if left:
        text = f"{counted(left, 'more run')} {verb(left, 'is')} not listed; choose with --runs."
        notes.append(Note(text, left_out=left))
    if empty and full:
        holds = "holds" if len(empty) == 1 else "hold"
        notes.append(Note(f"{counted(len(empty), 'run')} {holds} no value at all."))
    return notes


def _metric_notes(metrics: Sequence[Metric]) -> list[Note]:
    if not metrics or any(metric.better for metric in metrics):
        return []
    tags = listed([metric.tag for metric in metrics])
    return [Note(f"Which way {tags} should go, no name says: no run is called the best.")]


OVERVIEW = Section(
    "overview",
    "Runs",
    "One row a run: time, size, and the best and last of the main metrics.",
    build,
)
