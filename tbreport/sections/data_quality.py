"""Data quality: what was read, what could not be, and how restarts were handled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tbreport.model import EventFile, Finding, Gap, GapKind, Logs, Profile, Trace
from tbreport.names import natural_key
from tbreport.options import Options
from tbreport.read.restarts import RULE
from tbreport.sections.kit import Cell, Chapter, Column, Note, Panel, Prose, Section, Table
from tbreport.sections.words import counted, date_time, listed, verb
from tbreport.stats import format_bytes

MOST_FILES = 500
MOST_GAPS = 200
OWN_PLUGINS = ("", "tensor")  # who logs tensors that need no dashboard of their own
OPEN_ROWS = 20  # a panel with a longer table is folded

# Gaps that are bytes of a file; the others are values that were read and are not shown.
_UNREAD = (
    GapKind.DAMAGED,
    GapKind.PARTIAL_TAIL,
    GapKind.ZERO_TAIL,
    GapKind.UNREADABLE,
    GapKind.LIMIT,
)
# Gaps that are nobody's choice and no work in progress.
_LOST = (GapKind.DAMAGED, GapKind.MALFORMED, GapKind.UNREADABLE)


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter:
    """The files, the gaps in them and the rule of restarts with what it superseded."""
    gaps = sorted(logs.all_gaps, key=_gap_place)
    files = sorted((f for run in logs.runs for f in run.files), key=lambda f: natural_key(f.name))
    panels = [_gaps_panel(gaps)] if gaps else []
    panels += [_files_panel(files, gaps), _restarts_panel(logs)]
    panels += [*_profiles_panels(logs), *_plugins_panels(logs)]
    return Chapter(
        "data_quality",
        "Data quality",
        tuple(panels),
        lead=f"{'; '.join(facts(logs))}.",
        count=len(gaps) or None,
    )


def facts(logs: Logs) -> tuple[str, ...]:
    """What was read and what was not, in a few words each."""
    files = {file.name for run in logs.runs for file in run.files}
    gaps = logs.all_gaps
    whole = files.difference(gap.file for gap in gaps if gap.kind in _UNREAD)
    said = [f"{len(whole):,} of {counted(len(files), 'event file')} read whole"]
    closed = {gap.file for gap in gaps if gap.kind is GapKind.UNREADABLE} - files
    if closed:
        said.append(f"{counted(len(closed), 'path')} unreadable")
    damaged = sum(gap.length for gap in gaps if gap.kind is GapKind.DAMAGED)
    said.append(f"{format_bytes(damaged)} damaged")
    superseded = sum(run.superseded for run in logs.runs)
    said.append(f"{counted(superseded, 'point')} superseded by a restart")
    unknown = sum(gap.count for gap in gaps if gap.kind is GapKind.UNKNOWN)
    if unknown:
        said.append(f"{counted(unknown, 'value')} of unknown kind")
    return tuple(said)


def _gap_place(gap: Gap) -> tuple[object, ...]:
    return natural_key(gap.file), -1 if gap.offset is None else gap.offset, gap.kind, gap.reason


def _gaps_panel(gaps: Sequence[Gap]) -> Panel:
    shown = gaps[:MOST_GAPS]
    columns = (
        Column("File", "text"),
        Column("What", "text"),
        Column("Offset", hint="Bytes from the start of the file."),
        Column("Bytes"),
        Column("Values"),
        Column("Why", "text"),
    )
    table = Table(columns, tuple(map(_gap_row, shown)))
    return Panel("Not in the report", wide=True, tables=(table,), notes=tuple(_rest_note(gaps)))


def _gap_row(gap: Gap) -> tuple[Cell, ...]:
    return (
        Cell(gap.file),
        Cell(gap.kind.value, mark="warning" if gap.kind in _LOST else ""),
        Cell("" if gap.offset is None else f"{gap.offset:,}", gap.offset),
        Cell(f"{gap.length:,}" if gap.length else "", gap.length),
        Cell(f"{gap.count:,}", gap.count),
        Cell(gap.reason),
    )


def _rest_note(gaps: Sequence[Gap]) -> list[Note]:
    rest = gaps[MOST_GAPS:]
    if not rest:
        return []
    kinds = Counter(gap.kind.value for gap in rest)
    each = listed([f"{count:,} {kind}" for kind, count in sorted(kinds.items())], len(kinds))
    return [
        Note(
            f"{counted(len(rest), 'more gap')} {verb(len(rest), 'is')} not listed: {each}.",
            left_out=len(rest),
        )
    ]


def _files_panel(files: Sequence[EventFile], gaps: Sequence[Gap]) -> Panel:
    held = Counter(gap.file for gap in gaps)
    columns = (
        Column("File", "text"),
        Column("Records", hint="Those with right checksums."),
        Column("Bytes"),
        Column("First event (UTC)"),
        Column("Last event (UTC)"),
        Column("Writer", "text"),
        Column("Gaps"),
    )
    rows = tuple(_file_row(file, held[file.name]) for file in files[:MOST_FILES])
    rest = len(files) - len(rows)
    text = f"{counted(rest, 'more file')} {verb(rest, 'is')} not listed."
    notes = (Note(text, left_out=rest),) if rest else ()
    return Panel(
        "Event files",
        small=counted(len(files), "file"),
        wide=True,
        tables=(Table(columns, rows),) if rows else (),
        notes=notes,
        folded=len(rows) > OPEN_ROWS,
    )


def _file_row(file: EventFile, gaps: int) -> tuple[Cell, ...]:
    return (
        Cell(file.name),
        Cell(f"{file.records:,}", file.records),
        Cell(f"{file.size:,}", file.size),
        Cell(date_time(file.first_wall_time), file.first_wall_time),
        Cell(date_time(file.last_wall_time), file.last_wall_time),
        Cell(file.writer, small=file.version),
        Cell(f"{gaps:,}" if gaps else "", gaps, mark="warning" if gaps else ""),
    )


def _restarts_panel(logs: Logs) -> Panel:
    struck = [run for run in logs.runs if run.superseded]
    columns = (Column("Run", "text"), Column("Superseded points"))
    rows = tuple(
        (Cell(run.name, run=run.name), Cell(f"{run.superseded:,}", run.superseded))
        for run in struck[:MOST_FILES]
    )
    tables = (Table(columns, rows),) if rows else ()
    rest = len(struck) - len(rows)
    text = f"{counted(rest, 'more run')} {verb(rest, 'is')} not listed."
    return Panel(
        "Restarts",
        wide=True,
        tables=tables,
        prose=(Prose(RULE, markdown=False),),
        notes=(Note(text, left_out=rest),) if rest else (),
    )


def _profiles_panels(logs: Logs) -> Iterator[Panel]:
    """What profilers and debuggers left: it is for their own tools, so it is listed only."""
    logged = [(run.name, profile) for run in logs.runs for profile in run.profiles]
    rows = [*(_profile_row(*one) for one in logged), *map(_trace_row, logs.traces)]
    if not rows:
        return
    columns = (
        Column("Profile", "text"),
        Column("Run", "text"),
        Column("Written by", "text"),
        Column("Session or step", "text"),
        Column("Host", "text"),
        Column("Bytes"),
    )
    left = len(rows) - MOST_FILES
    text = f"{counted(left, 'more profile')} {verb(left, 'is')} not listed."
    yield Panel(
        "Profiles",
        small=f"{counted(len(rows), 'profile')}, listed and not opened",
        wide=True,
        tables=(Table(columns, tuple(rows[:MOST_FILES])),),
        notes=(Note(text, left_out=left),) if left > 0 else (),
        folded=len(rows) > OPEN_ROWS,
    )


def _profile_row(run: str, profile: Profile) -> tuple[Cell, ...]:
    return (
        Cell(profile.tag or "run metadata"),
        Cell(run, run=run),
        Cell("RunMetadata of an event file"),
        Cell(f"step {profile.step:,}", float(profile.step)),
        Cell(""),
        Cell(f"{profile.size:,}", profile.size),
    )


def _trace_row(trace: Trace) -> tuple[Cell, ...]:
    return (
        Cell(trace.name),
        Cell(trace.run, run=trace.run),
        Cell(trace.tool),
        Cell(trace.session),
        Cell(trace.host),
        Cell(f"{trace.size:,}", trace.size),
    )


def _plugins_panels(logs: Logs) -> Iterator[Panel]:
    """Plugins of others whose tensors are shown as what they are, without their dashboard."""
    values: Counter[str] = Counter()
    tags: dict[str, set[str]] = {}
    for run in logs.runs:
        for tag, series in run.tensors.items():
            if series.plugin not in OWN_PLUGINS:
                values[series.plugin] += series.logged
                tags.setdefault(series.plugin, set()).add(tag)
    if not values:
        return
    columns = (Column("Plugin", "text"), Column("Tags", "text"), Column("Values"))
    rows = tuple(
        (
            Cell(plugin),
            Cell(listed(sorted(tags[plugin], key=natural_key))),
            Cell(f"{values[plugin]:,}", values[plugin]),
        )
        for plugin in sorted(values, key=natural_key)
    )
    text = "Their values are shown as plain tensors, without the dashboards of these plugins."
    yield Panel("Other plugins", wide=True, tables=(Table(columns, rows),), notes=(Note(text),))


DATA_QUALITY = Section(
    "data_quality",
    "Data quality",
    "Every file that was read, every byte that was not, and how restarts were handled.",
    build,
    last=True,
)
