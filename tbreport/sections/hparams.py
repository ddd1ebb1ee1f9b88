"""Hyper-parameters: what was tried, what came of it, and which setting mattered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.multiples import Multiple, Multiples
from tbreport.charts.parallel import Parallel, ParallelAxis
from tbreport.charts.ranking import Ranking
from tbreport.model import Finding, Group, Logs
from tbreport.options import Options
from tbreport.roles import Better
from tbreport.sections.grids import grid_panels, group_tables
from tbreport.sections.kit import Cell, Chapter, Column, Figure, Note, Panel, Section, Table
from tbreport.sections.metrics import Metric, main_metrics, reading_cell
from tbreport.sections.repeats import repeated_trials, repeats_table
from tbreport.sections.trials import Setting, Trial, settings, shown, trials
from tbreport.sections.words import counted, listed
from tbreport.stats import format_number

Floats = NDArray[np.float64]

MOST_COLUMNS = 10  # settings beside the metrics; further ones that differ have a table of their own
MOST_AXES = 8
MOST_CELLS = 12
LEAST = 2  # trials for a comparison
# Simulated with a peaked optimum, a ranking from 6 trials was right in 57 % of cases, from 12
# mostly: below LEAST_RANKED nothing is said, below SURE it is called indicative.
LEAST_RANKED, SURE = 6, 12


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """The table of trials, and pictures of the main metric over the settings that differ."""
    found = trials(logs)
    if not found:
        return None
    every = settings(found)
    differing = [setting for setting in every if setting.distinct > 1]
    same = [setting for setting in every if setting.distinct <= 1]
    metrics = main_metrics(logs, options.metric)
    panels = [_trials_panel(found, differing, same, metrics, logs.groups)]
    if metrics and len(found) >= LEAST and differing:
        panels += _pictures(found, differing, metrics[0])
    return Chapter("hparams", "Hyper-parameters", tuple(panels), count=len(differing))


def _trials_panel(
    found: Sequence[Trial],
    differing: Sequence[Setting],
    same: Sequence[Setting],
    metrics: Sequence[Metric],
    groups: Sequence[Group],
) -> Panel:
    first, further = differing[:MOST_COLUMNS], differing[MOST_COLUMNS:]
    repeated = repeated_trials(found, groups)
    tables = [repeats_table(repeated, first, metrics)] if repeated else []
    tables.append(_trials_table(found, first, metrics))
    if further:
        caption = f"{counted(len(further), 'further setting')} that differ"
        tables.append(_settings_table(found, further, caption))
    if same:
        tables.append(_same_table(found, same))
    if not repeated:
        tables += group_tables(found, metrics[0] if metrics else None)
    sources = {run.hparams.source for trial in found for run in trial.runs if run.hparams}
    said = listed(sorted(sources) or ["the names of the runs"])
    return Panel(
        "Trials",
        small=f"{counted(len(found), 'trial')} · settings from {said}",
        runs=tuple(run.name for trial in found for run in trial.runs),
        tables=tuple(tables),
        wide=True,
    )


def _trials_table(
    found: Sequence[Trial], first: Sequence[Setting], metrics: Sequence[Metric]
) -> Table:
    columns = [Column("Trial", "text")]
    columns += [Column(setting.name, "text" if setting.labels else "number") for setting in first]
    winners = [_winner(found, metric) for metric in metrics]
    for metric in metrics:
        columns += [Column(f"{metric.tag} best"), Column(f"{metric.tag} last")]
    statuses = any(trial.status for trial in found)
    if statuses:
        columns.append(Column("Status", "text"))
    rows = []
    for trial in found:
        cells = [Cell(trial.name, run=trial.runs[0].name)]
        cells += [_setting_cell(trial, setting) for setting in first]
        for metric, won in zip(metrics, winners, strict=True):
            mark = "best" if won is trial else ""
            cells += [reading_cell(trial.best(metric), mark), reading_cell(trial.last(metric))]
        if statuses:
            cells.append(Cell(trial.status, mark="error" if trial.status == "failure" else ""))
        rows.append(tuple(cells))
    return Table(tuple(columns), tuple(rows))


def _winner(found: Sequence[Trial], metric: Metric) -> Trial | None:
    """The trial with the best value, where at least two compete."""
    results = {trial: trial.result(metric) for trial in found if trial.best(metric)}
    if len(results) < LEAST:
        return None
    pick = min if metric.better is Better.LOWER else max
    return pick(results, key=results.__getitem__)


def _setting_cell(trial: Trial, setting: Setting) -> Cell:
    value = trial.values.get(setting.name)
    if value is None:
        return Cell("")
    return Cell(shown(value), value if isinstance(value, str) else float(value))


def _settings_table(found: Sequence[Trial], chosen: Sequence[Setting], caption: str) -> Table:
    columns = (Column("Setting", "text"), *(Column(trial.name, "text") for trial in found))
    rows = tuple(
        (Cell(setting.name), *(_setting_cell(trial, setting) for trial in found))
        for setting in chosen
    )
    return Table(columns, rows, caption=caption, folded=True)


def _same_table(found: Sequence[Trial], same: Sequence[Setting]) -> Table:
    rows = []
    for setting in same:
        held = [trial.values[setting.name] for trial in found if setting.name in trial.values]
        small = "" if len(held) == len(found) else f"in {len(held)} of {len(found)} trials"
        rows.append((Cell(setting.name), Cell(shown(held[0]), small=small)))
    caption = f"{counted(len(same), 'setting')} equal in all trials"
    columns = (Column("Setting", "text"), Column("Value", "text"))
    return Table(columns, tuple(rows), caption=caption, folded=True)


def _pictures(found: Sequence[Trial], differing: Sequence[Setting], metric: Metric) -> list[Panel]:
    """Parallel coordinates, the metric over each setting, and which setting mattered."""
    results = np.array([trial.result(metric) for trial in found])
    if np.isfinite(results).sum() < LEAST:
        return []
    numbered = list(differing[:MOST_CELLS])
    runs = tuple(run.name for trial in found for run in trial.runs)
    over_each = Panel(
        f"{metric.tag} over each setting",
        small="one dot a trial",
        runs=runs,
        figures=(Figure(_multiples(found, numbered, metric, results)),),
        notes=(Note(_key(numbered, metric)),),
        wide=True,
    )
    if len(numbered) == 1:  # nothing to trace from axis to axis, and nothing to rank
        return [over_each]
    as_lines = Panel(
        "Trials as lines",
        small=f"{metric.tag}: the lighter the better, the best one thick",
        runs=runs,
        figures=(Figure(_parallel(numbered[:MOST_AXES], metric, results)),),
        notes=(Note(_key(numbered[:MOST_AXES], metric)),),
        wide=True,
    )
    panels = [as_lines, over_each, *grid_panels(differing, metric, results, runs)]
    if np.isfinite(results).sum() >= LEAST_RANKED:
        panels.append(_ranking_panel(numbered, metric, results, runs))
    return panels


def _key(numbered: Sequence[Setting], metric: Metric) -> str:
    names = [f"{place} {setting.name}" for place, setting in enumerate(numbered, 1)]
    return f"Settings: {', '.join(names)}. Metric: {metric.tag}."


def _parallel(numbered: Sequence[Setting], metric: Metric, results: Floats) -> Parallel:
    axes = [
        ParallelAxis(setting.numbers, str(place), setting.labels, setting.log)
        for place, setting in enumerate(numbered, 1)
    ]
    finite = results[np.isfinite(results)]
    log = finite.min() > 0 and finite.max() / finite.min() >= 30
    names = listed([setting.name for setting in numbered], 8)
    low, high = format_number(finite.min()), format_number(finite.max())
    alt = f"Trials as lines over {names} and {metric.tag}, which goes from {low} to {high}."
    higher = metric.better is not Better.LOWER
    return Parallel(alt, (*axes, ParallelAxis(results, "metric", log=bool(log))), higher)


def _multiples(
    found: Sequence[Trial],
    numbered: Sequence[Setting],
    metric: Metric,
    results: Floats,
) -> Multiples:
    cells = tuple(
        Multiple(setting.numbers, str(place), setting.labels, setting.log)
        for place, setting in enumerate(numbered, 1)
    )
    finite = results[np.isfinite(results)]
    log = bool(finite.min() > 0 and finite.max() / finite.min() >= 30)
    names = listed([setting.name for setting in numbered], 12)
    alt = f"{metric.tag} of {counted(len(found), 'trial')} over each of {names}."
    return Multiples(alt, cells, results, tuple(trial.colour for trial in found), log)


def _ranking_panel(
    numbered: Sequence[Setting], metric: Metric, results: Floats, runs: tuple[str, ...]
) -> Panel:
    count = counted(int(np.isfinite(results).sum()), "trial")
    names = tuple(setting.name for setting in numbered)
    chart = Ranking(
        f"How much each of {listed(names, 12)} matters for {metric.tag}, from {count}.",
        np.column_stack([setting.numbers for setting in numbered]),
        results,
        names,
        tuple(len(setting.labels) > 2 for setting in numbered),
    )
    few = np.isfinite(results).sum() < SURE
    doubt = f" With fewer than {SURE} trials it is indicative only." if few else ""
    return Panel(
        "Which setting matters",
        small=f"for {metric.tag}, from {count}",
        runs=runs,
        figures=(Figure(chart),),
        notes=(
            Note(
                "Permutation importance of a random forest that predicts the rank of the metric,"
                f" fitted to these trials.{doubt}"
            ),
        ),
    )


HPARAMS = Section(
    "hparams",
    "Hyper-parameters",
    "What was tried, what came of it, and which setting mattered.",
    build,
)
