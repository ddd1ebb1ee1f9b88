"""Parts: the values of one tag in one segment, converted, and merged into those of a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Floats, Ints
from tbreport.read import restarts
from tbreport.read.columns import Pieces
from tbreport.read.convert import Converter
from tbreport.read.restarts import Segment


class Part(NamedTuple):
    """Converted values of one tag, as ``Converter.convert`` gives them.

    ``ordered`` says that the steps are known not to fall; ``logged`` how many there were before
    they were thinned out.
    """

    segment: int
    steps: Ints
    wall_times: Floats
    values: Any
    ordered: bool
    logged: int


def convert(raw: Pieces, converter: Converter) -> tuple[Part, list[str]]:
    """Convert a part; values that do not fit are left out, and what they are is told instead."""
    columns: list[tuple[Ints, Floats, Any]] = []
    misfits: list[str] = []
    for piece in raw.done:
        values, unfit = converter.convert(piece.payloads)
        steps, walls = piece.steps, piece.wall_times
        if unfit:
            steps, walls = np.delete(steps, list(unfit)), np.delete(walls, list(unfit))
            misfits += unfit.values()
        columns.append((steps, walls, values))
    ordered = len(columns) == 1 and raw.done[0].ordered
    count = raw.count - len(misfits)
    return Part(raw.segment, *_joined(columns, converter), ordered, count), misfits


def _joined(
    columns: Sequence[tuple[Ints, Floats, Any]], converter: Converter
) -> tuple[Ints, Floats, Any]:
    """Steps, wall times and values that came in turn, each in one."""
    if len(columns) == 1:
        return columns[0]
    steps, walls, values = zip(*columns, strict=True)
    return np.concatenate(steps), np.concatenate(walls), converter.join(values)


def merge(
    parts: Sequence[Part], converter: Converter, segments: Sequence[Segment]
) -> tuple[Part, int, int]:
    """The values of a series, ordered by step; how many were logged, and how many superseded.

    ``segments`` are those of the ``parts``, or none if nothing is to be superseded.
    """
    part = parts[0]
    if len(parts) > 1:
        columns = [(one.steps, one.wall_times, one.values) for one in parts]
        logged = sum(one.logged for one in parts)
        part = Part(part.segment, *_joined(columns, converter), False, logged)
    keep = None
    superseded = 0
    if segments and len(parts) > 1:
        keep = np.concatenate(restarts.kept([part.steps for part in parts], segments))
        superseded = len(keep) - int(np.count_nonzero(keep))
    # Thinned media have no payload any more; their steps count as logged all the same.
    present = converter.present(part.values)
    if present is not None:
        keep = present if keep is None else keep & present
    return _picked(part, converter, keep), part.logged, superseded


def _picked(part: Part, converter: Converter, keep: NDArray[np.bool_] | None) -> Part:
    """The values to keep (all if None), ordered by step; equal steps stay in order of arrival."""
    steps = part.steps
    if keep is None or keep.all():
        if part.ordered or not (steps[1:] < steps[:-1]).any():
            return part
        order = np.argsort(steps, kind="stable")
    else:
        order = np.flatnonzero(keep)
        order = order[np.argsort(steps[order], kind="stable")]
    values = converter.pick(part.values, order)
    walls = part.wall_times[order]
    return Part(part.segment, steps[order], walls, values, True, part.logged)
