"""JUnit XML: well-formed whatever the names, and a failure only where something fails."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.faults import Fault
from tbreport.junit import to_junit
from tbreport.model import Check, Finding, GateResult, Measured, Severity
from tests.documents import HOSTILE_NAMES

GATES = (
    GateResult("loss > 1", "tripped", "run a has 2", "loss", (Measured("a", 2, "2 at 1", True),)),
    GateResult("los > 1", "error", "no run has a scalar 'los'", "los"),
    GateResult("acc < 0", "passed", "run a has 1", "acc", (Measured("a", 1, "1 at 1", False),)),
)
CHECKS = (
    Check("overfitting", "Overfitting", "Why.", "found"),
    Check("non-finite", "NaN", "Why.", "fine"),
    Check("dead-units", "Dead", "Why.", "not run", "no histogram was logged"),
)


def finding(severity, rule="overfitting", runs=("a",)):
    return Finding(rule, severity, runs, f"It is {severity}.", "Mend it.", step=1200)


def cases(*findings, gates=GATES, faults=(), fail_on=""):
    """What came of each case by name, and the counts of the whole."""
    text = to_junit("Nightly", gates, CHECKS, findings, faults, fail_on)
    root = ElementTree.fromstring(text.encode())
    assert root.tag == "testsuites"
    for suite in (root, *root):
        within = list(suite.iter("testcase"))
        for attribute, kind in (("failures", "failure"), ("errors", "error")):
            found = sum(case.find(kind) is not None for case in within)
            assert int(suite.get(attribute)) == found
        assert int(suite.get("tests")) == len(within)
    return {
        case.get("name"): [(part.tag, part.get("message"), part.text) for part in case]
        for case in root.iter("testcase")
    }


def test_gates_and_rules_are_cases():
    found = cases()
    assert found["loss > 1"] == [("failure", "run a has 2", "run a: 2 at 1")]
    assert found["los > 1"] == [("error", "no run has a scalar 'los'", None)]
    assert found["acc < 0"] == [("system-out", None, "run a has 1")]
    assert found["non-finite"] == []
    assert found["dead-units"] == [("skipped", "no histogram was logged", None)]


@pytest.mark.parametrize(
    ("severity", "fail_on", "kind"),
    [
        ("error", "", "failure"),
        ("error", "error", "failure"),
        ("error", "warning", "failure"),
        ("warning", "", "system-out"),
        ("warning", "error", "system-out"),
        ("warning", "warning", "failure"),
        ("note", "warning", "system-out"),
    ],
)
def test_errors_fail_and_warnings_where_they_are_to(severity, fail_on, kind):
    ((found, _, text),) = cases(finding(Severity(severity)), fail_on=fail_on)["overfitting"]
    assert found == kind
    assert text == f"{severity}: It is {severity}. Mend it.\n    1 run, step 1,200: a"


def test_a_rule_with_several_findings_is_one_case():
    found = cases(finding(Severity.ERROR), finding(Severity.WARNING))["overfitting"]
    assert [kind for kind, _, _ in found] == ["failure", "system-out"]


def test_a_part_that_broke_is_an_error():
    fault = Fault("rule pace", "ValueError: odd", "Traceback")
    assert cases(faults=(fault,))["rule pace"] == [
        ("error", "rule pace failed: ValueError: odd", None)
    ]


def test_long_lists_are_bounded():
    measured = tuple(Measured(str(n), 2, "2", True) for n in range(1000))
    gate = GateResult("loss > 1", "tripped", "many", "loss", measured)
    ((_, _, text),) = cases(gates=(gate,))["loss > 1"]
    assert len(text.splitlines()) == 101 and text.endswith("900 more lines in the report")


hostile = st.one_of(st.sampled_from(HOSTILE_NAMES), st.text())


@given(hostile, hostile, hostile)
def test_any_name_makes_valid_xml(title, name, words):
    measured = (Measured(name, 2, words, True),)
    gates = (GateResult(name, "tripped", words, name, measured),)
    found = Finding("overfitting", Severity.ERROR, (name,), words, words)
    text = to_junit(title, gates, CHECKS, [found], [Fault(name, words, words)])
    assert ElementTree.fromstring(text.encode()).get("tests") == "5"
