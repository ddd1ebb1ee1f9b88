"""Groups of runs in charts and tables: a mean line with its band, and mean ± deviation as words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tbreport import roles, stats
from tbreport.charts.lines import COLUMNS, Band, Line
from tbreport.model import Group, Logs, Reading, Run
from tbreport.roles import Better
from tbreport.sections.curves import Curve
from tbreport.sections.kit import Cell, Column, Note, Table
from tbreport.sections.metrics import Metric, best, last
from tbreport.sections.spread import Spread, spread_of
from tbreport.sections.words import listed
from tbreport.stats import Envelope, format_duration, format_number, format_spread

MOST_BEHIND = 10  # single runs that are drawn thin behind the groups of one chart
MOST_OPEN = 8  # rows of the table of groups that stand open: it is the key to the lines

BAND = (
    "Lines of groups are means, bands ± one sample standard deviation (n − 1) of the n runs that"
    " have a value there"
)
ALIGNED = (
    "The runs of a group are put on the union of their {} by linear interpolation, each between its"
    " own first and last only, so n may change along a line; values that are not finite count"
    " nowhere. --group none draws every run by itself."
)
BY_TIME_OF_DAY = "Over the time of day runs have nothing in common: no means of groups are drawn."


@dataclass(frozen=True, eq=False)
class GroupedCurves:
    """The curves of one group, two or more, and their spread along x."""

    name: str
    curves: tuple[Curve, ...]
    spread: Spread

    @property
    def colour(self) -> int:
        """The number of the group's colour."""
        return self.curves[0].colour


def grouped_curves(
    curves: Sequence[Curve], groups: Sequence[Group], x_axis: str
) -> list[GroupedCurves]:
    """The groups of which at least two curves can be put on one axis; none over time of day."""
    if x_axis == "wall":
        return []
    by_run = {curve.run: curve for curve in curves}
    found = []
    for group in groups:
        own = tuple(by_run[run] for run in group.runs if run in by_run)
        # Points that are only counted, as their steps are all equal, stand on no common axis.
        if len(own) > 1 and len({curve.by_arrival for curve in own}) == 1:
            spread = spread_of([(curve.x, curve.values) for curve in own])
            found.append(GroupedCurves(group.name, own, spread))
    return found


def mean_line(group: GroupedCurves, weight: float, common: tuple[float, float] | None) -> Line:
    """The mean as a chart draws it; ``weight`` is the smoothing."""
    spread = group.spread
    return Line.of(spread.x, _smoothed(spread.mean, weight), group.colour, x_range=common)


def band(group: GroupedCurves, weight: float, common: tuple[float, float] | None) -> Band:
    """Mean ± deviation as an area, smoothed as the mean is; it breaks where one run is alone."""
    spread = group.spread
    mean, deviation = _smoothed(spread.mean, weight), _smoothed(spread.deviation, weight)
    low, high = common if common is not None else (None, None)
    x = np.clip(spread.x, -stats.WIDEST, stats.WIDEST)
    below = stats.envelope(x, mean - deviation, COLUMNS, low, high)
    above = stats.envelope(x, mean + deviation, COLUMNS, low, high)
    return Band(Envelope(below.x, below.low, above.high), group.colour)


def _smoothed(values: stats.Floats, weight: float) -> stats.Floats:
    return stats.smooth(values, weight) if weight else values


def band_notes(weight: float, behind: int, shown: int, every: int) -> list[Note]:
    """What lines and bands are, in words, and how many of ``every`` group are ``shown``."""
    if not shown:
        return []
    smoothed = ", both smoothed" if weight else ""
    singles = "; single runs are thin behind" if behind else ""
    notes = [Note(f"{BAND}{smoothed}{singles}.")]
    if every > shown:
        text = f"{shown:,} of {every:,} groups are shown, evenly spaced in their order."
        notes.append(Note(text, left_out=every - shown))
    return notes


def alignment_note(logs: Logs, x_axis: str) -> tuple[Note, ...]:
    """How runs of different lengths come together, for a chapter of charts."""
    if not logs.groups:
        return ()
    if x_axis == "wall":
        return (Note(BY_TIME_OF_DAY),)
    return (Note(ALIGNED.format("times" if x_axis == "relative" else "steps")),)


def curves_table(groups: Sequence[GroupedCurves], x_axis: str) -> Table:
    """One row a group: n, and mean ± deviation over its runs of each one's last, min and max.

    Where the name of the tag tells which of the latter is the best, the other is left out.
    """
    better = roles.better(groups[0].curves[0].series.tag)
    ways = {way: title for way, title in _ENDS.items() if better in (way, Better.UNKNOWN)}
    varies = any(len(set(group.spread.count.tolist()) - {0}) > 1 for group in groups)
    titles = ("n", "Last", *ways.values(), *(["All n have values"] if varies else []))
    rows = []
    for group in groups:
        readings = [[last(curve.series) for curve in group.curves]]
        readings += [[best(curve.series, way) for curve in group.curves] for way in ways]
        rows.append(
            (
                group_cell(group.name, group.curves[0].run),
                _n_cell(group.spread),
                *(mean_cell(ones, len(group.curves)) for ones in readings),
                *([Cell(_reach(group.spread, x_axis))] if varies else []),
            )
        )
    columns = (Column("Group", "text"), *map(Column, titles))
    return Table(columns, tuple(rows), caption=CAPTION, folded=len(rows) > MOST_OPEN)


_ENDS = {Better.LOWER: "Min", Better.HIGHER: "Max"}
CAPTION = "Groups: mean ± sample standard deviation over their runs"


def _n_cell(spread: Spread) -> Cell:
    """Of how many runs the mean is, from the fewest to the most."""
    counts = spread.count[spread.count > 0]
    if not len(counts):
        return Cell("0", 0)
    most, least = int(counts.max()), int(counts.min())
    return Cell(f"{most:,}" if most == least else f"{least:,}–{most:,}", most)


def _reach(spread: Spread, x_axis: str) -> str:
    """Where the most runs have a value, from its first to its last place."""
    there = spread.x[spread.count == spread.count.max(initial=1)]
    if not len(there):
        return ""
    end = _at(float(there[-1]), x_axis)
    if there[0] == spread.x[0]:
        return f"up to {end}"
    return f"{_at(float(there[0]), x_axis)} to {end}"


def _at(x: float, x_axis: str) -> str:
    return f"step {x:,.0f}" if x_axis == "step" else format_duration(x)


def group_cell(name: str, run: str) -> Cell:
    """The name of a group in the colour of its runs."""
    return Cell(name, run=run)


def mean_cell(readings: Sequence[Reading | None], total: int, mark: str = "") -> Cell:
    """Mean ± deviation of the finite readings, with n where that is not ``total``."""
    values = np.array([one.value for one in readings if one is not None], dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return Cell("")
    mean = float(values.mean())
    text = format_number(mean)
    if len(values) > 1:
        text = format_spread(mean, float(values.std(ddof=1)))
    small = f"n = {len(values):,}" if len(values) != total else ""
    return Cell(text, mean, small=small, mark=mark)


def runs_of(group: Group, logs: Logs) -> list[Run]:
    """The runs of the group."""
    own = set(group.runs)
    return [run for run in logs.runs if run.name in own]


def groups_table(logs: Logs, groups: Sequence[Group], metrics: Sequence[Metric]) -> Table:
    """One row a group: how many runs, and mean ± deviation of the best and last of each metric."""
    columns = [Column("Group", "text"), Column("Runs")]
    for metric in metrics:
        tag = listed([metric.tag])
        columns += [Column(f"{tag} best")] * bool(metric.better)
        columns.append(Column("last" if metric.better else f"{tag} last"))
    members = [runs_of(group, logs) for group in groups]
    leaders = [_leader(members, metric) for metric in metrics]
    rows = []
    for place, (group, runs) in enumerate(zip(groups, members, strict=True)):
        cells = [group_cell(group.name, group.runs[0]), Cell(f"{len(runs):,}", len(runs))]
        for metric, leader in zip(metrics, leaders, strict=True):
            held = [run.scalars[metric.tag] for run in runs if metric.tag in run.scalars]
            if metric.better:
                tops = [best(series, metric.better) for series in held]
                cells.append(mean_cell(tops, len(runs), "best" if place == leader else ""))
            cells.append(mean_cell([last(series) for series in held], len(runs)))
        rows.append(tuple(cells))
    return Table(tuple(columns), tuple(rows), caption=CAPTION)


def _leader(members: Sequence[Sequence[Run]], metric: Metric) -> int | None:
    """The place of the group with the best mean of its runs' best values; None without two."""
    competing = set(metric.runs)
    means = {}
    for place, runs in enumerate(members):
        held = [run.scalars.get(metric.tag) for run in runs if run.name in competing]
        found = [best(series, metric.better) for series in held if series is not None]
        values = [reading.value for reading in found if reading]
        if values:
            means[place] = float(np.mean(values))
    if len(means) < 2:
        return None
    pick = min if metric.better is Better.LOWER else max
    return pick(means, key=means.__getitem__)
