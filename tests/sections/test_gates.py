from tbreport.model import GateResult, Judgement, Measured
from tbreport.options import Options
from tbreport.sections import gates
from tests.make import logs, run
from tests.sections.plain import said, words


def result(state, *measured, message="run a has 0.5 at step 3"):
    return GateResult(f"loss > {state}", state, message, "loss", measured)


def build(*results):
    return gates.build(logs(run("a")), Judgement(gates=results), Options())


def test_a_gate_that_tripped_is_an_error_with_its_runs():
    measured = [Measured(name, 0.5, f"0.5 at step {name}", name != "c") for name in "abc"]
    made = build(result("tripped", *measured), result("error", message="no run has it"))
    assert made.count == 2
    first, second, runs = made.panels
    assert first.title == "loss > tripped"
    assert (first.tag, first.runs) == ("loss", ("a", "b"))
    assert said(first) == ["error: Tripped: run a has 0.5 at step 3."]
    assert said(second) == ["error: Can't be measured: no run has it."]
    assert words(runs.tables[0])[1:] == [
        ["loss > tripped", "a", "0.5 at step a"],
        ["loss > tripped", "b", "0.5 at step b"],
    ]


def test_what_came_of_them_is_one_sentence():
    results = [result(state) for state in ("tripped", "tripped", "error", "passed")]
    assert gates.gates_said(results) == "2 gates tripped, 1 could not be measured, 1 passed"
    assert gates.gates_said(results[3:]) == "1 gate passed"
    assert gates.gates_said([]) == ""


def test_a_question_ends_as_one():
    made = build(result("error", message="no such scalar; did you mean loss?"))
    assert said(made.panels[0]) == ["error: Can't be measured: no such scalar; did you mean loss?"]


def test_gates_that_passed_are_listed():
    made = build(result("passed"))
    (panel,) = made.panels
    assert (made.count, panel.title) == (0, "1 gate passed")
    assert words(panel.tables[0])[1:] == [["loss > passed", "run a has 0.5 at step 3"]]


def test_a_thousand_runs_are_bounded_and_counted():
    measured = [Measured(str(place), 1.0, "1", True) for place in range(1000)]
    _, panel = build(result("tripped", *measured)).panels
    assert len(panel.tables[0].rows) == gates.MOST_ROWS
    assert panel.notes[0].left_out == 900


def test_without_gates_there_is_no_chapter():
    assert build() is None
    assert gates.build(logs(run("a")), (), Options()) is None
