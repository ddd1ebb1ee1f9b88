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
    parts: list[Part] = []
    misfits: list[str] = []
    for piece in raw.done:
        values, unfit = converter.convert(piece.payloads)
        steps, walls = piece.steps, piece.wall_times
        if unfit:
            steps, walls = np.delete(steps, list(unfit)), np.delete(walls, list(unfit))
            misfits += unfit.values()
        parts.append(Part(raw.segment, steps, walls, values, piece.ordered, 0))
    return _joined(parts, converter)._replace(logged=raw.count - len(misfits)), misfits


def _joined(parts: Sequence[Part], converter: Converter) -> Part:
    """Several parts as one, of the first one's segment."""
    if len(parts) == 1:
        return parts[0]
    steps = np.concatenate([part.steps for part in parts])
    walls = np.concatenate([part.wall_times for part in parts])
    values = converter.join([part.values for part in parts])
    logged = sum(part.logged for part in parts)
    return Part(parts[0].segment, steps, walls, values, False, logged)


def merge(
    parts: Sequence[Part], converter: Converter, segments: Sequence[Segment]
) -> tuple[Part, int, int]:
    """The values of a series, ordered by step; how many were logged, and how many superseded.

    ``segments`` are those of the ``parts``, or none if nothing is to be superseded.
    """
    part = _joined(parts, converter)
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
