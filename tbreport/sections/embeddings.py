"""Embeddings: points by their principal components and by t-SNE, and how far to trust these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tbreport.charts.tsne import FEWEST
from tbreport.model import Finding, Logs
from tbreport.options import Options
from tbreport.points import same_bits
from tbreport.sections.choice import evenly, fair_shares
from tbreport.sections.classes import classes_panel
from tbreport.sections.embedded import embeddings_of
from tbreport.sections.kit import Chapter, Note, Panel, Section
from tbreport.sections.measures import StepNumbers, measured, numbers_table
from tbreport.sections.projections import components_panels, tsne_panel
from tbreport.sections.sampled import Sample, take
from tbreport.sections.words import counted, listed, verb

MOST_EMBEDDINGS = 12
MOST_POINTS = 5_000  # of one map, over all its steps: 10 s on one processor
MOST_POINTS_IN_ALL = 10_000  # half a minute on one processor


LEAD = (
    "Principal components keep distances but show only a part of the variance. t-SNE keeps"
    " neighbours: neither the distances between its clusters nor their sizes mean anything."
)


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """A table of numbers, and the pictures of each embedding; None without any."""
    found = embeddings_of(logs)
    if not found:
        return None
    chosen = evenly(found, MOST_EMBEDDINGS)
    sizes = [min(MOST_POINTS, sum(len(step.values) for step in one.steps)) for one in chosen]
    shares = fair_shares(sizes, MOST_POINTS_IN_ALL)
    with same_bits():
        samples = [take(one, share) for one, share in zip(chosen, shares, strict=True)]
        numbered = [(sample, measured(sample)) for sample in samples]
        panels = [panel for one in numbered for panel in _panels(*one, samples, logs, findings)]
    table = Panel("Numbers", wide=True, tables=(numbers_table(numbered),))
    hidden = len(found) - len(chosen)
    notes: tuple[Note, ...] = ()
    if hidden:
        text = f"{len(chosen):,} of {len(found):,} embeddings are shown, evenly spaced."
        notes = (Note(text, left_out=hidden),)
    return Chapter("embeddings", "Embeddings", (table, *panels), LEAD, len(found), notes)


def _panels(
    sample: Sample,
    numbers: tuple[StepNumbers, ...],
    samples: Sequence[Sample],
    logs: Logs,
    findings: Sequence[Finding],
) -> list[Panel]:
    """The pictures of one embedding under its name; what is to be said of it is at the first."""
    name, run = sample.embedded.name, sample.embedded.run
    alone = [one.embedded.name for one in samples].count(name) == 1
    group = name if alone else f"{name}, {run}"
    place = next(colour for colour, one in logs.coloured if one.name == run)
    made = [tsne_panel(sample, numbers, place), *components_panels(sample, numbers, place)]
    if sample.labels.classes and sample.drawn:
        made.append(classes_panel(sample, numbers[-1]))
    panels = [replace(panel, group=group) for panel in made if panel is not None]
    found = [one for each in findings for one in each.about(name) if run in one.runs]
    notes = (*(Note(one.message, one.severity.value) for one in found), *_notes(sample))
    if not panels:
        return [Panel(group, tag=name, runs=(run,), notes=notes)]
    return [replace(panels[0], notes=notes), *panels[1:]]


def _notes(sample: Sample) -> Iterator[Note]:
    for shown in sample.steps:
        step = shown.embedding.step
        at = "" if step is None or len(sample.steps) == 1 else f"At step {step:,}: "
        if shown.problem:
            text = f"{at}Nothing is drawn, as {shown.problem}."
            yield Note(text, "warning", left_out=len(shown.embedding.values))
        elif len(shown.rows) < FEWEST:
            yield Note(f"{at}t-SNE needs {FEWEST} points or more.")
        if shown.ill and not shown.problem:
            ill = counted(shown.ill, "row")
            text = f"{at}{ill} {verb(shown.ill, 'is')} left out for NaN or Inf."
            yield Note(text, "warning", left_out=shown.ill)
    yield from _sample_notes(sample)
    others = [column for column in sample.labels.columns if column != sample.labels.column]
    if others and sample.drawn:
        text = f"Also logged with each point: {listed(others)}."
        yield Note(text, left_out=len(others))


def _sample_notes(sample: Sample) -> Iterator[Note]:
    """What was left out for the time it would take."""
    left = sum(shown.left_out for shown in sample.drawn)
    if left:
        how = "each label with its share, " if sample.labels.classes else ""
        text = (
            f"A sample is drawn and measured, {how}with a fixed seed: maps of all points would take"
            " too long."
        )
        yield Note(text, left_out=left)
    steps, shown = len(sample.embedded.steps), len(sample.steps)
    if steps > shown:
        text = f"{shown} of {counted(steps, 'step')} shown, evenly spaced."
        yield Note(text, left_out=steps - shown)


EMBEDDINGS = Section(
    "embeddings",
    "Embeddings",
    "Points by principal components and t-SNE, coloured by label, with how far to trust the map.",
    build,
)
