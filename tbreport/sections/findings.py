"""Findings: what went wrong in the trainings, what was checked, and what could not be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tbreport.model import Check, Finding, Judgement, Logs, Severity
from tbreport.options import Options
from tbreport.sections.kit import Cell, Chapter, Column, Note, Panel, Prose, Section, Table
from tbreport.sections.words import at_step, counted, listed
from tbreport.stats import format_number

MOST_FINDINGS = 60  # panels; the rest is listed in a table

# The lines that log what most rules look at, for those that could not run.
HOW_TO_LOG = """What rules look at beside the losses, in PyTorch:

```python
for name, parameter in model.named_parameters():  # before the first step, then now and then
    writer.add_histogram(f"weights/{name}", parameter, step)
    if parameter.grad is not None:
        writer.add_histogram(f"gradients/{name}", parameter.grad, step)
```

in Keras, `keras.callbacks.TensorBoard(log_dir, histogram_freq=1)` logs the weights; gradients
need a loop of your own:

```python
gradients = tape.gradient(loss, model.trainable_variables)
for variable, gradient in zip(model.trainable_variables, gradients):
    tf.summary.histogram(f"gradients/{variable.path}", gradient, step=step)
```
"""


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """A panel for each finding, worst first, then what was checked."""
    checks = findings.checks if isinstance(findings, Judgement) else ()
    if not logs.runs or not (findings or checks):
        return None
    titles = {check.rule: check for check in checks}
    panels = [_panel(one, titles.get(one.rule)) for one in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        panels.append(_rest(findings[MOST_FINDINGS:]))
    if checks:
        panels.append(_checked(checks))
    severe = sum(one.severity is not Severity.NOTE for one in findings)
    return Chapter("findings", "Findings", tuple(panels), lead=_lead(findings), count=severe)


def _lead(findings: Sequence[Finding]) -> str:
    """That there is no reason to worry, if there is none."""
    if not findings:
        return "No rule found anything wrong with these trainings."
    if all(one.severity is Severity.NOTE for one in findings):
        return "No errors and no warnings, only what is worth knowing or may well be meant so."
    return ""


def _panel(finding: Finding, check: Check | None) -> Panel:
    title = check.title if check else finding.rule
    notes = [Note(finding.message, finding.severity.value), Note(finding.remedy)]
    if finding.consequences:
        notes.append(Note(f"Likely consequences: {listed(finding.consequences, 6)}."))
    return Panel(
        f"{title} · {listed(finding.runs, 3)}",
        small=" · ".join(_facts(finding)),
        tag=finding.tag,
        runs=finding.runs,
        notes=tuple(notes),
        wide=True,
    )


def _facts(finding: Finding) -> Iterator[str]:
    """The rule, the step, and what was measured against which limit."""
    yield finding.rule
    if finding.step is not None:
        yield f"step {finding.step:,}"
    if finding.value is not None:
        measured = format_number(finding.value)
        limit = "" if finding.threshold is None else f" (limit {format_number(finding.threshold)})"
        yield f"{measured}{limit}"


def _rest(findings: Sequence[Finding]) -> Panel:
    columns = (Column("Finding", "text"), Column("Runs", "text"), Column("Severity", "text"))
    rows = tuple(
        (
            Cell(one.message, small=at_step(one.step) if one.step is not None else ""),
            Cell(listed(one.runs, 3)),
            Cell(one.severity.value, mark=one.severity.value),
        )
        for one in findings
    )
    title = f"{counted(len(findings), 'further finding')}"
    return Panel(title, tables=(Table(columns, rows),), wide=True, folded=True)


def _checked(checks: Sequence[Check]) -> Panel:
    """What was checked and found fine, and what could not be checked and why."""
    fine = [check for check in checks if check.state == "fine"]
    blind = [check for check in checks if check.state == "not run"]
    columns = (Column("Check", "text"), Column("Result", "text"), Column("What it is for", "text"))
    rows = tuple(
        (Cell(check.title, small=check.rule), Cell(_result(check)), Cell(_first(check.why)))
        for check in (*fine, *blind)
    )
    return Panel(
        f"{counted(len(fine), 'check')} found nothing, {len(blind)} could not run",
        tables=(Table(columns, rows),),
        prose=(Prose(HOW_TO_LOG),) if blind else (),
        wide=True,
        folded=True,
    )


def _result(check: Check) -> str:
    return "found nothing" if check.state == "fine" else f"not run: {check.reason}"


def _first(why: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=\.)\s", why, maxsplit=1)[0]


FINDINGS = Section(
    "findings",
    "Findings",
    "What went wrong in the trainings, with its remedy, and what was checked.",
    build,
)
