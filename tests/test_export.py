"""The export: a report as JSON that its schema describes, whatever the logs are called or hold."""

import copy
import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tbreport
from tbreport import cli
from tbreport.model import Finding, Gap, GapKind, HParams, Logs, Severity
from tbreport.options import Options
from tbreport.report import build_report
from tbreport.rules.kit import Rule
from tests.make import START, event_file, logs, run, scalar_series
from tests.writer import event, scalar, write

SCHEMA = json.loads((Path(tbreport.__file__).parent / "report.schema.json").read_text("utf-8"))


def strict(schema):
    """The schema without the room that it leaves for keys of later versions."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        inner.setdefault("additionalProperties", False)
    return inner


STRICT = jsonschema.Draft202012Validator(strict(copy.deepcopy(SCHEMA)))


def refused(text):
    raise AssertionError(f"no JSON: {text}")


def parsed(report):
    """The JSON of a report, held against the schema."""
    document = json.loads(report.to_json(), parse_constant=refused)
    STRICT.validate(document)
    return document


def facts(*runs, **options):
    return parsed(build_report(logs(*runs), sections=[], options=Options(**options)))


def test_gates_are_told_with_every_run_that_was_measured():
    gates = ("loss > 0.5", "loss > 9", "los > 1")
    found = facts(run("a", {"loss": [1.0]}), run("b", {"loss": [math.nan]}), fail_if=gates)["gates"]
    assert [one["state"] for one in found] == ["tripped", "tripped", "error"]
    assert [one["tripped"] for one in found[1]["measured"]] == [False, True]
    assert found[1]["measured"][1]["value"] == "nan"
    assert found[2]["measured"] == [] and found[2]["tag"] == "los"


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        STRICT.validate({"schema_version": 1})


def test_runs_have_their_files_times_steps_and_settings():
    files = [event_file("a/events.1"), event_file("a/events.2", first_wall_time=START + 100)]
    settings = HParams({"lr": 0.1, "amp": True, "opt": "Adam"}, status="success")
    one = run("a", {"loss": [2.0, 1.0]}, files=files, hparams=settings, superseded=3)
    (found,) = facts(one)["runs"]
    assert {key: value for key, value in found.items() if key != "metrics"} == {
        "name": "a",
        "files": ["a/events.1", "a/events.2"],
        "bytes": 2000,
        "events": 20,
        "values": 2,
        "superseded": 3,
        "last_step": 1,
        "first_wall_time": START,
        "last_wall_time": START + 160,
        "runtime": 120.0,
        "status": "success",
        "hparams": {"lr": 0.1, "amp": True, "opt": "Adam"},
    }


def test_settings_in_names_count_and_an_unknown_status_is_null():
    (found,) = facts(run("lr=0.01", {"loss": [1.0]}))["runs"]
    assert found["hparams"] == {"lr": 0.01} and found["status"] is None


def test_metrics_have_their_readings_with_steps():
    series = scalar_series("val/loss", [3.0, 1.0, math.nan, 2.0], steps=[0, 10, 20, 30])
    (found,) = facts(run("a", {}, series))["runs"]
    metric = found["metrics"]["val/loss"]
    assert metric.pop("curve") == {
        "x": [0, 10, 20, 30],
        "seconds": [0, 1, 2, 3],
        "low": [3, 1, "nan", 2],
    }
    assert metric == {
        "better": "lower",
        "count": 4,
        "finite": 3,
        "first": {"value": 3.0, "step": 0},
        "last": {"value": 2.0, "step": 30},
        "min": {"value": 1.0, "step": 10},
        "max": {"value": 3.0, "step": 0},
        "best": {"value": 1.0, "step": 10},
        "mean": 2.0,
    }


def test_the_way_that_was_said_goes_before_the_name():
    one = run("a", {"loss": [1.0, 2.0], "speed": [3.0, 4.0], "odd": [5.0]})
    said = facts(one, metric=("loss:max", "speed:max"))["runs"][0]["metrics"]
    assert [said[tag]["better"] for tag in ("loss", "speed", "odd")] == ["higher", "higher", None]
    assert said["loss"]["best"] == {"value": 2.0, "step": 1}
    assert said["odd"]["best"] is None


def test_values_that_are_not_finite_are_words():
    ill = {"nan": [math.nan], "inf": [1.0, math.inf], "low": [-math.inf, 1.0]}
    metrics = facts(run("a", ill))["runs"][0]["metrics"]
    assert metrics["nan"]["last"]["value"] == "nan"
    assert metrics["nan"]["min"] is None and metrics["nan"]["mean"] is None
    assert metrics["inf"]["last"]["value"] == "inf"
    assert metrics["inf"]["max"] == {"value": 1.0, "step": 0}
    assert metrics["low"]["first"]["value"] == "-inf"


def test_findings_checks_gaps_and_what_was_left_out_are_there():
    finding = Finding(
        "spike", Severity.ERROR, ("a",), "It jumps.", "Look.", tag="x", step=1, value=math.inf
    )
    rule = Rule("spike", "Spike", "", lambda *_: [finding])
    gap = Gap(GapKind.DAMAGED, "a/events", "bad checksum", offset=24, length=9)
    given = logs(run("a", {"x": [1.0]}), gaps=[gap])
    found = parsed(build_report(given, sections=[], rules=[rule], title="Nightly"))
    assert found["title"] == "Nightly" and found["tbreport"] == tbreport.__version__
    (one,) = found["findings"]
    assert (one["rule"], one["severity"], one["runs"]) == ("spike", "error", ["a"])
    assert (one["step"], one["value"], one["threshold"]) == (1, "inf", None)
    assert found["checks"] == [{"rule": "spike", "title": "Spike", "state": "found", "reason": ""}]
    assert found["gaps"][0]["kind"] == "damaged" and found["gaps"][0]["offset"] == 24
    assert found["gates"] == [] and found["baseline"] is None and found["left_out"] == []


def test_a_fault_is_told_without_its_traceback():
    def fails(*_):
        raise ValueError("odd")

    rule = Rule("bad", "Bad", "", fails)
    found = parsed(build_report(logs(run("a")), sections=[], rules=[rule]))
    assert found["faults"] == [{"where": "rule bad", "what": "ValueError: odd"}]


def test_no_logs_at_all_are_a_document_still():
    assert parsed(build_report(Logs(())))["runs"] == []


def test_curves_are_thinned_out_to_columns_that_keep_every_peak():
    values = np.zeros(5000)
    values[2345] = 7.0
    curve = facts(run("a", {"x": values}))["runs"][0]["metrics"]["x"]["curve"]
    assert len(curve["x"]) == len(curve["high"]) == 500
    assert max(curve["high"]) == 7 and max(curve["low"]) == 0
    assert (curve["x"][0], curve["x"][-1]) == (0, 4999)


def test_many_series_share_the_room():
    runs = [run(f"r{i}", {f"t{j}": np.arange(200.0) for j in range(80)}) for i in range(50)]
    metric = facts(*runs)["runs"][7]["metrics"]["t3"]
    assert len(metric["curve"]["x"]) == 50 and metric["count"] == 200


def test_curves_of_one_step_are_in_order_of_arrival():
    curve = facts(run("a", {}, scalar_series("x", [5.0, 6.0, 7.0], steps=[3, 3, 3])))
    assert curve["runs"][0]["metrics"]["x"]["curve"]["x"] == [0, 1, 2]


def test_the_bytes_depend_on_the_logs_alone():
    def made():
        return build_report(logs(run("b", {"x": [1.0]}), run("a", {"y": [2.0]})), sections=[])

    assert made().to_json() == made().to_json()
    assert list(json.loads(made().to_json())["runs"][0]["metrics"]) == ["y"]


NAMES = st.text(st.characters(), min_size=1, max_size=8)  # lone surrogates among them


@given(NAMES, NAMES, st.lists(st.floats(), min_size=1, max_size=5), st.data())
def test_any_names_and_values_are_valid_json_that_reads_back_the_same(name, tag, values, data):
    steps = sorted(
        data.draw(
            st.lists(st.integers(-(2**63), 2**63 - 1), min_size=len(values), max_size=len(values))
        )
    )
    wall_times = data.draw(st.lists(st.floats(), min_size=len(values), max_size=len(values)))
    settings = data.draw(st.dictionaries(NAMES, st.floats() | st.booleans() | NAMES, max_size=3))
    series = scalar_series(tag, values, steps=steps, wall_times=wall_times)
    one = run(name, {}, series, files=[], hparams=HParams(settings))
    report = build_report(Logs((one,)), sections=[], rules=[])
    text = report.to_json()
    assert text.isascii()
    (found,) = parsed(report)["runs"]
    assert found["name"] == name and list(found["metrics"]) == [tag]
    last = found["metrics"][tag]["last"]
    assert float(last["value"]) == values[-1] or math.isnan(values[-1])
    assert last["step"] == steps[-1]


def test_the_command_writes_it_beside_the_report(tmp_path, monkeypatch, capsys):
    write(tmp_path / "logs", *(event(step, scalar("loss", 1.0 - step)) for step in range(3)))
    monkeypatch.chdir(tmp_path)
    assert cli.run(["logs", "-q", "--json", "report.json"]) == 0
    document = json.loads(Path("report.json").read_text("utf-8"))
    STRICT.validate(document)
    assert document["title"] == "logs" and Path("report.html").is_file()
    assert document["runs"][0]["metrics"]["loss"]["best"] == {"value": -1.0, "step": 2}
    assert cli.run(["logs", "-q", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == document


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("no/where.json", "no/where.json can't be written: folder no is missing"),
        ("logs", "logs can't be written: it is a folder; name a file"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work(
    tmp_path, monkeypatch, capsys, place, said
):
    write(tmp_path / "logs", event(0, scalar("loss", 1.0)))
    monkeypatch.chdir(tmp_path)
    assert cli.run(["logs", "--json", place]) == 3
    assert capsys.readouterr().err.startswith(f"tbreport: {said}")
    assert not Path("report.html").exists()


@pytest.mark.slow
def test_real_logs_are_described_by_the_schema(real_log):
    report = build_report(tbreport.read_logs(real_log), sections=[])
    document = parsed(report)
    assert [one["name"] for one in document["runs"]] == [one.name for one in report.logs.runs]
    assert str(real_log) not in report.to_json()
