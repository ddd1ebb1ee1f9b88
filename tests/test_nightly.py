"""The command line of a nightly job: gates and their exit codes, and files beside the report."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tbreport import cli
from tests.command import lines, names, page
from tests.writer import event, scalar, write

ROOT = Path(__file__).parents[1]


def test_gates_fail_the_command_after_the_report_is_written(folder, capsys):
    gates = ["--fail-if", "loss > 0.5", "--fail-if", "max(loss) > 3"]
    assert cli.run(["logs", "-q", *gates]) == 1
    assert lines(capsys) == [
        "tbreport: gate 'loss > 0.5' tripped: run a has 1 at step 2; 1 more run too"
    ]
    first = page().index("1 gate tripped, 1 passed")
    assert first < page().index("2 runs")
    assert cli.run(["logs", "-q", "--fail-if", "loss > 1"]) == 0
    assert lines(capsys) == []


def test_a_gate_on_a_metric_that_no_run_has_is_2_with_a_report(folder, capsys):
    gates = ["--fail-if", "los > 0.5", "--fail-if", "loss > 0"]
    assert cli.run(["logs", "-q", *gates]) == 2
    assert lines(capsys) == [
        "tbreport: gate 'loss > 0' tripped: run a has 1 at step 2; 1 more run too",
        "tbreport: gate 'los > 0.5' can't be measured: no run has a scalar 'los';"
        " did you mean loss?",
    ]
    assert "no run has a scalar" in page()


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("loss >> 3", "fail_if: a number is to stand here, not '>'; the metric stands before it"),
        ("delta(loss) > 3", "fail_if: delta compares with a baseline; name one with --baseline"),
        ("best(x) > 3", "fail_if: which way 'x' gets better, its name does not say; write min or"),
    ],
)
def test_a_gate_that_can_not_be_read_is_told_before_the_logs_are(
    folder, capsys, monkeypatch, gate, said
):
    monkeypatch.setattr("tbreport.read.logdir.read_logs", None)
    assert cli.run(["logs", "-q", "--fail-if", gate]) == 2
    line, shown, mark = lines(capsys)
    assert line.startswith(f"tbreport: {said}")
    assert shown == f"  {gate}" and mark.strip() == "^"
    assert "report.html" not in names(folder)


def test_the_same_logs_are_no_different_and_a_run_made_worse_trips_the_gate(folder, capsys):
    gates = ["--fail-if", "delta(loss) > 5%", "--fail-if", "delta(loss) != 0"]
    for baseline in ("logs", "before.json"):
        assert cli.run(["logs", "-q", "--baseline", baseline, *gates, "--json", "before.json"]) == 0
        assert "equal to the baseline" in page()
        assert lines(capsys) == []
    events = [event(step, scalar("loss", value)) for step, value in enumerate([3.0, 2.0, 1.5])]
    write(folder / "worse/a", *events)
    write(folder / "worse/b", *[event(i, scalar("loss", 3.0 - i)) for i in range(3)])
    beside = ["--markdown", "s.md", "--junit", "t.xml", "--json", "now.json"]
    assert cli.run(["worse", "-q", "--baseline", "before.json", *gates[:2], *beside]) == 1
    said = "run a has +50 % (1.5, baseline 1)"
    assert lines(capsys) == [f"tbreport: gate 'delta(loss) > 5%' tripped: {said}"]
    assert re.search('<ul class="facts verdict">\\s*<li>1 gate tripped</li>', page())
    assert page().index('id="gates"') < page().index('id="baseline"')
    assert f"- **tripped** `delta(loss) > 5%`: {said}" in Path("s.md").read_text("utf-8")
    assert f'<failure message="{said}">' in Path("t.xml").read_text("utf-8")
    (gate,) = json.loads(Path("now.json").read_text("utf-8"))["gates"]
    assert (gate["state"], gate["message"]) == ("tripped", said)
    assert [one["tripped"] for one in gate["measured"]] == [True, False]


def test_a_gate_in_the_file_is_told_with_the_file_and_its_place(folder, capsys):
    Path("tbreport.toml").write_text("fail_if = ['loss > 9', 'loss ? 3']\n")
    assert cli.run(["logs"]) == 2
    assert lines(capsys) == [
        f"tbreport: {folder / 'tbreport.toml'}: fail_if: after 'loss' a comparison is to stand:"
        " < <= > >= == !=; a tag with spaces or brackets needs quotes (column 6)",
        "  loss ? 3",
        "       ^",
    ]


def test_files_beside_the_report(folder, capsysbinary):
    beside = ["--markdown", "s.md", "--junit", "t.xml", "--csv", "points"]
    assert cli.run(["logs", "-q", *beside]) == 0
    assert names(folder) == ["logs", "points", "report.html", "s.md", "t.xml"]
    assert Path("s.md").read_text("utf-8").startswith("# logs\n")
    assert Path("t.xml").read_text("utf-8").startswith("<?xml ")
    assert names(folder / "points") == ["a.csv", "b.csv", "index.csv", "tbreport-csv-files.txt"]
    assert cli.run(["logs", "-q", "-o", "site/", "--csv", "site", "--markdown", "-"]) == 0
    assert capsysbinary.readouterr().out == Path("s.md").read_bytes()
    assert {"a.csv", "index.html", "pictures"} <= set(names(folder / "site"))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--markdown", "logs"], "tbreport: logs can't be written: it is a folder; name a file"),
        (["--junit", "no/t.xml"], "tbreport: no/t.xml can't be written: folder no is missing;"),
        (["--csv", "file"], "tbreport: file/ can't be a folder: file is a file"),
    ],
)
def test_places_beside_the_report_are_checked_before_the_work(
    folder, capsys, monkeypatch, option, said
):
    (folder / "file").touch()
    monkeypatch.setattr("tbreport.read.logdir.read_logs", None)
    assert cli.run(["logs", "-q", *option]) == 3
    assert lines(capsys)[0].startswith(said)


def test_the_bytes_beside_the_report_depend_on_the_logs_alone(folder):
    def made(name, jobs, **environment):
        arguments = ["logs", "-q", "--fail-if", "loss > 9", "--jobs", jobs, "-o", f"{name}.html"]
        beside = ["--markdown", f"{name}.md", "--junit", f"{name}.xml", "--csv", name]
        command = [sys.executable, "-m", "tbreport", *arguments, *beside]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        subprocess.run(command, check=True, env=environment)
        files = [folder / f"{name}.md", folder / f"{name}.xml", *sorted((folder / name).iterdir())]
        return [path.read_bytes() for path in files]

    first = made("one", "1", PYTHONHASHSEED="1", TZ="Asia/Tokyo")
    assert first == made("two", "2", PYTHONHASHSEED="2", TZ="UTC")
    assert str(folder).encode() not in b"".join(first)
