"""The checkpoints in ``tests/gold``, the arrays that were saved in them, and how tests read one."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from tbreport.model import Checkpoint, Gap, GapKind
from tbreport.read import checkpoint as reader
from tbreport.read.checkpoint import Budget, CheckpointFile, read_checkpoint

GOLD = Path(__file__).resolve().parents[1] / "gold" / "checkpoints"
Read = tuple[Checkpoint, list[Gap]]


@functools.cache
def truth() -> dict[str, dict[str, np.ndarray]]:
    """The arrays as they were saved, by file and name."""
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for part in ("numpy", "safetensors", "torch", "tensorflow"):
        with np.load(GOLD / f"{part}.npz") as saved:
            for key in saved.files:
                file, name = key.split("|")
                arrays.setdefault(file, {})[name] = saved[key]
    return arrays


FILES = sorted(truth())


def path_of(file: str) -> Path:
    bundle = GOLD / f"{file}.index"
    return bundle if bundle.exists() else GOLD / file


def read(path: Path, budget: int = reader.RUN_BUDGET) -> Read:
    return read_checkpoint(CheckpointFile(str(path), path.name, str(path.parent)), Budget(budget))


def read_bytes(folder: Path, data: bytes, name: str) -> Read:
    (folder / name).write_bytes(data)
    return read(folder / name)


def kinds(gaps: list[Gap]) -> list[GapKind]:
    return [gap.kind for gap in gaps]
