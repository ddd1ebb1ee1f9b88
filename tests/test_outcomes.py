"""Outcomes of gates: what is measured on which run, and how it is said."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.errors import InputError
from tbreport.options import Options
from tbreport.outcomes import check_gates, outcomes
from tests.make import event_file, logs, run, scalar_series

LOSS = [0.9, 0.2, 0.5]


def outcome(expression, *runs, metric="", deltas=None):
    (found,) = outcomes(logs(*runs), Options(fail_if=(expression,), metric=metric), deltas)
    return found


@pytest.mark.parametrize(
    ("expression", "state", "message"),
    [
        ("loss > 0.4", "tripped", "run a has 0.5 at step 2"),
        ("loss > 0.5", "passed", "run a has 0.5 at step 2"),
        ("last(loss) < 0.5", "passed", "run a has 0.5 at step 2"),
        ("best(loss) > 0.1", "tripped", "run a has 0.2 at step 1"),
        ("min(loss) > 0.1", "tripped", "run a has 0.2 at step 1"),
        ("max(loss) >= 0.9", "tripped", "run a has 0.9 at step 0"),
        ("mean(loss) > 0.5", "tripped", "run a has 0.5333 over 3 values"),
        ("runtime > 1m", "passed", "run a took 1 m (60 s)"),
        ("runtime >= 1m", "tripped", "run a took 1 m (60 s)"),
    ],
)
def test_measures(expression, state, message):
    found = outcome(expression, run("a", {"loss": LOSS}))
    assert (found.state, found.message, found.expression) == (state, message, expression)


def test_best_goes_the_way_of_the_name_or_of_the_option():
    accuracy = run("a", {"acc": [0.1, 0.8, 0.7], "odd": [1.0, 3.0, 2.0]})
    assert outcome("best(acc) < 0.8", accuracy).message == "run a has 0.8 at step 1"
    assert outcome("best(odd) < 3", accuracy, metric="odd:max").state == "passed"
    assert outcome("best(odd) < 3", accuracy, metric="odd:min").state == "tripped"


def test_one_run_trips_the_gate_and_the_worst_is_named():
    runs = [
        run(name, {"loss": [last]}) for name, last in zip("abcd", [0.1, 0.7, 9, 0.6], strict=True)
    ]
    found = outcome("loss > 0.5", *runs)
    assert found.message == "run c has 9 at step 0; 2 more runs too"
    assert [one.run for one in found.measured if one.tripped] == ["b", "c", "d"]
    assert [one.run for one in found.measured] == list("abcd")


def test_of_a_gate_that_passed_the_nearest_run_is_named():
    runs = [run(name, {"loss": [last]}) for name, last in zip("abc", [0.1, 0.4, 0.3], strict=True)]
    found = outcome("loss > 0.5", *runs)
    assert found.message == "run b has 0.4 at step 0, the nearest of 3 runs"


def test_runs_without_the_metric_are_passed_over_but_one_that_nobody_has_is_an_error():
    runs = [run("a", {"loss": [1.0]}), run("b", {"acc": [1.0]})]
    assert outcome("loss > 3", *runs).state == "passed"
    assert len(outcome("loss > 3", *runs).measured) == 1
    found = outcome("los > 3", *runs)
    assert found.state == "error"
    assert found.message == "no run has a scalar 'los'; did you mean loss?"
    assert outcome("x > 3", run("a")).message == "no run has a scalar 'x'"


@pytest.mark.parametrize("comparison", ["<", "<=", ">", ">=", "==", "!="])
@pytest.mark.parametrize("measure", ["last", "mean", "best"])
def test_nan_trips_every_comparison(comparison, measure):
    found = outcome(f"{measure}(loss) {comparison} 1", run("a", {"loss": [math.nan] * 2}))
    assert found.state == "tripped"
    assert found.message.endswith(", which trips every gate")


def test_best_is_of_finite_values_and_a_mean_of_all():
    mixed = run("a", {"loss": [math.inf, 0.5, math.nan]})
    assert outcome("best(loss) > 1", mixed).state == "passed"
    assert outcome("max(loss) > 1", mixed).state == "passed"
    assert outcome("mean(loss) > 1", mixed).state == "tripped"
    assert "Inf at step 0" in outcome("loss > 1", run("a", {"loss": [math.inf]})).message


def test_the_words_tell_on_which_side_of_the_limit_a_value_is():
    near = run("a", {"loss": [float.fromhex("0x1.3333340000000p-2")]})  # 0.3 as float32
    assert outcome("loss > 0.3", near).message == "run a has 0.30000001 at step 0"
    hours = run("a", {"loss": [1.0]}, files=[event_file("a/e", last_wall_time=1_773_573_121.0)])
    assert outcome("runtime > 2h", hours).message == "run a took 2 h (7201 s)"


@given(st.floats(0, 2), st.floats(0, 2))
def test_every_number_in_words_is_on_its_side(value, limit):
    found = outcome(f"loss > {limit!r}", run("a", {"loss": [value]}))
    shown = float(found.measured[0].words.split()[0])
    assert (shown > limit) == (value > limit) == (found.state == "tripped")


def test_the_time_of_a_run_is_without_pauses_and_of_runs_with_values():
    files = [
        event_file("a/1", first_wall_time=1e9, last_wall_time=1e9 + 60),
        event_file("a/2", first_wall_time=2e9, last_wall_time=2e9 + 60),
    ]
    assert outcome("runtime > 3m", run("a", {"loss": [1.0]}, files=files), run("b")).state == (
        "passed"
    )
    assert outcome("runtime > 3m", run("b")).state == "error"
    series = scalar_series("loss", [1.0], wall_times=[0.0])
    nowhen = run("a", None, series, files=[event_file("a/1", first_wall_time=0, last_wall_time=0)])
    found = outcome("runtime > 3m", nowhen)
    assert (found.state, found.message) == (
        "tripped",
        "run a took an unknown time (NaN), which trips every gate",
    )


DELTAS = {("a", "loss"): (0.4, 0.5), ("b", "loss"): (0.0, 0.5), ("c", "loss"): (0.0, 0.0)}


@pytest.mark.parametrize(
    ("expression", "name", "state", "message"),
    [
        ("delta(loss) > 5%", "a", "tripped", "run a has +25 % (0.5, baseline 0.4)"),
        ("delta(loss) > 0.2", "a", "passed", "run a has +0.1 (0.5, baseline 0.4)"),
        ("delta(loss) < -5%", "a", "passed", "run a has +25 % (0.5, baseline 0.4)"),
        ("delta(loss) > 5%", "b", "tripped", "run b has +Inf % (0.5, baseline 0)"),
        ("delta(loss) > 5%", "c", "passed", "run c has 0 % (0, baseline 0)"),
    ],
)
def test_a_delta_is_from_the_baseline_to_now(expression, name, state, message):
    found = outcome(expression, run(name, {"loss": [0.5]}), deltas=DELTAS)
    assert (found.state, found.message) == (state, message)


def test_a_negative_baseline_is_worse_when_the_value_grows():
    found = outcome("delta(loss) > 5%", run("a"), deltas={("a", "loss"): (-2.0, -1.0)})
    assert found.message == "run a has +50 % (-1, baseline -2)"


def test_a_tag_that_the_baseline_lacks_is_an_error():
    found = outcome("delta(acc) < 0", run("a", {"acc": [1.0]}), deltas=DELTAS)
    assert found.message == "the baseline has no value of 'acc' to compare with"
    assert outcome("delta(ac) < 0", run("a", {"acc": [1.0]}), deltas={}).message == (
        "no run has a scalar 'ac'; did you mean acc?"
    )


def test_what_no_logs_could_tell_is_refused_with_its_place():
    with pytest.raises(InputError, match="name one with --baseline") as caught:
        check_gates(Options(fail_if=("loss > 1", " delta(loss) > 1")))
    assert caught.value.shown == ("   delta(loss) > 1", "   ^")
    check_gates(Options(fail_if=("delta(loss) > 1",)), baseline=True)
    with pytest.raises(InputError, match="which way 'odd' gets better"):
        check_gates(Options(fail_if=("best(odd) > 1",)))
    check_gates(Options(fail_if=("best(odd) > 1",), metric="odd:min"))


def test_what_tripped_comes_first():
    options = Options(fail_if=("loss > 9", "los > 9", "loss > 0", "loss > 8"))
    found = outcomes(logs(run("a", {"loss": [1.0]})), options)
    assert [one.expression for one in found] == ["loss > 0", "los > 9", "loss > 9", "loss > 8"]
