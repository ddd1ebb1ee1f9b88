"""JUnit XML: gates and rules as test cases, for servers that show tests.

Names are those of gates and rules, never of runs, so that a server can follow a case from build to
build. A gate fails when it trips and is an error when it can't be measured; a rule fails when it
has a finding of severity error, or a warning where warnings are to fail; what it found beside that
is its output. A rule that could not be checked is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from tbreport.faults import Fault
from tbreport.model import Check, Finding, GateResult, Severity
from tbreport.names import printable
from tbreport.sections.words import counted

_MOST_LINES = 100  # in one case


def to_junit(
    title: str,
    gates: Sequence[GateResult],
    checks: Sequence[Check],
    findings: Sequence[Finding],
    faults: Sequence[Fault],
    fail_on: str = "",
) -> str:
    """The XML document; ``fail_on`` "warning" makes warnings fail as errors do.

    ``checks`` are what came of the rules; a part of tbreport that broke is a case with an error.
    """
    failing = {Severity.ERROR} | ({Severity.WARNING} if fail_on == "warning" else set())
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    suites = [
        ("gates", [_gate(gate) for gate in gates]),
        ("findings", [_rule(check, by_rule.get(check.rule, []), failing) for check in checks]),
        ("tbreport", [_fault(fault) for fault in faults]),
    ]
    root = ElementTree.Element("testsuites", name=_flat(title))
    for name, cases in suites:
        if cases:
            suite = ElementTree.SubElement(root, "testsuite", {"name": name, **_counts(cases)})
            suite.extend(cases)
    root.attrib |= _counts(list(root.iter("testcase")))
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _gate(gate: GateResult) -> ElementTree.Element:
    case = _case("gates", gate.expression)
    if gate.state == "tripped":
        lines = [f"run {one.run}: {one.words}" for one in gate.measured if one.tripped]
        _outcome(case, "failure", gate.message, lines)
    elif gate.state == "error":
        _outcome(case, "error", gate.message, [])
    else:
        _output(case, [gate.message])
    return case


def _rule(check: Check, findings: Sequence[Finding], failing: set[Severity]) -> ElementTree.Element:
    case = _case("findings", check.rule)
    fatal = [one for one in findings if one.severity in failing]
    if check.state == "not run":
        _outcome(case, "skipped", check.reason, [])
    if fatal:
        _outcome(case, "failure", fatal[0].message, [line for one in fatal for line in _said(one)])
    others = [one for one in findings if one.severity not in failing]
    if others:
        _output(case, [line for one in others for line in _said(one)])
    return case


def _said(finding: Finding) -> Iterable[str]:
    step = "" if finding.step is None else f", step {finding.step:,}"
    yield f"{finding.severity.value}: {finding.message} {finding.remedy}"
    yield f"    {counted(len(finding.runs), 'run')}{step}: {', '.join(finding.runs[:20])}"


def _fault(fault: Fault) -> ElementTree.Element:
    case = _case("tbreport", fault.where)
    _outcome(case, "error", f"{fault.where} failed: {fault.what}", [])
    return case


def _case(suite: str, name: str) -> ElementTree.Element:
    return ElementTree.Element(
        "testcase", classname=f"tbreport.{suite}", name=_flat(name), time="0"
    )


def _outcome(case: ElementTree.Element, kind: str, message: str, lines: Sequence[str]) -> None:
    ElementTree.SubElement(case, kind, message=_flat(message)).text = _text(lines)


def _output(case: ElementTree.Element, lines: Sequence[str]) -> None:
    ElementTree.SubElement(case, "system-out").text = _text(lines)


def _text(lines: Sequence[str]) -> str | None:
    shown = [_flat(line) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"{counted(len(lines) - _MOST_LINES, 'more line')} in the report")
    return "\n".join(shown) or None


def _flat(text: str) -> str:
    """On one line, without what XML can't hold: control characters and half surrogates."""
    return printable(text)


def _counts(cases: Sequence[ElementTree.Element]) -> dict[str, str]:
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {
        attribute: sum(case.find(kind) is not None for case in cases)
        for attribute, kind in kinds.items()
    }
    return {name: str(count) for name, count in {"tests": len(cases), **counts}.items()}
