"""The pace of a training: when each step was logged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tbreport.model import Floats, Ints, Run
from tbreport.rules.training import Training, Unchecked


@dataclass(frozen=True, eq=False)
class Pace:
    """The longest scalar series of a training as steps and wall times, both of shape (n,).

    ``starts`` are the wall times at which the event files of its run begin.
    """

    run: str
    tag: str
    steps: Ints
    wall_times: Floats
    starts: Floats

    @property
    def span(self) -> float:
        """Seconds from the first to the last point."""
        return float(self.wall_times[-1] - self.wall_times[0])


def pace(training: Training, points: int) -> Pace:
    """The pace of a training. Raises Unchecked without so many points in the order of time."""
    best: Pace | None = None
    for run in training.runs:
        for tag, series in run.scalars.items():
            if best is None or len(series) > len(best.steps):
                best = Pace(run.name, tag, series.steps, series.wall_times, _starts(run))
    if best is None or len(best.steps) < points:
        raise Unchecked(f"a scalar of at least {points} points is needed")
    if not (np.diff(best.wall_times) >= 0).all() or best.span <= 0:
        raise Unchecked("the wall times do not tell the order of the points")
    return best


def _starts(run: Run) -> Floats:
    return np.array([file.first_wall_time for file in run.files], dtype=np.float64)
