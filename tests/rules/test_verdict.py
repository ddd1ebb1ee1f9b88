"""The verdict: order, folding, merging, faults, and what users may ask for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.errors import InputError
from tbreport.model import Logs, Severity
from tbreport.rules import RULES, judge
from tbreport.rules.kit import Rule, each, listed, number
from tbreport.rules.training import Unchecked
from tests import make
from tests.rules.trainings import (
    alarms,
    exact_histograms,
    falling,
    keras_histograms,
    layer,
    training,
    verdict_of,
)

HEALTHY = training(
    {
        "train_loss": falling(20),
        "val_loss": falling(20, 2.3, 0.2),
        "train_accuracy": np.linspace(0.1, 0.97, 20),
        "val_accuracy": np.linspace(0.1, 0.95, 20),
        "lr": [1e-3] * 20,
    },
    *layer("fc1", 20, seed=1, outputs=64),
    *layer("out", 20, seed=2),
)


def rule(name, severity=Severity.WARNING, explains=(), message="It is so.", **about):
    """A rule that finds something in every training, at the tag "loss"."""

    def check(training, limits):
        yield made.finding(training.runs[0].name, message, "Do this.", tag="loss", **about)

    made = Rule(name, name.title(), "Why.", each(check), severity, explains=tuple(explains))
    return made


def findings(*rules, runs=("a",)):
    return judge(Logs(tuple(make.run(name) for name in runs)), rules=rules).findings


def test_a_healthy_training_has_no_findings():
    verdict = verdict_of(HEALTHY)
    assert verdict.findings == ()
    assert {"overfitting", "loss-diverging", "constant-init", "bad-init-scale"} <= set(verdict.fine)
    assert dict(verdict.not_run)["vanishing-gradient"]


def test_every_rule_is_found_fine_or_not_run_without_findings():
    verdict = verdict_of(HEALTHY)
    assert {*verdict.fine, *dict(verdict.not_run)} == {one.id for one in RULES}


def test_the_worst_comes_first_then_causes_before_symptoms():
    rules = [rule("note", Severity.NOTE), rule("b"), rule("c", Severity.ERROR), rule("d")]
    assert [one.rule for one in findings(*rules)] == ["c", "b", "d", "note"]


def test_a_cause_folds_what_it_explains_and_is_as_severe():
    (one,) = findings(rule("a", explains=["b"]), rule("b", Severity.ERROR))
    assert (one.rule, one.severity, one.consequences) == ("a", Severity.ERROR, ("B",))


def test_folding_follows_the_chain_of_causes_in_any_order():
    (one,) = findings(rule("c"), rule("b", explains=["c"]), rule("a", explains=["b"]))
    assert (one.rule, one.consequences) == ("a", ("C", "B"))


def test_rules_that_explain_each_other_do_not_hide_both():
    kept = findings(rule("a", explains=["b"]), rule("b", explains=["a"]))
    assert kept
    assert findings(rule("a", explains=["a"]))


def test_a_note_explains_no_alarm():
    kept = findings(rule("a", Severity.NOTE, explains=["b"]), rule("b"))
    assert [one.rule for one in kept] == ["b", "a"]


def test_a_cause_explains_only_its_own_training():
    def check(trainings, limits):
        yield cause.finding("a", "It is so.", "Do this.")

    cause = Rule("cause", "Cause", "Why.", check, explains=("symptom",))
    kept = findings(cause, rule("symptom"), runs=("a", "b"))
    assert [(one.rule, one.runs) for one in kept] == [("cause", ("a",)), ("symptom", ("b",))]


def test_the_same_in_many_trainings_is_one_entry_with_its_cases():
    def check(training, limits):
        value = float(len(training.name))
        name = training.runs[0].name
        yield made.finding(name, f"{name}!", "Do.", tag="loss", value=value, threshold=1.0)

    made = Rule("r", "R", "Why.", each(check))
    (one,) = findings(made, runs=("a", "bbb", "cc"))
    assert one.runs == ("a", "bbb", "cc")
    assert one.message == "bbb! That is bbb; 2 other trainings show the same."
    assert [case.runs for case in one.cases] == [("a",), ("bbb",), ("cc",)]


def test_layers_that_differ_in_numbers_are_the_same_in_other_trainings_only():
    def check(training, limits):
        name = training.runs[0].name
        for place in {"a": (1,), "b": (2,), "c": (3, 4)}[name]:
            yield made.finding(name, "Ill.", "Do.", tag=f"w_{place}/x")

    made = Rule("r", "R", "Why.", each(check))
    (one,) = findings(made, runs=("a", "b"))
    assert [case.tag for case in one.cases] == ["w_1/x", "w_2/x"]
    apart = findings(made, runs=("a", "c"))
    assert [(one.tag, one.runs) for one in apart] == [
        ("w_1/x", ("a",)),
        ("w_3/x", ("c",)),
        ("w_4/x", ("c",)),
    ]


def test_a_rule_that_raises_costs_a_fault_only():
    def fails(trainings, limits):
        raise ValueError("odd data")

    verdict = judge(Logs((make.run("a"),)), rules=[Rule("bad", "Bad", "", fails), rule("good")])
    assert [one.rule for one in verdict.findings] == ["good"]
    (fault,) = verdict.faults
    assert (fault.where, fault.what) == ("rule bad", "ValueError: odd data")


def test_a_rule_without_its_data_says_why():
    def check(training, limits):
        raise Unchecked(f"no {training.name}")
        yield

    verdict = judge(Logs((make.run("a"), make.run("b"))), rules=[Rule("r", "R", "", each(check))])
    assert (verdict.not_run, verdict.fine) == ((("r", "no a"),), ())


def test_one_training_that_can_be_checked_is_enough():
    def check(training, limits):
        if training.name == "a":
            raise Unchecked("no data")
        return ()

    verdict = judge(Logs((make.run("a"), make.run("b"))), rules=[Rule("r", "R", "", each(check))])
    assert (verdict.not_run, verdict.fine) == ((), ("r",))


def test_rules_can_be_ignored_and_thresholds_chosen():
    flat = training({"loss": [2.3] * 20})
    assert "loss-not-decreasing" in alarms(verdict_of(flat))
    assert alarms(verdict_of(flat, ignore=["loss-not-decreasing", "loss-frozen"])) == []
    rising = training({"train_loss": falling(20), "val_loss": [2, 1, *np.linspace(1, 1.6, 18)]})
    assert alarms(verdict_of(rising)) == ["overfitting"]
    assert alarms(verdict_of(rising, options={"overfitting": {"rise": 0.9}})) == []


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"ignore": ["nothing"]}, "no rule 'nothing'"),
        ({"options": {"nothing": {}}}, "no rule 'nothing'"),
        ({"options": {"overfitting": {"raise": 1}}}, "no threshold 'raise'"),
    ],
)
def test_unknown_names_are_the_users_to_mend(about, message):
    with pytest.raises(InputError, match=message):
        judge(Logs(()), **about)


def test_no_logs_have_an_empty_verdict():
    verdict = judge(Logs(()))
    assert verdict.findings == verdict.faults == ()


def test_rules_explain_each_other_without_circles():
    explains = {one.id: set(one.explains) for one in RULES}
    for start in explains:
        seen, pending = set(), [start]
        while pending:
            for one in explains.get(pending.pop(), ()):
                assert one in explains, f"{start} explains {one}, which is no rule"
                assert one != start, f"{start} explains itself"
                if one not in seen:
                    seen.add(one)
                    pending.append(one)


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.id)
def test_a_rule_says_what_readers_and_users_need(one):
    assert one.id == one.id.lower() and " " not in one.id
    assert one.title[0].isupper() and one.needs
    assert one.why.splitlines()[0].strip()
    assert len({limit.name for limit in one.thresholds}) == len(one.thresholds)
    assert all(limit.source for limit in one.thresholds)


def test_numbers_read_well():
    shown = [number(value) for value in (0, 1.23456, 1234.5, 2e-9, 3.2e12, -0.5, float("nan"))]
    assert shown == ["0", "1.23", "1,230", "2e-09", "3.2e+12", "-0.5", "nan"]
    assert listed("ab") == "a and b"
    assert listed("abcd") == "a, b, c and d"
    assert listed("abcdef") == "a, b, c and 3 more"


VALUES = st.floats(width=32) | st.sampled_from([0.0, 1e300, -1e300, 2.302585])
TAGS = st.sampled_from(
    [
        "loss",
        "train_loss",
        "val_loss",
        "Loss/train",
        "epoch_loss",
        "train_loss_step",
        "acc",
        "val_acc",
        "lr",
        "grad_norm",
        "train/reward",
        "d_loss",
        "x",
    ]
)
TENSORS = st.lists(st.lists(VALUES, min_size=1, max_size=6), min_size=1, max_size=6)
HISTOGRAMS = st.sampled_from(
    [
        "fc.weight",
        "fc.bias",
        "out.weight",
        "out.bias",
        "fc.weight.grad",
        "act/tanh1",
        "act/relu1",
        "fc/kernel_0",
    ]
)


def histogram(pair):
    tag, tensors = pair
    finite = [[x if np.isfinite(x) and abs(x) < 1e200 else 0.0 for x in one] for one in tensors]
    keras = tag.endswith("_0")
    return keras_histograms(tag, finite) if keras else exact_histograms(tag, tensors)


@given(
    st.dictionaries(TAGS, st.lists(VALUES, min_size=1, max_size=30)),
    st.dictionaries(HISTOGRAMS, TENSORS, max_size=4),
    st.sampled_from([1, 38]),
    st.integers(-400, 10**12),
)
def test_no_numbers_make_a_rule_raise(scalars, histograms, every, start):
    with np.errstate(all="ignore"):
        series = [histogram(pair) for pair in histograms.items()]
    verdict_of(training(scalars, *series, every=every, start=start))
