"""The one rule for restarts: which points a later file or session supersedes.

Points of one file are kept. Where a later file begins after the earlier one ended (wall time) and
steps back, it supersedes the earlier file's points of the same tags from its first step on; a
``SessionLog.START`` does so for what came before it, in its file and in the files before. Files
that overlap in wall time are parallel writers and are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Ints

RULE = (
    "Points of one file are kept, ordered by step. Where a later file begins after the earlier one "
    "ended (wall time) and steps back, it supersedes the earlier file's points of the same tags "
    "from its first step on; a SessionLog START does so for all that came before it. "
    "Other files that overlap in wall time are parallel writers and are merged."
)


@dataclass
class Segment:
    """A stretch of one file between session starts.

    ``file`` numbers the files of the run in order; the wall times are those of the whole file, NaN
    when it has none; ``start_step`` is the step of the ``SessionLog.START`` that began the segment,
    None if none did.
    """

    file: int
    first_wall_time: float = float("nan")
    last_wall_time: float = float("nan")
    start_step: int | None = None


def kept(steps: Sequence[Ints], segments: Sequence[Segment]) -> list[NDArray[np.bool_]]:
    """Which points of one tag stay: for each of its ``steps`` arrays a mask of the same shape.

    ``steps[i]`` (int64) are the tag's steps in ``segments[i]``; segments are in order of arrival,
    and one that stands there twice, since the tag was logged in two dialects, is one all the same.
    """
    masks = [np.ones(len(part), bool) for part in steps]
    if len(steps) < 2:
        return masks
    cuts = np.array([_cut(part, segment) for part, segment in zip(steps, segments, strict=True)])
    files = np.array([segment.file for segment in segments])
    first = np.array([segment.first_wall_time for segment in segments])
    started = np.array([segment.start_step is not None for segment in segments])
    identity = np.array([id(segment) for segment in segments])
    for index, segment in enumerate(segments[:-1]):
        after = slice(index + 1, None)
        elsewhere = (files[after] != segment.file) & (first[after] >= segment.last_wall_time)
        supersedes = (started[after] & (identity[after] != id(segment))) | elsewhere
        if supersedes.any():
            masks[index] = steps[index] < cuts[after][supersedes].min()
    return masks


def _cut(steps: Ints, segment: Segment) -> int:
    """The step from which on this segment's points replace earlier ones."""
    cut = int(steps.min()) if len(steps) else np.iinfo(np.int64).max
    if segment.start_step is not None and segment.start_step > 0 and len(steps):
        cut = min(cut, segment.start_step)
    return cut
