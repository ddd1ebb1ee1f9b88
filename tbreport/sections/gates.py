"""Gates: the comparisons of ``--fail-if``, those that tripped first."""

from __future__ import annotations

from collections.abc import Sequence

from tbreport.model import Finding, GateResult, Judgement, Logs, Measured
from tbreport.options import Options
from tbreport.sections.kit import Cell, Chapter, Column, Note, Panel, Section, Table
from tbreport.sections.words import counted

MOST_ROWS = 100  # of runs that trip gates; the rest is counted

_LEAD = "What is not to hold. One run for which it holds trips the gate, and NaN trips every gate."


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """A panel for each gate that tripped or can't be measured, all their runs, and what passed."""
    gates = findings.gates if isinstance(findings, Judgement) else ()
    if not gates:
        return None
    failed = [gate for gate in gates if gate.state != "passed"]
    passed = [gate for gate in gates if gate.state == "passed"]
    panels = [_panel(gate) for gate in failed]
    if any(len(_tripped(gate)) > 1 for gate in failed):
        panels.append(_runs(failed))
    if passed:
        panels.append(_passed(passed))
    return Chapter("gates", "Gates", tuple(panels), lead=_LEAD, count=len(failed))


def gates_said(gates: Sequence[GateResult]) -> str:
    """What came of the gates in one sentence; empty without gates."""
    counts = [
        (sum(gate.state == state for gate in gates), words)
        for state, words in (
            ("tripped", "tripped"),
            ("error", "could not be measured"),
            ("passed", "passed"),
        )
    ]
    said = [(count, words) for count, words in counts if count]
    if not said:
        return ""
    (first, words), *others = said
    return ", ".join([f"{counted(first, 'gate')} {words}", *(f"{n} {what}" for n, what in others)])


def _panel(gate: GateResult) -> Panel:
    what = "Tripped" if gate.state == "tripped" else "Can't be measured"
    return Panel(
        gate.expression,
        tag=gate.tag,
        runs=tuple(one.run for one in _tripped(gate)),
        notes=(
            Note(f"{what}: {gate.message}{'' if gate.message.endswith('?') else '.'}", "error"),
        ),
        wide=True,
    )


def _tripped(gate: GateResult) -> list[Measured]:
    return [one for one in gate.measured if one.tripped]


def _runs(gates: Sequence[GateResult]) -> Panel:
    """Every run that trips a gate."""
    columns = (Column("Gate", "text"), Column("Run", "text"), Column("Measured", "text"))
    rows = [
        (Cell(gate.expression), Cell(one.run, run=one.run), Cell(one.words, one.value))
        for gate in gates
        for one in _tripped(gate)
    ]
    left = len(rows) - MOST_ROWS
    text = f"{counted(left, 'more row')} not listed; choose runs with --runs."
    return Panel(
        "Runs that trip gates",
        tables=(Table(columns, tuple(rows[:MOST_ROWS])),),
        notes=(Note(text, left_out=left),) if left > 0 else (),
        wide=True,
    )


def _passed(gates: Sequence[GateResult]) -> Panel:
    columns = (Column("Gate", "text"), Column("Measured", "text"))
    rows = tuple((Cell(gate.expression), Cell(gate.message)) for gate in gates)
    return Panel(f"{counted(len(gates), 'gate')} passed", tables=(Table(columns, rows),), wide=True)


GATES = Section(
    "gates",
    "Gates",
    "The comparisons of `--fail-if`: which tripped, on which run, and how near the others came.",
    build,
)
