"""The extent of a run: its steps, its time, its values and its bytes."""

from __future__ import annotations

from collections.abc import Mapping

from tbreport.model import EventFile, Run, Series
from tbreport.sections.words import known_times


def series_of(run: Run) -> tuple[Mapping[str, Series], ...]:
    """The series of a run, kind by kind."""
    return (
        run.scalars,
        run.histograms,
        run.images,
        run.audio,
        run.texts,
        run.tensors,
        run.pr_curves,
        run.meshes,
    )


def holds_values(run: Run) -> bool:
    """Whether the run has anything but empty event files."""
    others = (run.graphs, run.hparams, run.layout, run.profiles, run.embeddings)
    return any(series_of(run)) or any(others)


def events(run: Run) -> int:
    """How many whole records the run's files hold."""
    return sum(file.records for file in run.files)


def logged_values(run: Run) -> int:
    """How many values of every kind were logged, with those that a restart superseded."""
    return sum(one.logged for kind in series_of(run) for one in kind.values())


def last_step(run: Run) -> int | None:
    """The highest step of any series."""
    steps = [int(one.steps[-1]) for kind in series_of(run) for one in kind.values() if len(one)]
    return max(steps, default=None)


def span(run: Run) -> tuple[float, float] | None:
    """The first and last moment of the run, of those that are dates; seconds since 1970, UTC."""
    spans = _spans(run)
    return (spans[0][0], max(end for _, end in spans)) if spans else None


def active_seconds(run: Run) -> float | None:
    """How long the run wrote, the pauses between its files left out."""
    total, reached = 0.0, None
    for start, end in _spans(run):
        begin = start if reached is None else max(start, reached)
        total += max(0.0, end - begin)
        reached = end if reached is None else max(end, reached)
    return None if reached is None else total


def _spans(run: Run) -> list[tuple[float, float]]:
    """The spans of the run's files in order of start; of its values where its files have none."""
    spans = [span for span in map(_file_span, run.files) if span]
    if not spans:
        walls = [one.wall_times for kind in series_of(run) for one in kind.values() if len(one)]
        times = known_times(float(time) for wall in walls for time in (wall.min(), wall.max()))
        spans = [(min(times), max(times))] if times else []
    return sorted(spans)


def _file_span(file: EventFile) -> tuple[float, float] | None:
    times = known_times((file.first_wall_time, file.last_wall_time))
    return (min(times), max(times)) if times else None
