"""PR curves: precision over recall of all runs, with average precision and best F1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tbreport.charts.curve import Curve, Curves
from tbreport.model import Finding, Floats, Logs, PrCurveSeries
from tbreport.options import Options
from tbreport.sections.choice import choose_tags, evenly, grouped, title_in_group
from tbreport.sections.kit import Cell, Chapter, Column, Figure, Note, Panel, Section, Table
from tbreport.sections.words import counted, listed
from tbreport.stats import format_number

MOST_TAGS = 60
MOST_STEPS = 6  # small pictures over steps

_TP, _FP, _PRECISION, _RECALL = 0, 1, 4, 5


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """One panel a tag: the last step of every run, and how the curves came to be."""
    tags = {tag for run in logs.runs for tag in run.pr_curves}
    if not tags:
        return None
    choice = choose_tags(tags, MOST_TAGS)
    panels = tuple(_panel(logs, tag, group) for group, tag in grouped(choice.tags))
    notes: tuple[Note, ...] = ()
    if choice.left_out:
        notes = (Note(f"{counted(choice.left_out, 'further tag')} not shown."),)
    return Chapter("pr_curves", "PR curves", panels, count=len(tags), notes=notes)


def _panel(logs: Logs, tag: str, group: str) -> Panel:
    held = [
        (place, run.name, run.pr_curves[tag])
        for place, run in logs.coloured
        if tag in run.pr_curves and len(run.pr_curves[tag])
    ]
    figures = [
        Figure(
            _last_steps(tag, held),
            caption="precision over recall, last step of each run; the dot is the best F1",
        )
    ]
    figures += [_over_steps(tag, *one) for one in held if len(one[2]) > 1]
    return Panel(
        title_in_group(tag, ("/pr_curves",)),
        group=group,
        small=counted(len(held), "run"),
        tag=tag,
        runs=tuple(name for _, name, _ in held),
        figures=tuple(figures),
        tables=(_table(held),),
        wide=len(figures) > 1,
    )


_Held = list[tuple[int, str, PrCurveSeries]]


def _last_steps(tag: str, held: _Held) -> Curves:
    curves, said = [], []
    for place, name, series in held:
        curve = trimmed(series.curves[-1])
        f1, recall, precision = best_f1(curve)
        curves.append(Curve(curve[_RECALL], curve[_PRECISION], place, (recall, precision)))
        score = format_number(average_precision(curve))
        said.append(f"{name}: average precision {score}, best F1 {format_number(f1)}")
    alt = f"Precision over recall of {tag} at the last step. {listed(said, 6)}."
    return Curves(alt, tuple(curves))


def _over_steps(tag: str, place: int, name: str, series: PrCurveSeries) -> Figure:
    """All chosen steps of one run in one small picture, older ones fainter."""
    chosen = evenly(range(len(series)), MOST_STEPS)
    curves = tuple(
        Curve(
            (curve := trimmed(series.curves[index]))[_RECALL],
            curve[_PRECISION],
            place,
            opacity=0.15 + 0.85 * (rank + 1) / len(chosen),
        )
        for rank, index in enumerate(chosen)
    )
    steps = ", ".join(f"{series.steps[index]:,}" for index in chosen)
    alt = f"Precision over recall of {tag} in {name} at steps {steps}, older ones fainter."
    caption = f"steps {steps}, the fainter the earlier"
    chart = Curves(alt, curves, width=260, height=220)
    return Figure(chart, caption=caption, run=name)


def _table(held: _Held) -> Table:
    columns = (
        Column("Run", "text"),
        Column("Step"),
        Column("Average precision"),
        Column("Best F1"),
        Column("at threshold"),
    )
    rows = []
    for _, name, series in held:
        curve = trimmed(series.curves[-1])
        score, (f1, *_) = average_precision(curve), best_f1(curve)
        threshold = best_threshold(series.curves[-1])
        rows.append(
            (
                Cell(name, run=name),
                Cell(f"{series.steps[-1]:,}", float(series.steps[-1])),
                Cell(format_number(score), score),
                Cell(format_number(f1), f1),
                Cell(format_number(threshold), threshold),
            )
        )
    return Table(columns, tuple(rows))


def trimmed(curve: Floats) -> Floats:
    """The curve without the tail of high thresholds that nothing passes (TP + FP = 0).

    ``curve`` is float64 (6, n) as logged; its first column stays whatever it holds, as the PR curve
    dashboard's own trimming does.
    """
    passing = np.flatnonzero(curve[_TP] + curve[_FP] > 0)
    end = int(passing[-1]) + 1 if len(passing) else 1
    return curve[:, :end]


def average_precision(curve: Floats) -> float:
    """Sum of precision times the recall gained, from the highest threshold down.

    The definition of ``sklearn.metrics.average_precision_score``, on the logged thresholds.
    """
    recall, precision = curve[_RECALL][::-1], curve[_PRECISION][::-1]
    gained = np.diff(recall, prepend=0.0)
    return float(np.nansum(gained * precision))


def best_f1(curve: Floats) -> tuple[float, float, float]:
    """The largest F1 and the (recall, precision) it is reached at; NaN where there is none."""
    scores = _f1(curve)
    if not np.isfinite(scores).any():
        return float("nan"), float("nan"), float("nan")
    place = int(np.nanargmax(scores))
    return float(scores[place]), float(curve[_RECALL, place]), float(curve[_PRECISION, place])


def best_threshold(curve: Floats) -> float:
    """The threshold with the largest F1; thresholds are evenly spaced from 0 to 1."""
    scores = _f1(curve)
    if not np.isfinite(scores).any():
        return float("nan")
    return float(np.linspace(0, 1, curve.shape[1])[int(np.nanargmax(scores))])


def _f1(curve: Floats) -> Floats:
    total = curve[_RECALL] + curve[_PRECISION]
    product = 2 * curve[_RECALL] * curve[_PRECISION]
    scores: Floats = np.divide(product, total, out=np.full(len(total), np.nan), where=total > 0)
    return scores


PR_CURVES = Section(
    "pr_curves",
    "PR curves",
    "Precision over recall at the last step of every run, with average precision and best F1.",
    build,
)
