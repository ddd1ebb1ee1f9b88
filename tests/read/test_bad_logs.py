"""Bad input of every sort: each whole value is read, each loss has its kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tbreport.errors import InputError
from tbreport.model import GapKind, Logs, Run
from tbreport.read.logdir import read_logs

KINDS = ("scalars", "histograms", "images", "audio", "texts", "tensors", "pr_curves", "meshes")
# Each case of the generator and the gaps that it must show, in order of their kinds.
GAPS: dict[str, list[GapKind]] = {
    "clean": [],
    "trunc_tail": [GapKind.PARTIAL_TAIL],
    "trunc_header": [GapKind.PARTIAL_TAIL],
    "zero_length": [],
    "bad_len_crc": [GapKind.DAMAGED],
    "bad_len": [GapKind.DAMAGED],
    "bad_data_crc": [GapKind.DAMAGED],
    "bad_value_bit": [GapKind.DAMAGED],
    "len_1e9": [GapKind.DAMAGED],
    "len_1TiB": [GapKind.DAMAGED],
    "len_2p62": [GapKind.DAMAGED],
    "len_2p63": [GapKind.DAMAGED],
    "len_u64max": [GapKind.DAMAGED],
    "len_u64max_m3": [GapKind.DAMAGED],
    "nonproto": [GapKind.MALFORMED],
    "empty_record": [],  # is an Event without content
    "garbage_insert": [GapKind.DAMAGED],
    "zero_block": [GapKind.DAMAGED],
    "lost_block": [GapKind.DAMAGED],
    "zero_tail": [GapKind.ZERO_TAIL],
    "head_lost": [GapKind.DAMAGED],
    "junk_prefix": [GapKind.DAMAGED],
    "concat": [],
    "random_file": [GapKind.DAMAGED],
    "lfs_pointer": [GapKind.DAMAGED],
    "html_page": [GapKind.DAMAGED],
    "gzipped": [GapKind.DAMAGED],
    "interleaved": [GapKind.DAMAGED] * 9,
    "nan_inf": [],
    "all_nan": [],
    "neg_steps": [],
    "dup_steps": [],
    "shuffled_steps": [],
    "step_extremes": [],
    "wall_jumps": [],
    "wall_nan": [],
    "wall_inf": [],
    "tags": [],
    "tag_bad_utf8": [],
    "two_types": [],
    "two_types_rev": [],
    "meta_first_only": [],
    "meta_missing": [],
    "meta_late": [],
    "scalar_dtypes": [GapKind.MALFORMED] * 2,  # three numbers, and a string
    "tensor_bomb": [GapKind.LIMIT],
    "tensor_negdim": [GapKind.MALFORMED],
    "deep_nest": [GapKind.MALFORMED],
    "deep_group": [GapKind.MALFORMED],
    "histos": [
        GapKind.MALFORMED
    ],  # shape [2, 2]; too few values stand for more by TensorFlow's rule
    "images": [],  # whether bytes are an image is seen where they are decoded
    "audio": [],
    "text": [],
    "hparams_noend": [],
    "hparams_garbage": [GapKind.MALFORMED] * 2,
    "graph_cycle": [],
    "graph_garbage": [GapKind.MALFORMED],
    "graph_huge": [GapKind.LIMIT],
    "metagraph_garbage": [GapKind.MALFORMED],
    "restart_start": [],
    "restart_nostart": [],
    "restart_badfirst": [GapKind.DAMAGED],
    "run_at_root": [],
    "nested": [],
    "symlink_loop": [],
    "symlink_self": [],
    "symlink_out": [],
    "dangling": [GapKind.UNREADABLE],
    "unreadable": [GapKind.UNREADABLE],
    "unreadable_dir": [GapKind.UNREADABLE],
    "fifo": [GapKind.UNREADABLE],
    "devzero": [GapKind.UNREADABLE],
    "dir_named": [],
    "sparse": [GapKind.ZERO_TAIL],
    "mixed": [GapKind.UNKNOWN],  # a checkpoint of nothing but zeros
    "run_names": [],
    "many_runs": [],
    "many_files": [],
    "profile_empty": [],
    "projector": [GapKind.REFUSED],
}
NO_LOGS = ("empty", "no_events")


@pytest.fixture(scope="session")
def bad_logs(shared_tools, tmp_path_factory) -> Path:
    """All cases, made once."""
    generator = shared_tools / "badlogs.py"
    if not generator.exists():
        pytest.skip("needs shared/tools/badlogs.py beside the checkout")
    folder = tmp_path_factory.mktemp("bad_logs")
    subprocess.run([sys.executable, generator, folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def manifest(bad_logs) -> Any:
    return json.loads((bad_logs / "manifest.json").read_text())


def counts(run: Run) -> Counter[str]:
    """Values that are left of each tag, over all kinds."""
    found: Counter[str] = Counter()
    for kind in KINDS:
        for tag, series in getattr(run, kind).items():
            found[tag] += series.logged - series.superseded
    return found


def missed(logs: Logs) -> list[GapKind]:
    return sorted(gap.kind for gap in logs.all_gaps for _ in range(gap.count))


def test_the_table_has_every_case_of_the_generator(manifest):
    assert set(manifest) == {*GAPS, *NO_LOGS}


@pytest.mark.parametrize("case", GAPS)
def test_each_whole_value_is_read_and_each_loss_has_its_kind(bad_logs, manifest, case):
    gaps = GAPS[case]
    if case.startswith("unreadable") and os.access(bad_logs / "unreadable_dir/bad", os.R_OK):
        gaps = []  # whoever may read everything reads what has mode 000 too
    logs = read_logs(bad_logs / case)
    runs = {run.name: run for run in logs.runs}
    for name, tags in manifest[case]["expect"].items():
        if "t" in tags:  # two kinds under one tag: the manifest has the number of each
            tags = {tag: 2 * count for tag, count in tags.items()}
        found = counts(runs[name])
        assert {tag: found[tag] for tag in tags} == tags
    assert missed(logs) == sorted(gaps)


@pytest.mark.parametrize("case", NO_LOGS)
def test_a_folder_without_logs_is_an_error_that_says_what_to_do(bad_logs, case):
    with pytest.raises(InputError, match=r"no event files under .*: give the directory"):
        read_logs(bad_logs / case)


def test_damage_does_not_change_the_values_that_are_left(bad_logs):
    for case in ("bad_len", "bad_value_bit", "garbage_insert", "nonproto", "tag_bad_utf8"):
        run = next(run for run in read_logs(bad_logs / case).runs if run.name == "bad")
        loss = run.scalars["loss"]
        # 1 / (step + 1) in float32, as the generator wrote them
        assert abs(loss.values * (loss.steps + 1) - 1).max() < 1e-6


def test_a_run_whose_only_file_cannot_be_read_is_there_and_says_why(bad_logs):
    for case, reason in {
        "fifo": "can't be read: not a regular file",
        "devzero": "can't be read: not a regular file",
        "dangling": "can't be read: No such file or directory",
    }.items():
        run = next(run for run in read_logs(bad_logs / case).runs if run.name == "bad")
        assert run.files == ()
        assert [gap.reason for gap in run.gaps] == [reason]
