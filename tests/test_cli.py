"""The command line: what it writes and says, and the exit code it ends with."""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tbreport import cli
from tbreport.options import X_AXES, Options
from tbreport.sections import SECTIONS
from tbreport.sections.kit import Section
from tests.command import lines, names, page
from tests.writer import event, frame, image, scalar, write

ROOT = Path(__file__).parents[1]


def test_it_writes_a_report_and_says_so(folder, capsys):
    assert cli.run(["logs"]) == 0
    assert names(folder) == ["logs", "report.html"]
    said = lines(capsys)
    assert re.fullmatch(r"read 2 files of 2 runs, \d+ B in \d+\.\d s, .*B/s", said[0])
    assert re.fullmatch(r"drew 3 charts in \d+\.\d s", said[1])
    assert re.fullmatch(r"report\.html: \d.* kB, 2 runs, 3 charts, 0 gaps", said[2])
    assert len(said) == 3
    assert "<title>logs" in page()


def test_quiet_says_nothing(folder, capsys):
    assert cli.run(["logs", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_line_that_changes(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("tbreport.progress.REDRAW", 0.0)
    assert cli.run(["logs"]) == 0
    shown = capsys.readouterr().err
    assert "\rreading run 1 of 2, " in shown and "\rdrawing chart 2 of 3" in shown
    assert shown.splitlines()[-1].startswith("report.html: ")


def test_the_page_goes_to_standard_output(folder, capsysbinary):
    assert cli.run(["logs", "-o", "-"]) == 0
    assert cli.run(["logs", "-o", "r.html"]) == 0
    out, err = capsysbinary.readouterr()
    assert out == Path("r.html").read_bytes()
    assert b"standard output: " in err


def test_a_folder_gets_an_index(folder):
    assert cli.run(["logs", "-q", "-o", "site/"]) == 0
    assert {"index.html", "style.css", "report.js", "pictures"} <= set(names(folder / "site"))


def test_words_and_choices_reach_the_page(folder):
    choices = ["--title", "Nightly <1>", "--comment", "After the fix", "--section", "scalars"]
    assert cli.run(["logs", "-q", *choices, "--smoothing", "0.25", "--log-y", "loss"]) == 0
    text = page()
    assert "Nightly &lt;1&gt;" in text and "After the fix" in text
    assert "smoothed 0.25 · log y" in text
    assert 'id="overview"' not in text
    assert cli.run(["logs", "-q", "--skip-section", "scalars", "--runs", "^b$"]) == 0
    assert 'id="scalars"' not in page() and ">1 run<" in page()


def test_a_metric_that_no_run_has_is_one_line(folder, capsys):
    assert cli.run(["logs", "-q", "--metric", "los:min"]) == 2
    said = capsys.readouterr().err
    assert said == "tbreport: metric: no run has a scalar 'los'; did you mean loss?\n"
    assert cli.run(["logs", "-q", "--metric", "loss:max"]) == 0


def test_the_command_line_goes_before_the_file(folder):
    Path("tbreport.toml").write_text('title = "File"\noutput = "x.html"\nquiet = true\n')
    assert cli.run(["logs", "--title", "Line"]) == 0
    assert "<title>Line" in page("x.html")
    Path("other.toml").write_text('title = "Other"\noutput = "y.html"\n')
    assert cli.run(["logs", "--config", "other.toml"]) == 0
    assert "<title>Other" in page("y.html")


def test_a_flag_can_be_taken_back(folder):
    Path("tbreport.toml").write_text("stamp = true\nquiet = true\n")
    assert cli.run(["logs"]) == 0 and "made 20" in page()
    assert cli.run(["logs", "--no-stamp"]) == 0 and "made 20" not in page()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing"], "tbreport: missing: no such file or directory"),
        (["empty"], "tbreport: no event files under empty"),
        (["logs", "--smoothing", "2"], "tbreport: smoothing is to be from 0 to 0.999, not 2.0"),
        (["logs", "--runs", "("], "tbreport: runs: '(' is no regular expression: "),
        (["logs", "--runs", "zzz"], "tbreport: no run matches"),
        (["logs", "--section", "txt"], "tbreport: section: there is no section 'txt'; did you"),
        (["logs", "--config", "none.toml"], "tbreport: none.toml can't be read: No such file"),
        (["logs", "--config", ""], "tbreport: . can't be read: "),
        (["logs", "-o", ""], "tbreport: output is empty"),
        (["logs", "--jobs", "-2"], "tbreport: jobs is to be 0"),
    ],
)
def test_what_a_user_can_mend_is_one_line_and_exit_code_2(folder, capsys, arguments, said):
    (folder / "empty").mkdir()
    assert cli.run(arguments) == 2
    (line,) = lines(capsys)
    assert line.startswith(said)
    assert "report.html" not in names(folder)


@pytest.mark.parametrize("arguments", [[], ["logs", "--nope"], ["logs", "--smoothing", "x"]])
def test_a_wrong_command_is_told_with_its_usage(folder, capsys, arguments):
    assert cli.run(arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: tbreport [OPTIONS] LOGDIR...")


def test_a_place_that_cannot_be_written_is_told_before_the_work(folder, capsys, monkeypatch):
    monkeypatch.setattr("tbreport.read.logdir.read_logs", None)
    assert cli.run(["logs", "-o", "no/where.html"]) == 3
    assert lines(capsys) == [
        "tbreport: no/where.html can't be written: folder no is missing;"
        " make it or name another place"
    ]


def test_gaps_are_counted_and_strict_makes_them_1(folder, capsys):
    path = next((folder / "logs/a").iterdir())
    path.write_bytes(path.read_bytes()[:-3])
    write(folder / "logs/c", event(0, image("cat", b"no image")))
    assert cli.run(["logs"]) == 0
    assert lines(capsys)[-1].endswith(", 2 gaps")
    assert cli.run(["logs", "--strict"]) == 1
    assert "partial tail" in page()


def broken(*_):
    raise ValueError("odd\ndata")


def test_a_fault_is_3_with_a_report_and_a_traceback_only_if_asked(folder, capsys, monkeypatch):
    mine = Section("mine", "Mine", "Mine.", broken)
    monkeypatch.setattr("tbreport.sections.SECTIONS", (*SECTIONS, mine))
    assert cli.run(["logs"]) == 3
    assert "tbreport: section mine failed: ValueError: odd" in lines(capsys)
    assert "report.html" in names(folder)
    assert cli.run(["logs", "-v"]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_strict_stops_at_a_fault_without_a_report(folder, capsys, monkeypatch):
    mine = Section("mine", "Mine", "Mine.", broken)
    monkeypatch.setattr("tbreport.sections.SECTIONS", (*SECTIONS, mine))
    assert cli.run(["logs", "--strict", "-q"]) == 3
    assert lines(capsys) == ["tbreport: making the report failed: ValueError: odd"]
    assert names(folder) == ["logs"]


def test_an_interrupt_is_130_and_leaves_nothing(folder, capsys, monkeypatch):
    def interrupted(document):
        yield "half"
        raise KeyboardInterrupt

    monkeypatch.setattr("tbreport.fitting.assemble", interrupted)
    assert cli.run(["logs", "-q"]) == 130
    assert lines(capsys)[-1] == "tbreport: interrupted, no report was written"
    assert names(folder) == ["logs"]


def test_the_title_is_the_name_of_the_logs_wherever_one_stands(folder, monkeypatch):
    file = next((folder / "logs/a").iterdir())
    assert cli._title(["logs/"]) == cli._title([str(folder / "logs")]) == "logs"
    assert cli._title(["logs", "logs/a", "logs"]) == "logs, a"
    assert cli._title([str(file)]) == "a"
    monkeypatch.chdir("logs")
    assert cli._title(["."]) == "logs"


def test_every_option_is_a_flag_and_every_flag_an_option():
    flags = {one.name for one in cli.command.params if isinstance(one, click.Option)}
    assert flags - {"config", "list_limits", "list_rules", "version"} == {
        one.name for one in dataclasses.fields(Options)
    }
    (x_axis,) = [one for one in cli.command.params if one.name == "x_axis"]
    assert tuple(x_axis.type.choices) == X_AXES
    assert all(one.help for one in cli.command.params if isinstance(one, click.Option))


def test_help_names_the_defaults(capsys):
    assert cli.run(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    options = Options()
    for value in (options.output, options.smoothing, options.x_axis, options.image_steps):
        assert f"[{value}]" in text


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tbreport", *arguments],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )


def test_the_bytes_depend_on_the_logs_alone(folder, monkeypatch):
    first = command("logs", "-o", "-", PYTHONHASHSEED="1", TZ="Asia/Tokyo").stdout
    monkeypatch.chdir("logs")
    second = command(".", "-o", "-", "--jobs", "1", PYTHONHASHSEED="2", TZ="UTC").stdout
    assert first == second and len(first) > 1000
    assert str(folder).encode() not in first


def test_a_pipe_that_closes_is_no_news(folder):
    read, written = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "tbreport", "logs", "-q", "-o", "-"],
        stdout=written,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    os.close(written)
    assert done.returncode == 3
    assert done.stderr == b""


def test_frames_of_a_damaged_file_do_not_stop_it(folder, capsys):
    path = next((folder / "logs/b").iterdir())
    path.write_bytes(path.read_bytes() + b"\x07" * 40 + frame(event(9, scalar("loss", 9.0))))
    assert cli.run(["logs"]) == 0
    assert lines(capsys)[-1].endswith(", 1 gap")
    assert "damaged" in page()


def test_rules_are_listed_with_their_thresholds(capsys):
    assert cli.run(["--list-rules"]) == 0
    text = capsys.readouterr().out
    assert "overfitting (warning): " in text
    assert "constant-init.spread=1e-07  " in text


def sick(tmp_path):
    """A training whose loss becomes NaN."""
    events = [event(step, scalar("loss", float("nan") if step > 5 else 1.0)) for step in range(20)]
    write(tmp_path / "logs", *events)
    return [str(tmp_path / "logs"), "-q", "-o", str(tmp_path / "report.html")]


def test_findings_can_fail_the_command_after_the_report_is_written(tmp_path):
    arguments = sick(tmp_path)
    assert cli.run(arguments) == 0
    (tmp_path / "report.html").unlink()
    assert cli.run([*arguments, "--fail-on", "warning"]) == 1
    assert "non-finite" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert cli.run([*arguments, "--fail-on", "warning", "--ignore", "non-finite"]) == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--ignore", "overfiting"], "there is no rule 'overfiting'"),
        (["--rule-option", "overfitting.x=1"], "rule overfitting has no threshold 'x'"),
        (["--rule-option", "nonsense"], "rule_option is to be RULE.threshold=NUMBER"),
    ],
)
def test_rules_and_thresholds_that_do_not_exist_are_told(tmp_path, capsys, option, said):
    assert cli.run([*sick(tmp_path), *option]) == 2
    assert said in capsys.readouterr().err


def test_groups_are_named_by_captures_and_a_pattern_without_a_match_is_one_line(folder, capsys):
    assert cli.run(["logs", "-q", "--group", "^([ab])"]) == 0
    assert cli.run(["logs", "-q", "--group", "()[ab]", "--section", "scalars"]) == 0
    assert "1 group as mean and band" in page()
    assert cli.run(["logs", "-q", "--group", "x"]) == 2
    assert lines(capsys) == [
        "tbreport: group: 'x' has no match in the name of any run; there are 'a', 'b'"
    ]


def test_what_is_left_out_for_the_size_is_said(folder, capsys):
    assert cli.run(["logs", "--max-size", "1kB"]) == 0
    assert re.fullmatch(
        r"tbreport: the report is \d+\.?\d* kB in its least form, more than --max-size 1 kB allows",
        lines(capsys)[2],
    )
    assert "Left out for size" in page()
    assert cli.run(["logs", "--max-size", "lots"]) == 2
