"""Files damaged at random: each intact record is read, none is made up, every loss is told."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import numpy as np
import pytest

from tbreport.read.logdir import read_logs
from tests import writer
from tests.strategies import KINDS, Damage, framed

MUTANTS = 300
SHARED_MUTANTS = 200
KIND_OF = {
    "loss": "scalars",
    "acc": "scalars",
    "w": "histograms",
    "img": "images",
    "note/text_summary": "texts",
}


def payloads() -> list[bytes]:
    """A log with a value of each weight: scalars, histograms, images, text."""
    noise = random.Random(0)
    found = [writer.event(file_version=b"brain.Event:2")]
    for step in range(100):
        found.append(writer.event(step, writer.scalar("loss", 1 / (step + 1))))
        found.append(writer.event(step, writer.scalar("acc", step / 100)))
        if step % 10 == 0:
            edges = [place / 30 for place in range(30)]
            found.append(writer.event(step, writer.histogram("w", edges, [step + 1.0] * 30)))
            found.append(writer.event(step, writer.image("img", noise.randbytes(5000))))
        if step % 25 == 0:
            found.append(writer.event(step, writer.text("note/text_summary", [b"lorem"] * 9)))
    return found


PAYLOADS = payloads()
RECORDS = framed(PAYLOADS)
WHOLE = b"".join(RECORDS)
VALUES = {
    "loss": lambda step: float(np.float32(1 / (step + 1))),
    "acc": lambda step: float(np.float32(step / 100)),
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_each_intact_record_is_read_and_none_is_made_up(tmp_path, seed):
    draw = random.Random(seed)
    for _ in range(MUTANTS // 2):
        data = WHOLE
        for _ in range(draw.choice([1, 1, 2, 10, 50])):
            size = draw.choice([1, 1, 12, 512, 4096])
            damage = Damage(draw.choice(KINDS), draw.random(), size, draw.randbytes(size))
            data = damage.apply(data)
        writer.write_bytes(tmp_path / "run", data)
        check(tmp_path, data)


def check(folder, data):
    intact = [record in data for record in RECORDS]
    logs = read_logs(folder)
    (run,) = logs.runs
    (file,) = run.files
    assert file.records == sum(data.count(record) for record in set(RECORDS))
    for tag, values in VALUES.items():
        steps = {step for step in range(100) if intact[PAYLOADS.index(scalar(tag, step))]}
        series = run.scalars.get(tag)
        found = [] if series is None else series.steps.tolist()
        assert set(found) == steps
        assert not steps or series.values.tolist() == [values(step) for step in found]
    bytes_told = sum(gap.length for gap in run.gaps)
    assert bytes_told == len(data) - sum(len(r) * data.count(r) for r in set(RECORDS))


def scalar(tag, step):
    value = 1 / (step + 1) if tag == "loss" else step / 100
    return writer.event(step, writer.scalar(tag, value))


@pytest.mark.slow
def test_mutants_of_the_shared_tool(shared_tools, tmp_path):
    generator = shared_tools / "mutate.py"
    if not generator.exists():
        pytest.skip("needs shared/tools/mutate.py beside the checkout")
    command = [sys.executable, generator, tmp_path, str(SHARED_MUTANTS), "4711"]
    subprocess.run(command, check=True, capture_output=True)
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert len(truth) == SHARED_MUTANTS
    for case, counts in truth.items():
        (run,) = read_logs(tmp_path / case).runs
        for tag, kind in KIND_OF.items():
            series = getattr(run, kind).get(tag)
            assert (series.logged if series else 0) >= counts[tag], (case, tag)
        for tag, values in (("loss", lambda s: 1 / (s + 1)), ("acc", lambda s: s / 150)):
            if tag in run.scalars:
                steps = run.scalars[tag].steps.astype(float)
                expected = values(steps).astype(np.float32)
                assert run.scalars[tag].values.tolist() == expected.tolist()
        kept = {tag for kind in KIND_OF.values() for tag in getattr(run, kind)}
        assert kept <= set(KIND_OF)
