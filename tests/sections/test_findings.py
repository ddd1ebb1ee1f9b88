from tbreport.model import Check, Finding, Judgement, Logs, Severity
from tbreport.options import Options
from tbreport.sections import findings
from tests.make import logs, run
from tests.sections.plain import said, words

CHECKS = (
    Check("overfitting", "Overfitting", "Validation tells. It really does.", "found"),
    Check("loss-frozen", "The loss stands still", "A loss moves.\n\nAt 0.1 it does.", "fine"),
    Check("vanishing-gradient", "Gradients vanish", "Depth.", "not run", "no gradient was logged"),
)


def finding(severity=Severity.WARNING, **about):
    return Finding("overfitting", severity, ("a", "b"), "It got worse.", "Stop earlier.", **about)


def build(*found, checks=CHECKS):
    return findings.build(logs(run("a")), Judgement(found, checks), Options())


def test_a_finding_is_a_panel_of_words_with_its_measure_and_consequences():
    made = build(
        finding(tag="loss/val", step=900, value=0.41, threshold=0.2, consequences=("loss-frozen",))
    )
    panel = made.panels[0]
    assert panel.title == "Overfitting · a and b"
    assert panel.small == "overfitting · step 900 · 0.41 (limit 0.2)"
    assert (panel.tag, panel.runs) == ("loss/val", ("a", "b"))
    assert said(panel) == [
        "warning: It got worse.",
        "Stop earlier.",
        "Likely consequences: loss-frozen.",
    ]
    assert made.count == 1


def test_what_was_checked_and_what_could_not_be_is_said():
    made = build()
    assert made.lead == "No rule found anything wrong with these trainings."
    assert made.count == 0
    (panel,) = made.panels
    assert panel.title == "1 check found nothing, 1 could not run"
    assert words(panel.tables[0])[1:] == [
        ["The loss stands still (loss-frozen)", "found nothing", "A loss moves."],
        ["Gradients vanish (vanishing-gradient)", "not run: no gradient was logged", "Depth."],
    ]
    assert "add_histogram" in panel.prose[0].text


def test_notes_alone_are_no_reason_to_worry():
    made = build(finding(Severity.NOTE))
    assert (made.count, made.lead.startswith("No errors and no warnings")) == (0, True)
    assert said(made.panels[0])[0] == "note: It got worse."


def test_a_hundred_findings_are_bounded():
    made = build(*[finding(step=step) for step in range(100)])
    assert len(made.panels) == findings.MOST_FINDINGS + 2
    assert len(made.panels[findings.MOST_FINDINGS].tables[0].rows) == 40


def test_nothing_to_say_no_chapter():
    assert build(checks=()) is None
    assert findings.build(Logs(()), Judgement((), CHECKS), Options()) is None
