"""The recipes of the README, run as they are written: only what is not ours is stood in for."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tbreport.gates import parse

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
RECIPES = re.search(r"^## Recipes\n(.*?)^## ", README, re.M | re.S)[1]
RUNS = ("lr=1e+00,conv=2", "tf1_mlp")  # one of them diverged

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the recipes are for a POSIX shell")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", RECIPES, re.M | re.S)


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def machine(tmp_path):
    """A folder with logs/, and a shell in which tbreport is installed and nobody is called."""
    for run in RUNS:
        shutil.copytree(ROOT / "sample_logs" / run, tmp_path / "logs" / run)
    programs = tmp_path / "bin"
    programs.mkdir()
    program(programs, "tbreport", f'exec "{sys.executable}" -m tbreport "$@"')
    for name in ("curl", "mail"):
        program(programs, name, f'printf "%s\\n" "$@" > {name}.txt; cat > {name}-input.txt')

    def shell(script, *command, **environment):
        """Run ``script`` and return its exit code."""
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **environment}
        command = [*(command or ("bash", "-e", "-c")), script]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, check=False
        )
        return done.returncode

    shell.folder = tmp_path
    return shell


def test_every_gate_in_the_readme_can_be_read():
    gates = re.findall(r"--fail-if '([^']+)'", README)
    assert len(gates) >= 7
    for gate in (*gates, *re.findall(r"`'([^`]+)'`", README)):
        assert parse(gate).expression == gate


def summary(path):
    text = path.read_text("utf-8")
    assert "**tripped** `best(accuracy/val) < 0.9`" in text
    return text


def test_github_actions(machine):
    workflow = yaml.safe_load(blocks("yaml")[0])
    run, upload = workflow["jobs"]["report"]["steps"]
    (machine.folder / "step.md").touch()
    assert machine(run["run"], GITHUB_STEP_SUMMARY="step.md") == 1
    summary(machine.folder / "step.md")
    assert upload["with"] == {"path": "report.html", "archive": False}
    assert upload["if"] == "always()"
    assert (machine.folder / upload["with"]["path"]).is_file()


def test_gitlab(machine):
    job = yaml.safe_load(blocks("yaml")[1])["report"]
    assert machine("\n".join(job["script"])) == 1
    summary(machine.folder / "summary.md")
    after = "\n".join(job["after_script"])
    assert machine(after) == 0 and not (machine.folder / "curl.txt").exists()
    known = {"CI_PROJECT_ID": "7", "CI_API_V4_URL": "https://gitlab.example/api/v4"}
    assert machine(after, CI_MERGE_REQUEST_IID="3", REPORT_TOKEN="secret", **known) == 0
    called = (machine.folder / "curl.txt").read_text().splitlines()
    assert called[-1] == "https://gitlab.example/api/v4/projects/7/merge_requests/3/notes"
    assert "body@summary.md" in called and "PRIVATE-TOKEN: secret" in called
    artifacts = job["artifacts"]
    assert all((machine.folder / path).is_file() for path in artifacts["paths"])
    assert ElementTree.parse(machine.folder / artifacts["reports"]["junit"]).getroot().get("tests")


def test_jenkins(machine):
    (pipeline,) = blocks("groovy")
    (script,) = re.findall(r'^ *sh """(.*?)"""$', pipeline, re.M | re.S)
    assert "$" not in script and "\\" not in script  # Groovy would read them
    assert machine(script, "sh", "-xe", "-c") == 1
    folder = machine.folder / re.search(r"reportDir: '(.*?)'", pipeline)[1]
    assert (folder / re.search(r"reportFiles: '(.*?)'", pipeline)[1]).is_file()
    assert (machine.folder / re.search(r"junit '(.*?)'", pipeline)[1]).is_file()
    for opening, closing in ("()", "[]", "{}"):
        assert pipeline.count(opening) == pipeline.count(closing)


def test_cron_and_mail(machine):
    (script,) = blocks("sh")
    program(machine.folder, "nightly.sh", script)
    assert machine("cd / && exec $OLDPWD/nightly.sh") == 0
    mailed = (machine.folder / "mail.txt").read_text().splitlines()
    assert mailed == ["-s", "Training: look at it", "-A", "report.html", "you@example.org"]
    said, _, rest = (machine.folder / "mail-input.txt").read_text("utf-8").partition("\n")
    assert said.startswith("tbreport: gate 'best(accuracy/val) < 0.9' tripped: ")
    assert rest == summary(machine.folder / "summary.md")


def test_mail_comes_when_no_report_could_be_made(machine):
    (script,) = blocks("sh")
    program(machine.folder, "nightly.sh", script)
    shutil.rmtree(machine.folder / "logs")
    assert machine("./nightly.sh") == 0
    mailed = (machine.folder / "mail.txt").read_text().splitlines()
    assert mailed == ["-s", "Training: look at it", "you@example.org"]
    assert "logs: no such file" in (machine.folder / "mail-input.txt").read_text()
