"""Against the baseline: what is worse, better or equal, and what else changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tbreport.model import Finding, Logs, Severity
from tbreport.names import anchor, natural_key
from tbreport.options import Options
from tbreport.roles import Better
from tbreport.sections.comparison import Comparison, compare, rounded, share_said, signed
from tbreport.sections.differences import Change, Difference, State
from tbreport.sections.kit import Cell, Chapter, Column, Note, Panel, Section, Table
from tbreport.sections.pairs import Unit
from tbreport.sections.shifts import Changed, Moved
from tbreport.sections.words import counted, listed, verb
from tbreport.stats import format_number

MOST_ROWS = 2000  # of a table; what is left out is counted
OPEN_ROWS = 60  # of the main metrics, beyond which their table is folded

_WAYS = {Better.LOWER: "↓", Better.HIGHER: "↑", Better.UNKNOWN: ""}
_WAYS_HINT = "↓ lower is better, ↑ higher is better: by --metric or by the name of the tag."


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """The main metrics, all others, settings and findings; None without a baseline."""
    found = compare(logs, findings, options)
    if found is None:
        return None
    panels = [
        *_metrics_panels(found),
        *_settings_panel(found.settings),
        *_findings_panel(found),
        _matching_panel(found, options),
    ]
    worse = {id(one.pair) for one in found.main if one.state is State.WORSE}
    verdict = found.verdict[0].upper() + found.verdict[1:]
    lead = f"{verdict}."
    return Chapter("baseline", "Against the baseline", tuple(panels), lead, len(worse))


def _metrics_panels(found: Comparison) -> Iterator[Panel]:
    if found.main:
        tags = list(dict.fromkeys(one.tag for one in found.main))
        first = sorted(found.main, key=lambda one: (tags.index(one.tag), _rank(one)))
        yield _panel("Main metrics", first, folded=len(first) > OPEN_ROWS)
    main = {id(one) for one in found.main}
    others = [one for one in found.differences if id(one) not in main]
    others.sort(key=lambda one: (natural_key(one.tag), _rank(one)))
    differing = [one for one in others if one.state is not State.EQUAL]
    if differing:
        yield _panel("Other metrics that differ", differing, folded=len(differing) > OPEN_ROWS)
    equal = len(others) - len(differing)
    if equal:
        text = f"{counted(equal, 'other metric')} {verb(equal, 'is')} equal in best and last."
        yield Panel("Other metrics that are equal", notes=(Note(text),), wide=True)


def _rank(one: Difference) -> int:
    return list(State).index(one.state)


def _panel(title: str, differences: Sequence[Difference], folded: bool) -> Panel:
    shown = differences[:MOST_ROWS]
    left = len(differences) - len(shown)
    worse = [one for one in differences if one.state is State.WORSE]
    notes = []
    if worse:
        text = f"{counted(len(worse), 'row')} {verb(len(worse), 'is')} worse than the baseline."
        notes.append(Note(text, "warning"))
    if left:
        text = f"{counted(left, 'more row')} {verb(left, 'is')} not listed; choose with --tags."
        notes.append(Note(text, left_out=left))
    return Panel(
        title,
        small=_against(shown),
        runs=tuple(dict.fromkeys(run.name for one in shown for run in one.pair.current.runs)),
        tables=(_table(shown),),
        notes=tuple(notes),
        wide=True,
        folded=folded,
    )


def _against(shown: Sequence[Difference]) -> str:
    """How many comparisons, and with which run where they are all with one."""
    others = {one.pair.before.name for one in shown}
    named = f" with {listed(list(others))}" if len(others) == 1 else ""
    return f"{counted(len(shown), 'comparison')}{named}"


def _spread_notes(differences: Sequence[Difference]) -> list[Note]:
    if all(one.last.spread is None for one in differences):
        return []
    return [
        Note(
            "Where there are several seeds, values are means; ± is how far apart two such means"
            " lie by chance 19 times in 20, and a smaller difference is within the spread (Welch's"
            " interval; that of prediction where one side is a single run)."
        )
    ]


def _table(shown: Sequence[Difference]) -> Table:
    others = {one.pair.before.name for one in shown}
    renamed = len(others) > 1 and any(one.pair.current.name not in others for one in shown)
    judged = any(one.best for one in shown)
    columns = [Column("Metric", "text"), Column("Better", "text", hint=_WAYS_HINT)]
    columns.append(Column("Run", "text"))
    columns += [Column("Baseline run", "text")] * renamed
    columns.append(Column("Verdict", "text", hint="The worse of best and last."))
    for which in ["Best", "Last"] if judged else ["Last"]:
        columns += [
            Column(which, hint="Now, and what it was in the baseline."),
            Column("Difference", hint="Now less before, and as a share of before."),
        ]
    return Table(tuple(columns), tuple(_row(one, renamed, judged) for one in shown))


def _row(one: Difference, renamed: bool, judged: bool) -> tuple[Cell, ...]:
    cells = [
        Cell(one.tag, href=f"#{anchor('scalars', one.tag)}"),
        Cell(_WAYS[one.better]),
        _unit_cell(one.pair.current),
    ]
    if renamed:
        cells.append(Cell(one.pair.before.name, small=_size(one.pair.before)))
    mark = "warning" if one.state is State.WORSE else ""
    cells.append(Cell(one.state.value, _rank(one), mark=mark))
    for change in [one.best, one.last] if judged else [one.last]:
        cells += _change_cells(change)
    return tuple(cells)


def _unit_cell(unit: Unit) -> Cell:
    return Cell(unit.name, run=unit.runs[0].name, small=_size(unit))


def _size(unit: Unit) -> str:
    return f"{len(unit.runs):,} runs" if len(unit.runs) > 1 else ""


def _change_cells(change: Change | None) -> tuple[Cell, Cell]:
    if change is None:
        return Cell(""), Cell("")
    was = "" if change.state is State.EQUAL else f"was {format_number(change.before)}"
    spread = "" if change.spread is None else f" ± {format_number(rounded(change.spread, 2))}"
    share = "" if change.relative is None or not change.difference else share_said(change)
    mark = "warning" if change.state is State.WORSE else ""
    return (
        Cell(format_number(change.current), change.current, small=was),
        Cell(
            f"{signed(rounded(change.difference))}{spread}",
            change.difference,
            small=share,
            mark=mark,
        ),
    )


def _settings_panel(settings: Sequence[Changed]) -> Iterator[Panel]:
    if not settings:
        return
    columns = [Column(name, "text") for name in ("Setting", "Baseline", "Now", "Runs")]
    rows = tuple(
        (
            Cell(one.name),
            Cell("not set" if one.before is None else one.before),
            Cell("not set" if one.current is None else one.current),
            Cell(listed(one.units)),
        )
        for one in settings[:MOST_ROWS]
    )
    left = len(settings) - len(rows)
    text = f"{counted(left, 'more change')} {verb(left, 'is')} not listed."
    yield Panel(
        "Settings that changed",
        small=counted(len(settings), "change"),
        tables=(Table(tuple(columns), rows),),
        notes=(Note(text, left_out=left),) if left else (),
        wide=True,
    )


def _findings_panel(found: Comparison) -> Iterator[Panel]:
    if not found.matching.pairs:
        return
    if not found.new and not found.gone:
        yield Panel("Findings", notes=(Note("No finding is new and none is gone."),), wide=True)
        return
    columns = [Column(name, "text") for name in ("Finding", "Change", "Severity", "Runs", "What")]
    rows = [_moved_row(one, "new", "not checked then") for one in found.new]
    rows += [_moved_row(one, "gone", "not checked now") for one in found.gone]
    notes = [Note(_moved_said(found.new, "new"), _worst(found.new))] * bool(found.new)
    notes += [Note(_moved_said(found.gone, "gone"))] * bool(found.gone)
    table = Table(tuple(columns), tuple(rows))
    yield Panel("Findings", tables=(table,), notes=tuple(notes), wide=True)


def _moved_row(one: Moved, what: str, doubt: str) -> tuple[Cell, ...]:
    severity = one.finding.severity
    mark = severity.value if what == "new" else ""
    return (
        Cell(one.title, href="#findings" if what == "new" else ""),
        Cell(what, small="" if one.certain else doubt),
        Cell(severity.value, mark=mark),
        Cell(listed(one.units)),
        Cell(one.finding.message),
    )


def _moved_said(moved: Sequence[Moved], what: str) -> str:
    names = listed(list(dict.fromkeys(one.title for one in moved)))
    return f"{counted(len(moved), 'finding')} {verb(len(moved), 'is')} {what}: {names}."


def _worst(moved: Sequence[Moved]) -> str:
    severities = [one.finding.severity for one in moved if one.certain]
    return next((level.value for level in Severity if level in severities), "info")


def _matching_panel(found: Comparison, options: Options) -> Panel:
    """How runs were paired, and what has no counterpart."""
    matching = found.matching
    notes = [Note(matching.how), *_spread_notes(found.differences)]
    for units, where in ((matching.new, "in the baseline"), (matching.gone, "in these logs")):
        if units:
            names = listed([unit.name for unit in units])
            has = verb(len(units), "has")
            notes.append(Note(f"{names} {has} no counterpart {where}."))
    if options.x_axis == "wall":
        text = "Charts over the time of day do not show the baseline, which is of another day."
    else:
        text = "In the charts of scalars the baseline is the broad grey line behind the others."
    notes.append(Note(text))
    return Panel("What is compared", notes=tuple(notes), wide=True)


BASELINE = Section(
    "baseline",
    "Against the baseline",
    "What is worse, better or equal against --baseline, and which settings and findings changed.",
    build,
)
