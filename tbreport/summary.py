"""The summary: verdict, gates, findings and runs as Markdown, for comments, job pages and mail.

It is never larger than MOST_BYTES. What does not fit is cut in this order, each from its end and
counted where it stood: runs, gates that passed, what the report left out, missing parts, what
changed since the baseline (settings and findings, then metrics), findings, gates that tripped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tbreport.faults import Fault
from tbreport.gfm import code, words
from tbreport.model import Finding, GateResult, Logs, Reading, Run
from tbreport.sections import extent
from tbreport.sections.comparison import Comparison, share_said
from tbreport.sections.differences import Change, State
from tbreport.sections.metrics import Metric, best, last, winner
from tbreport.sections.words import counted
from tbreport.stats import format_duration, format_number

MOST_BYTES = 60_000  # GitHub takes comments of up to 65,536 characters
OPEN_RUNS = 20  # a longer table is folded
_LONGEST_SENTENCE = 1000  # characters
_RESERVE = 2_000  # bytes for the sentences that say what was cut
_NAMED_RUNS = 3


@dataclass(frozen=True)
class Summary:
    """What a summary is made of: the parts of a report, without its pictures.

    ``titles`` are those of rules by id; ``metrics`` are the main ones, the first of all first.
    """

    title: str
    comment: str
    verdict: Sequence[str]
    gates: Sequence[GateResult]
    findings: Sequence[Finding]
    titles: Mapping[str, str]
    logs: Logs
    metrics: Sequence[Metric]
    gaps: int
    faults: Sequence[Fault]
    left_out: Sequence[str]
    comparison: Comparison | None = None


@dataclass
class _Part:
    """Lines under a heading, as many of ``items`` as fit; ``noun`` names one of them."""

    noun: str
    items: list[str]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    cut: int = 0

    def lines(self) -> list[str]:
        if not self.items and not self.cut:
            return []
        left = f"{counted(self.cut, f'more {self.noun}')} left out here; the report has all."
        # An empty line ends a list or table, so that the sentence is neither's last row.
        return ["", *self.before, *self.items, *self.after, *(("", left) if self.cut else ())]


def to_markdown(summary: Summary) -> str:
    """The summary as GitHub-flavoured Markdown, at most MOST_BYTES of UTF-8."""
    head = [f"# {words(_clipped(summary.title))}"]
    if summary.verdict:
        first, *others = [words(_clipped(fact)) for fact in summary.verdict]
        head += ["", " · ".join([f"**{first}**", *others])]
    if summary.comment:
        # Of a comment no line may begin with what it likes: "/close" is a command to GitLab.
        head += ["", f"> {words(_clipped(summary.comment))}"]
    failed = [gate for gate in summary.gates if gate.state != "passed"]
    passed = [gate for gate in summary.gates if gate.state == "passed"]
    gates = _Part("gate", [_gate(gate) for gate in failed], ("## Gates", ""))
    findings = _findings(summary)
    fine = _Part("gate", [_gate(gate) for gate in passed], ("## Gates that passed", ""))
    runs = _runs(summary)
    notes = _Part(
        "remark", [f"- {words(_clipped(text))}" for text in _notes(summary)], ("## Not shown", "")
    )
    faults = _Part("fault", [_fault(fault) for fault in summary.faults], ("## Missing parts", ""))
    metrics, moves = _against(summary.comparison)
    _cut(head, (runs, fine, notes, faults, moves, metrics, findings, gates))
    lines = [*head]
    for part in (gates, findings, metrics, moves, faults, runs, fine, notes):
        lines += part.lines()
    return "\n".join(lines) + "\n"


def _cut(head: Sequence[str], parts: Sequence[_Part]) -> None:
    """Cut ``parts``, the first of them first, until all fits."""
    spare = MOST_BYTES - _RESERVE - _size(head)
    spare -= sum(_size(part.lines()) for part in parts)
    for part in parts:
        while spare < 0 and part.items:
            spare += _size([part.items.pop()])
            part.cut += 1


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_SENTENCE else f"{text[: _LONGEST_SENTENCE - 1]}…"


def _gate(gate: GateResult) -> str:
    state = {"tripped": "tripped", "error": "can't be measured"}.get(gate.state, "passed")
    return f"- **{state}** {code(gate.expression)}: {words(_clipped(gate.message))}"


def _findings(summary: Summary) -> _Part:
    items = []
    for one in summary.findings:
        step = "" if one.step is None else f" at step {one.step:,}"
        said = " ".join(words(_clipped(text)) for text in (one.message, one.remedy) if text)
        title = words(_clipped(summary.titles.get(one.rule, one.rule)))
        items.append(f"- **{one.severity.value}** {title} · {_named(one.runs)}{step}: {said}")
    return _Part("finding", items, ("## Findings", ""))


def _against(comparison: Comparison | None) -> tuple[_Part, _Part]:
    """What is other than in the baseline: the main metrics, then settings and findings."""
    metrics, moves = [], []
    for one in comparison.main if comparison else ():
        best, last = _change(one.best) if one.best else "", _change(one.last)
        cells = [code(one.tag), code(one.pair.current.name), f"{one.state.value}", best, last]
        metrics.append(_row(cells))
    for setting in comparison.settings if comparison else ():
        sides = [code(side) if side else "nothing" for side in (setting.before, setting.current)]
        named = _named(setting.units)
        moves.append(f"- setting {code(setting.name)} of {named}: {sides[1]}, was {sides[0]}")
    for word, moved in (("new", comparison.new), ("gone", comparison.gone)) if comparison else ():
        for it in moved:
            what = f"**{word}** {it.finding.severity.value}: {words(_clipped(it.title))}"
            moves.append(f"- {what} · {_named(it.units)}")
    columns = _row(["Metric", "Run", "Verdict", "Best", "Last"])
    ruler = _row(["---", "---", "---", "---:", "---:"])
    heading = ("## Against the baseline", "", columns, ruler)
    return _Part("comparison", metrics, heading), _Part("change", moves)


def _change(change: Change) -> str:
    if change.state is State.EQUAL:
        return format_number(change.current)
    before, now = format_number(change.before), format_number(change.current)
    return f"{now}, was {before} ({share_said(change)})"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_RUNS
    shown = ", ".join(code(name) for name in names[:_NAMED_RUNS])
    return f"{shown} and {more:,} more" if more > 0 else shown


def _runs(summary: Summary) -> _Part:
    """A table of all runs with values: best and last of the main metrics, steps and time."""
    runs = [run for run in summary.logs.runs if any(extent.series_of(run))]
    columns, ruler = ["Run"], ["---"]
    for metric in summary.metrics:
        tag = code(metric.tag)
        columns += [f"{tag} best", "last"] if metric.better else [f"{tag} last"]
    columns += ["Last step", "Time"]
    ruler += ["---:"] * (len(columns) - 1)
    winners = [winner(metric, summary.logs) for metric in summary.metrics]
    wins = {(won.metric.tag, won.run) for won in winners if won and len(runs) > 1}
    items = [_row(_run_cells(run, summary.metrics, wins)) for run in runs]
    before: tuple[str, ...] = ("## Runs", "", _row(columns), _row(ruler))
    if len(items) <= OPEN_RUNS:
        return _Part("run", items, before)
    fold = ("## Runs", "", f"<details><summary>{counted(len(items), 'run')}</summary>", "")
    return _Part("run", items, (*fold, *before[2:]), ("", "</details>"))


def _run_cells(run: Run, metrics: Sequence[Metric], wins: set[tuple[str, str]]) -> list[str]:
    cells = [code(run.name)]
    for metric in metrics:
        series = run.scalars.get(metric.tag)
        if metric.better:
            top = _reading(best(series, metric.better) if series is not None else None)
            cells.append(f"**{top}**" if top and (metric.tag, run.name) in wins else top)
        cells.append(_reading(last(series) if series is not None else None))
    step, seconds = extent.last_step(run), extent.active_seconds(run)
    cells.append("" if step is None else f"{step:,}")
    cells.append("" if seconds is None else format_duration(seconds))
    return cells


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _reading(reading: Reading | None) -> str:
    return "" if reading is None else f"{format_number(reading.value)} at {reading.step:,}"


def _fault(fault: Fault) -> str:
    return f"- {words(_clipped(fault.where))} failed: {words(_clipped(fault.what))}"


def _notes(summary: Summary) -> list[str]:
    if not summary.gaps:
        return list(summary.left_out)
    gaps = f"{counted(summary.gaps, 'gap')} in the log files; the report lists each."
    return [gaps, *summary.left_out]
