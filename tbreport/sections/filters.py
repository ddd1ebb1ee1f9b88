"""Filters: mosaics of convolution kernels, first layer first, and how much structure they have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.mosaic import Mosaic
from tbreport.charts.photo import Photo
from tbreport.model import Finding, Logs, Run
from tbreport.options import Options
from tbreport.roles import histogram_role, tokens
from tbreport.sections.kernels import (
    guess_layout,
    holds_banks,
    is_bank,
    normalised,
    structure,
    tiles,
)
from tbreport.sections.kit import Cell, Chapter, Column, Figure, Note, Panel, Section, Table
from tbreport.sections.words import counted
from tbreport.stats import format_number

Floats = NDArray[np.float64]

MOST_LAYERS = 8  # mosaics of one run; deeper layers are listed
MOST_KERNELS = 64  # tiles of one mosaic
MOST_RUNS = 40

_KERNEL_WORDS = frozenset({"kernel", "kernels", "filter", "filters", "weight", "weights", "conv1"})


@dataclass(frozen=True, eq=False)
class _Bank:
    """The kernels of one layer at its first and last step; equal where there is one only."""

    name: str
    source: str
    first: tuple[str, Floats]
    last: tuple[str, Floats]


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """For each run the mosaics of its layers and a table of their measures."""
    panels: list[Panel] = []
    left = count = 0
    for run in logs.runs:
        banks = list(_banks(run))
        if not banks and not _images(run):
            continue
        if len(panels) >= MOST_RUNS:
            left += 1
            continue
        count += len(banks)
        panels.append(_panel(run, banks, options.bounds.image_pixels))
    if not panels:
        return None
    notes: tuple[Note, ...] = ()
    if left:
        text = f"The kernels of {counted(left, 'further run')} are not shown: choose with --runs."
        notes = (Note(text, left_out=left),)
    return Chapter("filters", "Filters", tuple(panels), count=count, notes=notes)


def _banks(run: Run) -> Iterator[_Bank]:
    """Rank-4 tensors first, then those of checkpoints that no tensor value shows."""
    seen = set()
    for tag, series in run.tensors.items():
        values = series.values
        if holds_banks(series):
            role = histogram_role(tag)
            layout = guess_layout(values[0].shape)
            seen.add(role.parameter)
            yield _Bank(
                role.parameter,
                "logged tensor",
                (f"step {series.steps[0]:,}", normalised(values[0], layout)),
                (f"step {series.steps[-1]:,}", normalised(values[-1], layout)),
            )
    yield from _checkpoint_banks(run, seen)


def _checkpoint_banks(run: Run, seen: Collection[str]) -> Iterator[_Bank]:
    """Kernels in the checkpoints beside the run that were not logged: of the first and the last."""
    held: dict[str, list[tuple[str, Floats]]] = {}
    for checkpoint in run.checkpoints:
        when = f"step {checkpoint.step:,}" if checkpoint.step is not None else checkpoint.name
        for tensor in checkpoint.parameters:
            bank = tensor.kernels()
            if bank is not None and tensor.name not in seen and is_bank(bank):
                held.setdefault(tensor.name, []).append((when, np.asarray(bank, np.float64)))
    for name, moments in held.items():
        yield _Bank(name, "checkpoint", moments[0], moments[-1])


def _images(run: Run) -> list[str]:
    """Image tags that say they show kernels."""
    return [
        tag
        for tag, series in run.images.items()
        if len(series) and not _KERNEL_WORDS.isdisjoint(tokens(tag))
    ]


def _panel(run: Run, banks: Sequence[_Bank], pixels: int) -> Panel:
    figures = [figure for bank in banks[:MOST_LAYERS] for figure in _mosaics(run, bank)]
    small = counted(len(banks), "layer")
    if not banks:
        figures = [_photo(run, tag, pixels) for tag in _images(run)[:MOST_LAYERS]]
        small = "logged as images"
    notes = []
    if len(banks) > MOST_LAYERS:
        left = len(banks) - MOST_LAYERS
        notes.append(Note(f"{counted(left, 'deeper layer')} in the table only.", left_out=left))
    return Panel(
        run.name,
        small=small,
        runs=(run.name,),
        figures=tuple(figures),
        tables=(_table(banks),) if banks else (),
        notes=(*notes, *_advice(banks)),
        wide=True,
    )


def _mosaics(run: Run, bank: _Bank) -> Iterator[Figure]:
    """First and last step, each on its own scale of colour, which the pictures' notes state."""
    moments = [bank.first, bank.last] if bank.first[0] != bank.last[0] else [bank.last]
    for when, kernels in moments:
        shown, what = tiles(kernels, MOST_KERNELS)
        height, width = kernels.shape[2:]
        caption = f"{bank.name} · {when} · {what} · {height}×{width}"
        alt = f"Convolution kernels of {run.name}: {caption}."
        yield Figure(Mosaic(alt, shown), caption)


def _photo(run: Run, tag: str, pixels: int) -> Figure:
    series = run.images[tag]
    step = int(series.steps[-1])
    alt = f"Kernels as {run.name} logged them as an image, {tag}, step {step:,}."
    return Figure(Photo(alt, series.images[-1][0].data, most_pixels=pixels), tag, step=step)


def _table(banks: Sequence[_Bank]) -> Table:
    columns = (
        Column("Layer", "text"),
        Column("Kernels", "text"),
        Column("When", "text"),
        Column("Smoothness", hint="Moran's I: 0 is noise, towards 1 is smooth."),
        Column("z", hint="Distance from noise in standard errors."),
        Column("Norm spread", hint="Largest over median norm."),
        Column("Near-duplicates"),
        Column("Dead"),
    )
    rows = []
    for bank in banks:
        moments = [bank.first, bank.last] if bank.first[0] != bank.last[0] else [bank.last]
        rows += [_row(bank, when, kernels) for when, kernels in moments]
    return Table(columns, tuple(rows))


def _row(bank: _Bank, when: str, kernels: Floats) -> tuple[Cell, ...]:
    found = structure(kernels)
    shape = "×".join(map(str, kernels.shape[2:]))
    return (
        Cell(bank.name, small=bank.source),
        Cell(f"{kernels.shape[0]} of {kernels.shape[1]}×{shape}"),
        Cell(when),
        _number(found.smoothness),
        _number(found.z),
        _number(found.spread),
        Cell(str(found.duplicates), float(found.duplicates)),
        Cell(str(found.dead), float(found.dead)),
    )


def _number(value: float) -> Cell:
    return Cell("" if np.isnan(value) else format_number(value), value)


def _advice(banks: Sequence[_Bank]) -> tuple[Note, ...]:
    """What the first layer says, in the one direction in which it can be trusted."""
    if not banks:
        return ()
    z = structure(banks[0].last[1]).z
    if np.isnan(z) or z > 2:
        return ()
    return (
        Note(
            f"The kernels of {banks[0].name} can't be told from noise (z = {z:.1f}): they have not"
            " learnt spatial structure, whether frozen, hardly trained, or on inputs without any.",
            "warning",
        ),
    )


FILTERS = Section(
    "filters",
    "Filters",
    "Mosaics of convolution kernels, first layer first, with their smoothness and dead kernels.",
    build,
)
