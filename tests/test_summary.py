"""The summary: what it says, in how many bytes, and that no name in it is more than a name."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tbreport.faults import Fault
from tbreport.model import Baseline, Check, Finding, GateResult, Judgement, Logs, Severity
from tbreport.options import Options
from tbreport.sections.comparison import compare
from tbreport.sections.metrics import main_metrics
from tbreport.sections.summaries import summaries
from tbreport.summary import MOST_BYTES, Summary, to_markdown
from tests.documents import HOSTILE_NAMES
from tests.make import logs, run

RUNS = logs(run("a", {"loss/val": [0.9, 0.2, 0.5]}), run("b", {"loss/val": [0.9, 0.1]}), run("c"))
SUMMARY = Summary(
    title="Nightly",
    comment="",
    verdict=("1 gate tripped, 1 passed", "3 runs"),
    gates=(
        GateResult("loss/val > 0.3", "tripped", "run a has 0.5 at step 2", "loss/val"),
        GateResult("runtime > 2h", "passed", "run a took 60 s", ""),
    ),
    findings=(
        Finding("overfitting", Severity.ERROR, ("a",), "It got worse.", "Stop earlier.", step=1200),
    ),
    titles={"overfitting": "Overfitting"},
    logs=RUNS,
    metrics=main_metrics(RUNS),
    gaps=0,
    faults=(),
    left_out=(),
)


def summary(**changes):
    return to_markdown(dataclasses.replace(SUMMARY, **changes))


def test_it_says_what_the_report_says():
    assert (
        summary()
        == """\
# Nightly

**1 gate tripped, 1 passed** · 3 runs

## Gates

- **tripped** `loss/val > 0.3`: run a has 0.5 at step 2

## Findings

- **error** Overfitting · `a` at step 1,200: It got worse. Stop earlier.

## Runs

| Run | `loss/val` best | last | Last step | Time |
| --- | ---: | ---: | ---: | ---: |
| `a` | 0.2 at 1 | 0.5 at 2 | 2 | 1 m |
| `b` | **0.1 at 1** | 0.1 at 1 | 1 | 1 m |

## Gates that passed

- **passed** `runtime > 2h`: run a took 60 s
"""
    )


def test_what_is_missing_is_said():
    text = summary(gaps=2, left_out=("3 images are left out.",), faults=(Fault("rule x", "E", ""),))
    assert "- 2 gaps in the log files; the report lists each.\n- 3 images are left out." in text
    assert "## Missing parts\n\n- rule x failed: E\n" in text


def test_what_changed_since_the_baseline():
    before = logs(run("a", {"loss": [0.9, 0.4]}), run("b", {"loss": [0.9, 0.1]}))
    baseline = Baseline(summaries(before))
    now = dataclasses.replace(
        logs(run("a", {"loss": [0.9, 0.5]}), run("b", {"loss": [0.9, 0.1]})), baseline=baseline
    )
    found = Finding("loss-spike", Severity.WARNING, ("a",), "It jumped.", "Look.")
    check = Check("loss-spike", "Loss spike", "Why.", "found")
    comparison = compare(now, Judgement((found,), (check,)), Options())
    text = summary(comparison=comparison)
    assert (
        """\
## Against the baseline

| Metric | Run | Verdict | Best | Last |
| --- | --- | --- | ---: | ---: |
| `loss` | `a` | worse | 0.5, was 0.4 (+25 %) | 0.5, was 0.4 (+25 %) |
| `loss` | `b` | equal | 0.1 | 0.1 |

- **new** warning: Loss spike · `a`
"""
        in text
    )


def test_nothing_at_all():
    text = summary(gates=(), findings=(), logs=Logs(()), metrics=(), verdict=())
    assert text == "# Nightly\n"


def test_a_comment_gives_no_commands():
    assert "\n> /close\\\\x0a/merge\n" in summary(comment="/close\n/merge")


def test_many_runs_are_folded_and_cut_before_findings_are():
    many = logs(*[run(f"run {place} {'x' * 60}", {"loss": [1.0]}) for place in range(2000)])
    findings = SUMMARY.findings * 60
    text = summary(logs=many, metrics=main_metrics(many), findings=findings)
    assert len(text.encode()) <= MOST_BYTES
    assert text.count("Stop earlier.") == 60
    kept = text.count("| `run ")
    assert 100 < kept < 2000
    assert "<details><summary>2,000 runs</summary>\n\n| Run |" in text
    assert f"\n\n</details>\n\n{2000 - kept:,} more runs left out here; the report has all." in text


def test_findings_are_cut_from_the_least_severe_and_gates_last():
    findings = [
        Finding("overfitting", Severity.ERROR, ("a",), f"{place} {'x' * 900}", "Stop.")
        for place in range(200)
    ]
    text = summary(findings=findings)
    assert len(text.encode()) <= MOST_BYTES
    assert ": 0 x" in text and ": 199 x" not in text
    assert "more findings left out here" in text and "2 more runs left out here" in text
    assert "`loss/val > 0.3`" in text


hostile = st.one_of(st.sampled_from(HOSTILE_NAMES), st.text())


@settings(max_examples=50)
@given(hostile, hostile, st.integers(0, 400))
def test_names_make_no_markup_and_no_summary_too_large(name, words, count):
    runs = logs(run(name, {words: [1.0], "loss": [2.0]}), run(f"{name}2", {"loss": [1.0]}))
    text = summary(
        title=words,
        comment=words,
        verdict=(words, name),
        gates=[GateResult(words, "tripped", words * 50, name)] * count,
        findings=[Finding(words, Severity.NOTE, (name,) * 9, words * 50, words)] * count,
        logs=runs,
        metrics=main_metrics(runs, (words,)) if words else (),
        faults=[Fault(name, words, "")] * count,
        left_out=[words] * count,
    )
    assert len(text.encode()) <= MOST_BYTES
    assert not [line for line in text.splitlines() if line.startswith("/")]
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = reader.parse(text)
    inner = {child.type for token in tokens for child in token.children or ()}
    assert not inner & {"link_open", "image", "s_open", "em_open", "softbreak", "hardbreak"}
    html = {
        child.content
        for token in tokens
        for child in token.children or ()
        if child.type == "html_inline"
    }
    assert html <= {"<code>", "</code>"}
    assert not [token for token in tokens if token.type in ("html_block", "fence", "code_block")]
    cells = [token.type for token in tokens].count("td_open")
    assert cells % [token.type for token in tokens].count("th_open") == 0
