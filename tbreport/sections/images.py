"""Images: the newest first and a few steps before it, the runs of one tag side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from tbreport.charts.photo import Photo
from tbreport.model import Finding, ImageSeries, Logs, Run
from tbreport.options import Options
from tbreport.sections.choice import choose_tags, evenly, grouped, title_in_group
from tbreport.sections.kit import Chapter, Figure, Note, Panel, Section
from tbreport.sections.words import counted, listed

MOST_TAGS = 100
MOST_OF_FAMILY = 24  # tags that differ in their numbers only, such as a video every 1,000 steps
MOST_IMAGES = 400  # in the report, about 20 MB of photographs and less of small pictures
MOST_OF_TAG = 48  # however few tags there are
MOST_OF_BATCH = 8  # of the images logged under one tag at one step


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """A panel for every tag that any run has an image of; None without one."""
    tags = {tag for run in logs.runs for tag, series in run.images.items() if len(series)}
    if not tags:
        return None
    choice = choose_tags(tags, MOST_TAGS, MOST_OF_FAMILY)
    room = min(MOST_OF_TAG, MOST_IMAGES // len(choice.tags))
    panels = tuple(_panel(tag, group, logs, options, room) for group, tag in grouped(choice.tags))
    notes: tuple[Note, ...] = ()
    if choice.left_out:
        cut = listed([f"{name} ({shown:,} of {size:,})" for name, shown, size in choice.cut])
        text = f"{len(choice.tags):,} of {len(tags):,} tags are shown; evenly spaced ones of {cut}."
        notes = (Note(f"{text} Choose with --tags.", left_out=choice.left_out),)
    return Chapter("images", "Images", panels, count=len(tags), notes=notes)


def _panel(tag: str, group: str, logs: Logs, options: Options, room: int) -> Panel:
    """The images of one tag in at most ``room`` figures: first fewer steps, then fewer runs."""
    holders = [run for run in logs.runs if tag in run.images and len(run.images[tag])]
    runs = evenly(holders, room)
    series = [run.images[tag] for run in runs]
    widest = max(len(batch) for one in series for batch in one.images)
    of_batch = max(1, min(widest, MOST_OF_BATCH, room // len(runs)))
    steps = max(1, min(options.image_steps, room // (len(runs) * of_batch)))
    pixels = options.bounds.image_pixels
    shown = [pair for row in _rows(series, steps) for pair in row]
    figures = tuple(
        figure
        for number, place in shown
        for figure in _figures(runs[number], series[number], place, of_batch, pixels)
    )
    return Panel(
        title_in_group(tag),
        group=group,
        tag=tag,
        runs=tuple(run.name for run in runs),
        figures=figures,
        notes=(
            *_step_notes(series, Counter(number for number, _ in shown)),
            *_batch_notes(widest, of_batch),
            *_run_notes(len(runs), len(holders)),
        ),
        wide=len(figures) > 1,
    )


def _rows(series: Sequence[ImageSeries], most: int) -> list[list[tuple[int, int]]]:
    """What to show, moment by moment from the newest: (number of the series, place in it).

    The moments are at most ``most`` of the steps that any run has. Each run shows its newest image
    up to then, unless an earlier row has it: runs that log at the same steps stand side by side.
    """
    every = sorted({int(step) for one in series for step in one.steps})
    seen: set[tuple[int, int]] = set()
    rows = []
    for moment in reversed(evenly(every, most)):
        places = [int(np.searchsorted(one.steps, moment, "right")) - 1 for one in series]
        row = [pair for pair in enumerate(places) if pair[1] >= 0 and pair not in seen]
        seen.update(row)
        rows.append(row)
    return rows


def _figures(
    run: Run, series: ImageSeries, place: int, of_batch: int, pixels: int
) -> tuple[Figure, ...]:
    step, batch = int(series.steps[place]), series.images[place]
    figures = []
    for number, image in enumerate(batch[:of_batch], 1):
        caption = f"image {number} of {len(batch)}" if len(batch) > 1 else ""
        where = f"{listed([series.tag])} of {listed([run.name])} at step {step:,}"
        alt = f"{where}, {caption}" if caption else where
        figures.append(Figure(Photo(alt, image.data, most_pixels=pixels), caption, run.name, step))
    return tuple(figures)


def _step_notes(series: Sequence[ImageSeries], counts: Mapping[int, int]) -> list[Note]:
    """How many steps are shown of those that were logged, for one run or for all."""
    shown = [counts[number] for number in range(len(series))]
    logged = [max(one.logged - one.superseded, len(one)) for one in series]
    left = sum(logged) - sum(shown)
    if not left:
        return []
    if len(set(logged)) == len(set(shown)) == 1:
        of_each = " of each run" if len(series) > 1 else ""
        text = f"{shown[0]:,} of {counted(logged[0], 'step')}{of_each} shown"
    else:
        text = f"{sum(shown):,} of {counted(sum(logged), 'step')} of all runs shown"
    return [Note(f"{text}, evenly spaced.", left_out=left)]


def _batch_notes(widest: int, shown: int) -> list[Note]:
    if widest <= shown:
        return []
    text = f"{shown} of up to {widest:,} images of a step shown."
    return [Note(text, left_out=widest - shown)]


def _run_notes(shown: int, holders: int) -> list[Note]:
    if shown == holders:
        return []
    text = f"{shown:,} of {holders:,} runs shown, evenly spaced in their order."
    return [Note(text, left_out=holders - shown)]


IMAGES = Section(
    "images", "Images", "Logged images, the newest first, the runs of a tag side by side.", build
)
