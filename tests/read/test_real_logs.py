"""Real logs: every value that TensorBoard's own loader finds, scalars bit for bit."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import google_crc32c
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.backend.event_processing.io_wrapper import IsSummaryEventsFile
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow
from tensorboard.util import tensor_util

from tbreport.model import GapKind, Logs, Series
from tbreport.read.logdir import read_logs

Points = dict[tuple[str, str, str], list[tuple[int, float, float]]]

FIELDS = {  # of Run, by the kind of a legacy value or by the plugin of a tensor
    "simple_value": "scalars",
    "scalars": "scalars",
    "histo": "histograms",
    "histograms": "histograms",
    "image": "images",
    "images": "images",
    "audio": "audio",
    "text": "texts",
    "pr_curves": "pr_curves",
}


@pytest.fixture(autouse=True)
def quick_checksums(monkeypatch):
    """TensorBoard without TensorFlow makes its checksums in Python; these are the same in C."""
    monkeypatch.setattr(pywrap_tensorflow, "crc32c", google_crc32c.value)


@functools.cache
def read(folder: Path, supersede: bool) -> Logs:
    return read_logs(folder, supersede=supersede)


def event_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if IsSummaryEventsFile(str(path)))


def series_of(logs: Logs) -> dict[tuple[str, str, str], Series]:
    return {
        (field, run.name, tag): series
        for run in logs.runs
        for field in dict.fromkeys(FIELDS.values())
        for tag, series in getattr(run, field).items()
    }


def tensorboards(folder: Path) -> Points:
    """(field, run, tag) -> (step, wall time, value) by TensorBoard's loader and protos.

    The value is NaN for what is no scalar.
    """
    points: Points = {}
    plugins: dict[tuple[str, str], str] = {}
    for path in event_files(folder):
        run = path.parent.relative_to(folder).as_posix()
        for record in RawEventFileLoader(str(path)).Load():
            event = event_pb2.Event.FromString(record)
            for value in event.summary.value:
                tag = value.tag or value.node_name
                plugin = plugins.setdefault((run, tag), value.metadata.plugin_data.plugin_name)
                kind = value.WhichOneof("value")
                field = FIELDS.get(plugin if kind == "tensor" else kind)
                if field:
                    point = (event.step, event.wall_time, number(value, field))
                    points.setdefault((field, run, tag), []).append(point)
    return points


def number(value, field: str) -> float:
    if field != "scalars":
        return math.nan
    if value.HasField("tensor"):
        return float(tensor_util.make_ndarray(value.tensor))
    return value.simple_value


def table(points: list[tuple[int, float, float]]) -> np.ndarray:
    """Rows of points in an order that does not depend on that of arrival."""
    rows = np.array(points, np.float64)
    return rows[np.lexsort(rows.T[::-1])]


def test_every_value_is_one_that_tensorboard_finds(real_log):
    found = series_of(read(real_log, supersede=False))
    expected = tensorboards(real_log)
    assert {key: series.logged for key, series in found.items()} == {
        key: len(points) for key, points in expected.items()
    }
    for (field, *name), series in found.items():
        if field == "scalars":
            points = list(zip(series.steps, series.wall_times, series.values, strict=True))
            wanted = table(expected[field, *name])
            np.testing.assert_array_equal(table(points), wanted, str(name))


def test_the_rule_for_restarts_loses_no_count(real_log):
    whole = series_of(read(real_log, supersede=False))
    for key, series in series_of(read(real_log, supersede=True)).items():
        assert (np.diff(series.steps) >= 0).all()
        assert series.logged == whole[key].logged
        if key[0] not in ("images", "audio"):  # these are thinned out
            assert len(series) + series.superseded == len(whole[key]) == series.logged


def test_a_run_is_what_tensorboard_takes_for_one(real_log):
    # Directories with a projector's configuration only are runs too, without event files.
    runs = [run for run in read(real_log, supersede=True).runs if run.files]
    files = [path.relative_to(real_log) for path in event_files(real_log)]
    assert {run.name for run in runs} == {path.parent.as_posix() for path in files}
    named = sorted(file.name for run in runs for file in run.files)
    assert named == sorted(path.as_posix() for path in files)


def test_sound_event_files_have_no_gaps_but_cut_tails_and_plugins_nobody_knows(real_log):
    for gap in read(real_log, supersede=True).all_gaps:
        if IsSummaryEventsFile(gap.file):
            assert gap.kind in (GapKind.PARTIAL_TAIL, GapKind.UNKNOWN), gap
