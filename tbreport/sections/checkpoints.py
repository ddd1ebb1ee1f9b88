"""Checkpoints beside the event files: every tensor by name and shape, with what its numbers are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Checkpoint, CheckpointTensor, Run, TensorRole
from tbreport.sections.kit import Cell, Column, Note, Panel, Table
from tbreport.sections.words import counted
from tbreport.stats import format_bytes, format_number

MOST_TENSORS = 400  # rows of one table; parameters before optimizer slots

_COLUMNS = (
    Column("Tensor", "text"),
    Column("Shape", "text"),
    Column("Type", "text"),
    Column("Values"),
    Column("Mean"),
    Column("Std"),
    Column("Min"),
    Column("Max"),
    Column("Zeros"),
    Column("Not finite"),
)


def checkpoint_panels(run: Run) -> Iterator[Panel]:
    """A panel for each checkpoint of the run, closed; those that were only listed in one note."""
    listed = [one for one in run.checkpoints if not one.read]
    read = [one for one in run.checkpoints if one.read]
    for place, checkpoint in enumerate(read):
        notes = []
        if listed and place == len(read) - 1:
            text = f"{counted(len(listed), 'further checkpoint')} listed, not read."
            notes.append(Note(text, left_out=len(listed)))
        yield _panel(run, checkpoint, notes)


def _panel(run: Run, checkpoint: Checkpoint, notes: list[Note]) -> Panel:
    tensors = sorted(
        checkpoint.tensors.values(), key=lambda one: one.role is not TensorRole.PARAMETER
    )
    total = sum(int(np.prod(one.shape)) for one in checkpoint.parameters)
    if len(tensors) > MOST_TENSORS:
        left = len(tensors) - MOST_TENSORS
        notes.append(Note(f"{counted(left, 'further tensor')} not in the table.", left_out=left))
    said = [checkpoint.format, format_bytes(checkpoint.size), f"{total:,} parameters"]
    if checkpoint.step is not None:
        said.insert(0, f"step {checkpoint.step:,}")
    return Panel(
        checkpoint.name.rsplit("/", 1)[-1],
        group=f"{run.name} · checkpoints",
        small=" · ".join(said),
        runs=(run.name,),
        tables=(Table(_COLUMNS, tuple(map(_row, tensors[:MOST_TENSORS]))),),
        notes=tuple(notes),
        wide=True,
        folded=True,
    )


def _row(tensor: CheckpointTensor) -> tuple[Cell, ...]:
    role = "" if tensor.role is TensorRole.PARAMETER else tensor.role.value
    size = int(np.prod(tensor.shape))
    cells = (
        Cell(tensor.name, small=role),
        Cell(" × ".join(map(str, tensor.shape)) or "scalar"),
        Cell(tensor.dtype),
        Cell(f"{size:,}", float(size)),
    )
    return (*cells, *_measures(tensor.values))


def _measures(values: NDArray[np.generic] | None) -> tuple[Cell, ...]:
    """Mean, std, min, max, share of zeros and count of what isn't finite; empty where not read."""
    if values is None or not values.size or values.dtype.kind not in "biuf":
        return tuple(Cell("") for _ in range(6))
    numbers = values.astype(np.float64).reshape(-1)
    finite = numbers[np.isfinite(numbers)]
    ill = numbers.size - finite.size
    bad = Cell(f"{ill:,}" if ill else "", float(ill), mark="error" if ill else "")
    if not finite.size:
        return (*(Cell("") for _ in range(5)), bad)
    measured = (finite.mean(), finite.std(), finite.min(), finite.max())
    zeros = float((numbers == 0).mean())
    return (
        *(Cell(format_number(float(value)), float(value)) for value in measured),
        Cell(f"{zeros:.0%}", zeros),
        bad,
    )
