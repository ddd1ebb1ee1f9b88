"""Nothing logged is missing: what every dashboard of TensorBoard shows stands in the report.

Each writer logs a value of every kind that it knows; each value has its panel, and is counted, in
the section that does the dashboard's work.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tbreport
from tbreport.model import Logs, Run
from tbreport.options import Options
from tbreport.report import Report, build_report
from tbreport.roles import histogram_role
from tests import writer

# The section for each dashboard of TensorBoard, by plugin name; none where it is a signpost only.
DASHBOARDS = {
    "timeseries": ("scalars", "weights", "images"),
    "scalars": ("scalars",),
    "custom_scalars": ("custom",),
    "images": ("images",),
    "audio": ("audio",),
    "debugger-v2": ("data_quality",),
    "graphs": ("graph",),
    "distributions": ("weights",),
    "histograms": ("weights",),
    "text": ("text",),
    "pr_curves": ("pr_curves",),
    "profile_redirect": ("data_quality",),
    "hparams": ("hparams",),
    "mesh": ("mesh",),
    "wit_redirect": (),
    "projector": ("embeddings",),
}
NO_DASHBOARD = {"tensor": ("tensors",), "another plugin": ("tensors", "data_quality")}

# By writer, what stands in which section; of sections of tags all tags, else some of the words.
SCALARS = ["both/loss", "loss", "score"]
KERAS_SCALARS = [
    *("batch_accuracy", "batch_loss", "epoch_accuracy", "epoch_learning_rate", "epoch_loss"),
    *("evaluation_accuracy_vs_iterations", "evaluation_loss_vs_iterations"),
]
KERAS_WEIGHTS = [f"net/{name}" for name in ("conv/bias", "conv/kernel", "head/bias", "head/kernel")]
SHOWN = {
    "tensorboardx": {
        "scalars": SCALARS,
        "weights": ["fc/weight", "raw/weight"],
        "images": ["picture"],
        "text": ["note/text_summary"],
        "pr_curves": ["pr"],
        "mesh": ["mesh"],
        "custom": ["chart"],
        "hparams": ["rate", "kind", "score best"],
    },
    "torch": {
        "scalars": [*SCALARS[:2], "new style", "score"],
        "weights": ["fc/weight"],
        "filters": ["conv"],
        "images": ["picture", "pictures"],
        "audio": ["sound"],
        "text": ["note/text_summary"],
        "pr_curves": ["pr"],
        "mesh": ["mesh"],
        "custom": ["chart"],
        "hparams": ["rate", "kind", "score best"],
        "tensors": ["batch", "half", "matrix"],
        "graph": ["logged graph of logs"],
        "data_quality": ["step1"],
        "embeddings": ["words"],
    },
    "tensorflow1": {
        "scalars": ["loss"],
        "weights": ["fc/histogram"],
        "images": ["picture/image/0"],
        "audio": ["sound/audio/0"],
        "text": ["note"],
        "pr_curves": ["pr/pr_curves"],
        "mesh": ["mesh"],
        "custom": ["chart"],
        "tensors": ["matrix"],
        "graph": ["logged graph of logs"],
        "data_quality": ["traced", "step 7"],
    },
    "tensorflow2": {
        "scalars": ["loss"],
        "weights": ["fc/weight"],
        "images": ["picture"],
        "audio": ["sound"],
        "text": ["note"],
        "mesh": ["mesh"],
        "hparams": ["rate", "kind"],
        "tensors": ["matrix"],
        "graph": ["logged graph of logs", "traced function square of logs"],
        "data_quality": ["flames"],
    },
    "keras": {
        "scalars": KERAS_SCALARS,
        "weights": [f"{name}/histogram" for name in KERAS_WEIGHTS],
        "images": [f"{name}/image" for name in KERAS_WEIGHTS],
        "filters": ["logged as images"],
        "graph": ["Keras model keras of logs/train"],
        "data_quality": ["profiler"],
    },
    "ours": {
        "scalars": ["tf2", "v1"],
        "audio": ["sound"],
        "graph": ["Keras model keras of logs"],
        "tensors": ["another", "batch"],
        "data_quality": ["flames", "run/tfdbg_events.1589500000.host.metadata", "worker", "host"],
    },
}
OF_TAGS = ("scalars", "images", "audio", "text", "pr_curves", "mesh", "tensors")
NEEDS = {
    "tensorboardx": "tensorboardX",
    "torch": "torch",
    "tensorflow1": "tensorflow",
    "tensorflow2": "tensorflow",
    "keras": "tensorflow",
}


def ours(folder: Path) -> None:
    """What none of the others writes: debugger dumps, profiles without a run, mixed dialects."""
    model = {"layers": [{"class_name": "Dense", "config": {"name": "head"}}]}
    values = [
        writer.scalar("v1", 1.0),
        writer.tf2_scalar("tf2", 1.0),
        writer.audio("sound", writer.wav([0, 1])),
        writer.keras_model("keras", model),
        writer.tensor_value("another", np.eye(2), "flames"),
        writer.tensor_value("batch", np.zeros((2, 3, 40, 50)), "tensor"),
    ]
    writer.write(folder, writer.event(0, *values))
    beside = [
        "run/tfdbg_events.1589500000.host.metadata",
        "run/worker.1767225600000.pt.trace.json.gz",
        "plugins/profile/2026_01_01/host.xplane.pb",
    ]
    for path in beside:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"not read")


def log(name: str, folder: Path) -> None:
    """Let a writer log into ``folder``; skip where its framework is missing."""
    if name == "ours":
        ours(folder)
        return
    if importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"needs {NEEDS[name]}")
    subprocess.run(
        [sys.executable, "-m", "tests.loggers", name, str(folder)],
        check=True,
        capture_output=True,
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
    )


@pytest.fixture(scope="module", params=SHOWN)
def logged(request, tmp_path_factory) -> tuple[str, Logs, Report]:
    folder = tmp_path_factory.mktemp(request.param) / "logs"
    log(request.param, folder)
    # Two places, so that runs are named by their folders.
    logs = tbreport.read_logs([folder, writer.write(folder.parent / "other").parent])
    return request.param, logs, build_report(logs, options=Options(jobs=1, strict=True))


def words(report: Report, section: str) -> list[str]:
    """The words of a section: groups, titles, remarks, tags and everything in its tables."""
    found = []
    for chapter in report.document.chapters:
        if chapter.id == section:
            for panel in chapter.panels:
                found += [panel.title, panel.group, panel.small, panel.tag]
                for table in panel.tables:
                    found += [column.title for column in table.columns]
                    found += [cell.text for row in table.rows for cell in row]
    return found


def test_every_value_stands_in_its_section_and_is_counted(logged):
    name, logs, report = logged
    chapters = {chapter.id: chapter for chapter in report.document.chapters}
    for section, expected in SHOWN[name].items():
        if section in OF_TAGS:
            assert {panel.tag for panel in chapters[section].panels} == set(expected)
            assert chapters[section].count == len(expected)
        elif section == "embeddings":
            assert [each.name for run in logs.runs for each in run.embeddings] == expected
        else:
            said = " | ".join(words(report, section))
            assert [word for word in expected if word not in said] == []
    assert set(OF_TAGS) & chapters.keys() == set(OF_TAGS) & SHOWN[name].keys()
    weights = SHOWN[name].get("weights")
    assert weights is None or chapters["weights"].count == len(weights)


def test_nothing_of_it_is_a_gap(logged):
    _, logs, report = logged
    assert logs.all_gaps == report.gaps == ()
    assert report.faults == ()


def test_no_field_of_a_run_is_read_and_never_shown(logged):
    _, logs, report = logged
    sections = (*OF_TAGS, "weights", "filters")
    shown = " | ".join(word for section in sections for word in words(report, section))
    for run in logs.runs:
        assert [tag for tag in _tags(run) if histogram_role(tag).parameter not in shown] == []


def _tags(run: Run) -> list[str]:
    kinds = (run.scalars, run.histograms, run.images, run.audio, run.texts, run.tensors)
    return [tag for kind in (*kinds, run.pr_curves, run.meshes) for tag in kind]


# What TensorBoard's own imports say.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_table_names_every_dashboard_of_tensorboard():
    from tensorboard import default

    plugins = {getattr(plugin, "plugin_name", "") for plugin in default.get_plugins()}
    assert plugins - {""} <= DASHBOARDS.keys()


def test_some_writer_tries_every_dashboard():
    tried = {section for sections in SHOWN.values() for section in sections}
    wanted = {section for found in (DASHBOARDS | NO_DASHBOARD).values() for section in found}
    assert wanted <= tried
