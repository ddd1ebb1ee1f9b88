"""Garbage in a payload costs one line in Data quality, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import tbreport
from tbreport.options import Options
from tbreport.report import build_report
from tests.writer import (
    HPARAMS_START,
    LAYOUT,
    VERTICES,
    event,
    hparams,
    mesh,
    pr_curve,
    scalar,
    strings,
    tagged_run_metadata,
    tensor_value,
    tf2_audio,
    value,
    write,
)

NOISE = b"\xff\xfe garbage \x00"
GARBAGE = {
    "graph": event(0, graph_def=NOISE),
    "meta graph": event(0, meta_graph_def=NOISE),
    "run metadata": tagged_run_metadata("step0", NOISE),
    "keras model": event(
        0, tensor_value("keras", strings(b"{not JSON"), "graph_keras_model", b"1")
    ),
    "keras model of numbers": event(
        0, tensor_value("keras", np.ones(3), "graph_keras_model", b"1")
    ),
    "hparams": event(0, hparams(HPARAMS_START, NOISE)),
    "layout": event(0, tensor_value(LAYOUT, strings(NOISE), "custom_scalars")),
    "mesh of no kind": event(0, tensor_value("m_VERTEX", np.ones((1, 2, 3)), "mesh", NOISE)),
    "mesh of words": event(0, mesh("m", VERTICES, strings([b"a"]))),
    "mesh of two axes": event(0, mesh("m", VERTICES, np.ones((2, 2), "f4"))),
    "PR curve of five rows": event(0, pr_curve("pr", np.ones((5, 3)))),
    "audio of numbers": event(0, tensor_value("snd", np.ones(4), "audio")),
    "legacy audio": event(0, value("snd", audio=NOISE)),
    "legacy image": event(0, value("im", image=NOISE)),
    "legacy histogram": event(0, value("h", histo=NOISE)),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_it_costs_one_line(tmp_path, kind):
    write(tmp_path / "run", event(0, scalar("loss", 1.0)), GARBAGE[kind])
    logs = tbreport.read_logs(tmp_path)
    report = build_report(logs, options=Options(jobs=1, strict=True))
    (gap,) = report.gaps
    assert gap.file.startswith("run/") and gap.count == 1
    shown = {chapter.id: chapter for chapter in report.document.chapters}
    assert len(shown["data_quality"].panels[0].tables[0].rows) == 1
    assert shown["scalars"].count == 1
    special = {"images", "audio", "pr_curves", "mesh", "graph", "custom", "hparams"}
    assert shown.keys().isdisjoint(special)


def test_sound_that_no_player_plays_is_said(tmp_path):
    write(tmp_path / "run", event(0, tf2_audio("snd", [(NOISE, b"")])))
    report = build_report(tbreport.read_logs(tmp_path), options=Options(jobs=1, strict=True))
    (chapter,) = [one for one in report.document.chapters if one.id == "audio"]
    assert not chapter.panels[0].sounds and chapter.panels[0].notes
