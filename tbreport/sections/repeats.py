"""Repeats: the trials of one group, which differ by their seed, as one row of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tbreport import roles
from tbreport.model import Group
from tbreport.sections.grouped import CAPTION, group_cell, mean_cell
from tbreport.sections.kit import Cell, Column, Table
from tbreport.sections.metrics import Metric
from tbreport.sections.trials import Setting, Trial, shown


def repeated_trials(found: Sequence[Trial], groups: Sequence[Group]) -> dict[str, list[Trial]]:
    """The trials by the group of their first run that is in one; groups of two trials or more."""
    owner = {run: group.name for group in groups for run in group.runs}
    members: dict[str, list[Trial]] = {}
    for trial in found:
        name = next((owner[run.name] for run in trial.runs if run.name in owner), None)
        if name is not None:
            members.setdefault(name, []).append(trial)
    return {name: trials for name, trials in members.items() if len(trials) > 1}


def repeats_table(
    repeated: Mapping[str, Sequence[Trial]], chosen: Sequence[Setting], metrics: Sequence[Metric]
) -> Table:
    """One row a group: its settings, and mean ± deviation of each metric's best and last."""
    same = [one for one in chosen if all(_shared(one, trials) for trials in repeated.values())]
    columns = [Column("Group", "text"), Column("Trials")]
    columns += [Column(one.name, "text" if one.labels else "number") for one in same]
    for metric in metrics:
        columns += [Column(f"{metric.tag} best")] * bool(metric.better)
        columns.append(Column(f"{metric.tag} last"))
    rows = []
    for name, trials in repeated.items():
        cells = [_name_cell(name, trials[0]), Cell(f"{len(trials):,}", len(trials))]
        cells += [_setting_cell(one, trials[0]) for one in same]
        for metric in metrics:
            if metric.better:
                cells.append(mean_cell([trial.best(metric) for trial in trials], len(trials)))
            cells.append(mean_cell([trial.last(metric) for trial in trials], len(trials)))
        rows.append(tuple(cells))
    return Table(tuple(columns), tuple(rows), caption=CAPTION)


def _name_cell(name: str, trial: Trial) -> Cell:
    """The group's name without the side, training or validation, that its first runs are of."""
    whole = roles.experiment(name)
    return group_cell(name if whole == "." else whole, trial.runs[0].name)


def _shared(setting: Setting, trials: Sequence[Trial]) -> bool:
    """Whether the trials of a group agree on a setting: a seed is one on which they do not."""
    return len({trial.values.get(setting.name) for trial in trials}) == 1


def _setting_cell(setting: Setting, trial: Trial) -> Cell:
    value = trial.values.get(setting.name)
    if value is None:
        return Cell("")
    return Cell(shown(value), value if isinstance(value, str) else float(value))
