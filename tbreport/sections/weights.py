"""Weights: how parameters and activations are distributed, and how that changes over steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tbreport.charts.heatmap import Heatmap
from tbreport.model import Finding, Logs, Run
from tbreport.options import Options
from tbreport.roles import Quantity
from tbreport.sections.checkpoints import checkpoint_panels
from tbreport.sections.distributions import pair, summary
from tbreport.sections.kit import Chapter, Figure, Note, Panel, Section
from tbreport.sections.layers import Layer, grid, kernels, layers_of
from tbreport.sections.words import counted, listed, verb

MOST_PAIRS = 64  # pairs of pictures in the section, shared fairly between the runs
LEAST_PAIRS = 4  # of a run, however many runs there are
MOST_RUNS = 60  # with panels of their own
FEW_LAYERS = 12  # up to as many a run's pairs are open

_KINDS = (
    ("parameters", (Quantity.PARAMETER,)),
    ("activations", (Quantity.ACTIVATION,)),
    ("other histograms", (Quantity.UNKNOWN,)),
)


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """For each run a heat map and a table of all layers, then pictures of the most telling ones."""
    held = [
        (place, run, title, found)
        for place, run in logs.coloured
        for title, quantities in _KINDS
        if (found := layers_of(run, quantities))
    ]
    stored = [panel for run in logs.runs for panel in checkpoint_panels(run)]
    if not (held or stored):
        return None
    runs = list(dict.fromkeys(run.name for _, run, _, _ in held))
    shown = set(runs[:MOST_RUNS])
    share = max(LEAST_PAIRS, MOST_PAIRS // max(len(shown), 1))
    panels: list[Panel] = []
    for place, run, title, found in held:
        if run.name in shown:
            panels += _panels(run, place, title, found, share)
    notes: tuple[Note, ...] = ()
    if len(runs) > len(shown):
        left = len(runs) - len(shown)
        text = f"The weights of {counted(left, 'further run')} are not shown: choose with --runs."
        notes = (Note(text, left_out=left),)
    count = len({layer.tag for _, _, _, found in held for layer in found}) + len(stored)
    return Chapter("weights", "Weights", (*panels, *stored), count=count, notes=notes)


def _panels(
    run: Run, place: int, title: str, found: Sequence[Layer], share: int
) -> Iterator[Panel]:
    """The summary of one kind of one run, then a panel for each layer whose pictures are drawn."""
    group = f"{run.name} · {title}"
    drawn = _most_telling(found, share)
    yield Panel(
        "All layers",
        group=group,
        small=counted(len(found), "tensor"),
        runs=(run.name,),
        figures=tuple(_heat_maps(run, found)),
        tables=(summary(found, place, title.capitalize()),),
        notes=_notes(found, drawn),
        wide=True,
    )
    by_layer: dict[str, list[Layer]] = {}
    for layer in found:
        if layer in drawn:
            by_layer.setdefault(layer.role.layer, []).append(layer)
    for name, members in by_layer.items():
        figures = [figure for layer in members for figure in _pair(layer, run, place)]
        if figures:
            yield Panel(
                name,
                group=group,
                small=listed([layer.tag for layer in members]),
                tag=members[0].tag,
                runs=(run.name,),
                figures=tuple(figures),
                wide=True,
                folded=len(by_layer) > FEW_LAYERS,
            )


def _most_telling(found: Sequence[Layer], most: int) -> list[Layer]:
    """The layers that changed most, constant ones first; kernels before biases."""
    weights = kernels(found)
    ranked = sorted(found, key=lambda one: (one not in weights, -one.change, one.tag))
    return ranked[:most]


def _pair(layer: Layer, run: Run, place: int) -> list[Figure]:
    own = layer.role.parameter.rsplit("/", 1)[-1]
    return [
        Figure(figure.chart, f"{own}: {figure.caption}") for figure in pair(layer, run.name, place)
    ]


def _heat_maps(run: Run, found: Sequence[Layer]) -> Iterator[Figure]:
    """Layer by step, the spread as colour: what stands still, dies or explodes is a stripe."""
    chosen = kernels(found)
    steps, rows = grid(chosen, "std")
    if len(steps) < 2 or len(chosen) < 2:
        return
    names = [layer.role.parameter for layer in chosen]
    alt = (
        f"Standard deviation of {counted(len(chosen), 'tensor')} of {run.name} over steps "
        f"{steps[0]:,} to {steps[-1]:,}: {listed(names, 6)}."
    )
    chart = Heatmap(alt, rows, x=steps.astype(np.float64), log=True)
    key = ", ".join(f"{number} {name}" for number, name in enumerate(names[:40], 1))
    more = "" if len(names) <= 40 else f", … {len(names)} {names[-1]}"
    yield Figure(chart, f"std by layer and step, logarithmic. Rows: {key}{more}")


def _notes(found: Sequence[Layer], drawn: Sequence[Layer]) -> tuple[Note, ...]:
    left = len(found) - len(drawn)
    if not left:
        return ()
    text = (
        f"Pictures of the {len(drawn)} tensors that changed most; {counted(left, 'more')} "
        f"{verb(left, 'is')} in the table only. Choose with --tags and --runs."
    )
    return (Note(text.replace(" mores ", " more "), left_out=left),)


WEIGHTS = Section(
    "weights",
    "Weights",
    "How parameters and activations are distributed over steps, layer by layer.",
    build,
)
