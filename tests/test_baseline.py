"""The baseline: whatever it is given as, it says the same; whatever is wrong with it is told."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tbreport
from tbreport import cli
from tbreport.baseline import read_baseline
from tbreport.errors import InputError
from tbreport.model import HParams, Logs
from tbreport.options import Options
from tbreport.read.earlier import read_earlier
from tbreport.report import build_report
from tests.make import START, logs, run, scalar_series
from tests.test_export import STRICT
from tests.writer import event, scalar, write

SECTIONS = [one for one in tbreport.SECTIONS if one.id in ("baseline", "scalars", "hparams")]
SAMPLES = Path(__file__).resolve().parents[1] / "sample_logs"


def saved(tmp_path, given, name="earlier.json", **options):
    """The JSON of a report of ``given``."""
    path = tmp_path / name
    report = build_report(given, sections=[], options=Options(**options))
    path.write_text(report.to_json(), "utf-8")
    return path


def sweep():
    """Runs of every kind: long and short, with seeds, settings, NaN, and all at one step."""
    rng = np.random.default_rng(0)
    noisy = 2.0 * np.exp(-np.arange(3000) / 500) + 0.1 * rng.random(3000)
    ill = [1.0, 0.5, math.nan, math.inf, 0.25]
    return logs(
        run("a", {"loss/val": noisy, "acc": 1 - noisy / 3}, hparams=HParams({"lr": 0.1})),
        run("seed=1", {"loss/val": [3.0, 2.0, 1.0]}),
        run("seed=2", {"loss/val": [3.0, 2.5, 1.2]}),
        run("ill", {"loss/val": ill, "speed": [1e300, -1e300]}),
        run("piled", {}, scalar_series("loss/val", [1.0, 2.0], steps=[5, 5])),
        run("no clock", {}, scalar_series("loss/val", [1.0, 2.0], wall_times=[0.0, math.nan])),
    )


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"x_axis": "relative"},
        {"smoothing": 0.0},
        {"tags": "loss"},
        {"runs": "seed"},
        {"x_axis": "wall"},
        {"group": "none"},
    ],
)
def test_a_report_against_json_is_that_against_the_logs_to_the_last_byte(tmp_path, choice):
    write_sweep(tmp_path / "old", 1.0)
    write_sweep(tmp_path / "new", 1.1)
    options = Options(**choice)
    chosen = {"tags": options.tags, "runs": options.runs}
    old, new = (tbreport.read_logs(tmp_path / name, **chosen) for name in ("old", "new"))
    earlier = saved(tmp_path, old, **choice)
    pages = []
    for path in (tmp_path / "old", earlier):
        baseline = read_baseline(path, new, options=options)
        report = build_report(new, sections=SECTIONS, options=options, baseline=baseline)
        assert not report.faults
        pages.append((report.html, report.to_json()))
    assert pages[0] == pages[1]
    assert "Against the baseline" in pages[0][0]


def write_sweep(folder, factor):
    for number, one in enumerate(sweep().runs):
        events = [
            event(
                int(step), scalar(tag, float(value) * factor), wall_time=START + 7 * number + step
            )
            for tag, series in one.scalars.items()
            for step, value in zip(series.steps, series.values, strict=True)
        ]
        write(folder / one.name, *events)


def test_all_that_is_compared_survives_the_json(tmp_path):
    path = saved(tmp_path, sweep())
    report = build_report(sweep(), sections=[])
    read, made = read_earlier(path), report.facts.runs
    for one, other in zip(read.runs, made, strict=True):
        assert replace(one, scalars={}, hparams={}).__dict__ == (
            replace(other, scalars={}, hparams={}).__dict__
        )
        assert one.hparams == other.hparams and list(one.scalars) == list(other.scalars)
        for tag, scalar_of in one.scalars.items():
            twin = other.scalars[tag]
            assert repr(replace(scalar_of, curve=None)) == repr(replace(twin, curve=None))
            for name in ("x", "seconds", "low", "high"):
                np.testing.assert_array_equal(
                    getattr(scalar_of.curve, name), getattr(twin.curve, name)
                )
    assert read.groups == report.logs.groups and len(read.groups) == 1


@pytest.mark.slow
def test_real_logs_against_themselves_differ_nowhere(real_log, tmp_path):
    given = tbreport.read_logs(real_log)
    one, other = (read_baseline(path, given) for path in (real_log, saved(tmp_path, given)))
    found = [build_report(given, sections=[], baseline=each) for each in (one, other)]
    for report in found:
        comparison = report.comparison
        assert {each.state.value for each in comparison.differences} <= {"equal"}
        assert comparison.settings == comparison.new == comparison.gone == ()
        assert len(comparison.matching.pairs) >= 1
        assert not report.faults
        STRICT.validate(json.loads(report.to_json()))
    assert found[0].to_json() == found[1].to_json()


def test_a_run_of_the_logs_is_the_baseline_of_the_others():
    given = logs(run("a", {"loss": [2.0]}), run("b", {"loss": [3.0]}), run("c", {"loss": [1.0]}))
    baseline = read_baseline("b", given)
    assert baseline.within == ("b",) and [one.name for one in baseline.runs] == ["b"]
    report = build_report(given, sections=SECTIONS, baseline=baseline)
    assert [pair.current.name for pair in report.comparison.matching.pairs] == ["a", "c"]
    assert report.document.verdict[0] == (
        "both runs better than the baseline: loss of c best 1, was 3 (-66.7 %)"
    )


def test_a_directory_inside_the_logs_is_the_runs_that_stand_there(tmp_path, monkeypatch):
    for name in ("one/train", "one/validation", "two/train", "two/validation"):
        write(tmp_path / "logs" / name, event(0, scalar("loss", float(len(name)))))
    monkeypatch.chdir(tmp_path)
    given = tbreport.read_logs("logs")
    for path in ("logs/one", "logs/one/", "one", str(tmp_path / "logs" / "one")):
        baseline = read_baseline(path, given, logdirs=["logs"])
        assert baseline.within == ("one/train", "one/validation")
    report = build_report(given, sections=[], baseline=baseline)
    assert [(pair.current.name, pair.before.name) for pair in report.comparison.matching.pairs] == [
        ("two/train", "one/train"),
        ("two/validation", "one/validation"),
    ]
    assert read_baseline("logs", given, logdirs=["logs"]).within == ()


def test_a_path_that_is_nothing_is_told_with_a_run_that_is_close(tmp_path):
    given = logs(run("baseline", {"loss": [2.0]}))
    with pytest.raises(InputError) as error:
        read_baseline("baselin", given)
    assert str(error.value) == (
        "baseline: there is no log directory, JSON of a report or run 'baselin';"
        " did you mean run 'baseline'?"
    )
    with pytest.raises(InputError, match="no event files under"):
        read_baseline(tmp_path, given)


def document(**changes):
    """The JSON of a small report as Python values."""
    given = logs(run("a", {"loss": [2.0, 1.0]}, hparams=HParams({"lr": 0.1})))
    return json.loads(build_report(given, sections=[]).to_json()) | changes


def ill(tmp_path, text):
    path = tmp_path / "ill.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError) as error:
        read_earlier(path)
    message = str(error.value).removeprefix(str(path)).removeprefix(":").strip()
    assert "\n" not in message and len(message) < 200
    return message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no valid JSON: Expecting value"),
        ("{", "is no valid JSON: Expecting property name"),
        (b"\xff\xfe\x00", "is no valid JSON: "),
        (b"\x89PNG\r\n", "is no valid JSON: "),
        ("NaN", "is no valid JSON: NaN is no number of JSON"),
        ('{"schema_version": Infinity}', "is no valid JSON: Infinity is no number of JSON"),
        ("[" * 200_000, "is no valid JSON: it is nested too deep"),
        ('{"a":' * 100_000, "is no valid JSON: it is nested too deep"),
        ("1" * 5000, "is no valid JSON: Exceeds the limit"),
        ("[]", "is no JSON of a report of tbreport"),
        ("null", "is no JSON of a report of tbreport"),
        ('{"runs": []}', "is no JSON of a report of tbreport"),
        ('{"schema_version": 2}', "was written with schema 2; this is 1"),
        ('{"schema_version": true}', "was written with schema true; this is 1"),
        ('{"schema_version": "1\\u202e"}', "was written with schema '1\\u202e'; this is 1"),
        ('{"schema_version": 1}', "has no 'runs'"),
        ('{"schema_version": 1, "runs": {}}', "runs is to be a list, not an object"),
        ('{"schema_version": 1, "runs": [3]}', "runs[0] is to be an object, not 3"),
    ],
)
def test_what_is_no_report_is_told_in_a_sentence(tmp_path, text, said):
    assert ill(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (["name"], 3, "runs[0] name is to be a string, not 3"),
        (["bytes"], -1, "runs[0] bytes is to be a whole number, not -1"),
        (["bytes"], True, "runs[0] bytes is to be a whole number, not true"),
        (["events"], 1.5, "runs[0] events is to be a whole number, not 1.5"),
        (["last_step"], 2**63, "runs[0] last_step is to be a whole number, not a huge number"),
        (["runtime"], "soon", "runs[0] runtime is to be a number, not 'soon'"),
        (["hparams"], {"lr": None}, "runs[0] hparams 'lr' is to be a number, not null"),
        (["metrics"], [], "runs[0] metrics is to be an object, not a list"),
        (["metrics", "loss", "count"], 0, "'loss' count is to be a whole number, not 0"),
        (["metrics", "loss", "last"], None, "'loss' last is to be an object, not null"),
        (["metrics", "loss", "last", "value"], 10**400, "last value is a number too large"),
        (["metrics", "loss", "curve", "low"], [1], "curve has lists of different lengths"),
        (["metrics", "loss", "curve", "x"], [1, 0], "curve x is to be finite numbers in asc"),
        (["metrics", "loss", "curve", "x"], ["nan", 1], "curve x is to be finite numbers in asc"),
        (["metrics", "loss", "curve", "seconds"], {}, "seconds is to be a list, not an object"),
    ],
)
def test_what_is_wrong_in_a_report_is_told_with_its_place(tmp_path, place, value, said):
    found = document()
    at = found["runs"][0]
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    assert said in ill(tmp_path, json.dumps(found))


def test_a_number_beyond_all_bounds_is_refused(tmp_path):
    text = json.dumps(document()).replace('"mean": 1.5', '"mean": 1e999')
    assert "mean is a number too large" in ill(tmp_path, text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"findings": [{}]}, "findings[0] has no 'severity'"),
        ({"groups": [{"name": "g", "runs": ["b"]}]}, "runs names a run that is not there"),
        ({"checks": 3}, "checks is to be a list, not 3"),
    ],
)
def test_the_other_parts_are_held_to_the_form_too(tmp_path, changes, said):
    assert said in ill(tmp_path, json.dumps(document(**changes)))


def test_two_runs_of_one_name_are_refused(tmp_path):
    found = document()
    found["runs"] *= 2
    assert "runs has two runs of one name" in ill(tmp_path, json.dumps(found))


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.json can't be read: No such file"):
        read_earlier(tmp_path / "none.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.data())
def test_no_damage_to_a_report_gets_through_as_anything_but_a_sentence(tmp_path_factory, data):
    found = document()
    for _ in range(data.draw(st.integers(1, 3))):
        at, key = found, data.draw(st.sampled_from(sorted(found)))
        while isinstance(at[key], dict | list) and at[key] and data.draw(st.booleans()):
            at = at[key]
            keys = list(at) if isinstance(at, dict) else range(len(at))
            key = data.draw(st.sampled_from(keys))
        at[key] = data.draw(JSON)
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_text(json.dumps(found, allow_nan=True).replace("Infinity", "1e999"), "utf-8")
    given_logs = logs(run("a", {"loss": [2.0, 1.0]}))
    try:
        baseline = read_baseline(path, given_logs)
    except InputError:
        return
    report = build_report(given_logs, sections=[], baseline=baseline)
    assert report.faults == ()
    STRICT.validate(json.loads(report.to_json()))


def nightly(folder, values):
    for name, curve in values.items():
        write(folder / name, *(event(i, scalar("val/loss", v)) for i, v in enumerate(curve)))


def test_the_command_compares_with_logs_with_json_and_with_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nightly(Path("old"), {"a": [3.0, 1.0], "b": [3.0, 2.0]})
    nightly(Path("new"), {"a": [3.0, 1.5], "b": [3.0, 2.0]})
    choice = ["-q", "--section", "baseline"]
    assert cli.run(["old", "-q", "--json", "old.json"]) == 0
    pages = []
    for path in ("old", "old.json"):
        assert cli.run(["new", *choice, "--baseline", path]) == 0
        pages.append(Path("report.html").read_text("utf-8"))
    assert pages[0] == pages[1]
    assert "1 of 2 runs worse than the baseline: val/loss of a best 1.5, was 1 (+50 %)" in pages[0]
    assert cli.run(["new", *choice, "--baseline", "new", "--fail-on", "warning"]) == 0
    same = Path("report.html").read_text("utf-8")
    assert "equal to the baseline: no difference in 1 metric of 2 runs" in same
    assert "No finding is new and none is gone." in same
    assert cli.run(["new", *choice, "--baseline", "new/a"]) == 0
    assert "worse than the baseline: val/loss best 2, was 1.5" in Path("report.html").read_text()


def test_a_baseline_that_is_no_report_leaves_no_report(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    nightly(Path("new"), {"a": [3.0]})
    Path("x.json").write_text("{}")
    assert cli.run(["new", "-q", "--baseline", "x.json"]) == 2
    assert capsys.readouterr().err == "tbreport: x.json: is no JSON of a report of tbreport\n"
    assert not Path("report.html").exists()


@pytest.mark.parametrize(("tag", "shown"), [("loss", True), ("other", False)])
def test_the_legend_says_what_is_grey_where_anything_is(tmp_path, tag, shown):
    now = logs(run("a", {"loss": [1.0, 2.0]}))
    path = saved(tmp_path, logs(run("a", {tag: [1.0, 3.0]})))
    report = build_report(now, sections=SECTIONS, baseline=read_baseline(path, now))
    assert ('class="run past"' in report.html) is shown


def test_without_a_baseline_nothing_is_said_of_one():
    report = build_report(Logs((run("a", {"loss": [1.0]}),)))
    assert report.comparison is None
    assert "the baseline" not in report.html.lower() and 'class="run past"' not in report.html


@pytest.mark.parametrize("x_axis", ["step", "relative"])
@pytest.mark.parametrize(
    "curve",
    [
        {"x": [-1e308, 0, 1e308], "low": [1.7e308, "nan", -1.7e308], "seconds": [0, "inf", 1e308]},
        {"x": [0, 0, 0], "low": [0, -1e-320, 5e-324], "seconds": ["nan", "nan", "nan"]},
        {"x": [0, 1], "low": [9, 9], "high": [1, 1], "seconds": [5, -5]},
        {"x": [], "low": [], "seconds": []},
    ],
)
def test_any_curve_can_be_drawn_behind(tmp_path, curve, x_axis):
    found = document()
    found["runs"][0]["metrics"]["loss"] |= {"curve": curve, "count": 2**62}
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(found), "utf-8")
    options = Options(x_axis=x_axis)
    now = logs(run("a", {"loss": [2.0, 1.0]}))
    baseline = read_baseline(path, now, options=options)
    report = build_report(now, sections=SECTIONS, options=options, baseline=baseline)
    assert report.faults == ()
    (scalars,) = [one for one in report.document.chapters if one.id == "scalars"]
    shown = scalars.panels[0].figures[0].chart
    assert np.isfinite([*shown.x_range, *shown.y_range]).all()


def test_a_run_made_worse_trips_the_gate_and_the_same_logs_do_not(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    nightly(Path("old"), {"a": [3.0, 1.0], "b": [3.0, 2.0]})
    nightly(Path("new"), {"a": [3.0, 1.0], "b": [3.0, 2.5]})
    gate = ["-q", "--section", "baseline", "--fail-if", "delta(val/loss) > 5%"]
    assert cli.run(["old", "-q", "--json", "old.json"]) == 0
    for path in ("old", "old.json"):
        assert cli.run(["new", *gate, "--baseline", path, "--json", "new.json"]) == 1
        assert "run b has +25 %" in capsys.readouterr().err
        found = json.loads(Path("new.json").read_text("utf-8"))
        STRICT.validate(found)
        assert (found["gates"][0]["state"], found["baseline"]["state"]) == ("tripped", "worse")
        assert cli.run(["old", *gate, "--baseline", path]) == 0
