"""What a report can do without, step by step: each takes something away from its chapters.

The order is the one in which a page that is too large is made smaller: first what the other parts
of the report tell as well, then what makes pictures fine, at last pictures themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tbreport.charts import Chart
from tbreport.charts.bands import Bands
from tbreport.charts.heatmap import Heatmap
from tbreport.charts.lines import Lines
from tbreport.charts.photo import MAX_SIDE, Photo
from tbreport.charts.ridges import Ridges
from tbreport.datablock import data_block
from tbreport.model import Logs
from tbreport.names import natural_order
from tbreport.render import Picture
from tbreport.sections.choice import evenly
from tbreport.sections.kit import Chapter, Figure, Note, Panel
from tbreport.sections.scalars import numbers_panel
from tbreport.sections.words import counted

FEWER_SLICES = 12
SMALL_SIDE = MAX_SIDE // 2  # device pixels of an image
PLAIN, SMALL = (400, 186), (320, 150)  # CSS pixels of a chart of curves
MARKUP = 700  # bytes of a page around one picture, about
GONE = "Not in the page for its size: "


Wanted = Callable[[Chapter, Figure], bool]


@dataclass(frozen=True)
class Situation:
    """What a step may look at: the logs, what was drawn, and the share (0..1) it may keep."""

    logs: Logs
    pictures: Mapping[Chart, Picture]
    share: float = 0.0


def encoded(picture: Picture) -> int:
    """The bytes of a picture in a page: base64 makes four of three."""
    return -(-len(picture.png) // 3) * 4


def _weight(panel: Panel, figure: Figure, picture: Picture) -> int:
    """The picture and what stands round it: the runs are named at the panel and at the figure."""
    named = panel.runs if figure.run is None else (figure.run,)
    return encoded(picture) + MARKUP + 2 * sum(len(run) + 1 for run in named)


@dataclass(frozen=True)
class Reduction:
    """One step: ``apply`` gives a chapter without what it takes, and how much that was.

    ``what`` says it in words, with the number of ``noun`` in the place of {}. ``remains`` is the
    share of bytes that charts drawn anew are expected to keep; 0 for a step that draws nothing. A
    step with ``wanted`` takes of these figures as many as is needed; each other one all it can.
    ``weight`` gives the bytes that it takes with a figure.
    """

    noun: str
    what: str
    apply: Callable[[Chapter, Situation], tuple[Chapter, int]]
    remains: float = 0.0
    wanted: Wanted | None = None
    weight: Callable[[Panel, Figure, Picture], int] = _weight


def _each_figure(
    chapter: Chapter, change: Callable[[Figure], Figure | None]
) -> tuple[Chapter, int]:
    """The chapter with figures replaced, or left out for None; panels left with nothing go too."""
    count = 0
    panels = []
    for panel in chapter.panels:
        figures = [change(figure) for figure in panel.figures]
        differing = sum(a is not b for a, b in zip(panel.figures, figures, strict=True))
        if not differing:
            panels.append(panel)
            continue
        count += differing
        kept = tuple(figure for figure in figures if figure is not None)
        gone = [old for old, new in zip(panel.figures, figures, strict=True) if new is None]
        images = sum(isinstance(figure.chart, Photo) for figure in gone)
        panel = replace(panel, figures=kept, notes=_counted_notes(panel.notes, images))
        if _says_something(panel):
            panels.append(panel)
    return (replace(chapter, panels=tuple(panels)), count) if count else (chapter, 0)


def _says_something(panel: Panel) -> bool:
    return bool(panel.figures or panel.sounds or panel.tables or panel.prose or panel.notes)


def _counted_notes(notes: tuple[Note, ...], images: int) -> tuple[Note, ...]:
    """The notes of a panel, which count the images it had, with how many of them are gone."""
    if not images:
        return notes
    before = [note for note in notes if note.text.startswith(GONE)]
    total = images + sum(note.left_out for note in before)
    others = [note for note in notes if note not in before]
    return (*others, Note(f"{GONE}{counted(total, 'image')} of these.", left_out=total))


def _each_chart(
    chapter: Chapter, change: Callable[[Chart], Chart], caption: str = ""
) -> tuple[Chapter, int]:
    """The chapter with charts of figures replaced; ``caption`` is added to those of them."""

    def changed(figure: Figure) -> Figure:
        chart = change(figure.chart)
        if chart is figure.chart:
            return figure
        return replace(figure, chart=chart, caption=figure.caption + caption)

    return _each_figure(chapter, changed)


def _without(chapter: Chapter, gone: Iterable[Figure]) -> tuple[Chapter, int]:
    known = {id(figure) for figure in gone}
    return _each_figure(chapter, lambda figure: None if id(figure) in known else figure)


def _has_values(_: Chapter, figure: Figure) -> bool:
    return figure.values is not None


def _values_weight(_: Panel, figure: Figure, __: Picture) -> int:
    return len(data_block(figure.values, lambda _: 0)) if figure.values is not None else 0


def _no_values(chapter: Chapter, seen: Situation) -> tuple[Chapter, int]:
    """Without exact values and zooming in the later charts of a chapter: their pictures stay."""
    there = figures_of(chapter, _has_values, seen.pictures)
    gone = {id(figure) for _, figure in there[int(len(there) * seen.share) :]}
    return _each_figure(
        chapter, lambda figure: replace(figure, values=None) if id(figure) in gone else figure
    )


def _fewer_steps(most: int) -> Callable[[Chapter, Situation], tuple[Chapter, int]]:
    """A step that keeps ``most`` evenly spaced steps of each run's images in a panel."""

    def apply(chapter: Chapter, _: Situation) -> tuple[Chapter, int]:
        gone = [figure for panel in chapter.panels for figure in _older(panel, most)]
        return _without(chapter, gone)

    return apply


def _older(panel: Panel, most: int) -> Iterator[Figure]:
    steps: dict[str | None, list[int]] = {figure.run: [] for figure in panel.figures}
    for figure in panel.figures:
        if isinstance(figure.chart, Photo) and figure.step is not None:
            steps[figure.run].append(figure.step)
    kept = {run: evenly(sorted(set(own)), most) for run, own in steps.items()}
    for figure in panel.figures:
        if isinstance(figure.chart, Photo) and figure.step not in (None, *kept[figure.run]):
            yield figure


def _newest_sounds(chapter: Chapter, _: Situation) -> tuple[Chapter, int]:
    """The first sound of each run in a panel, which is the newest, with its picture."""
    count = 0
    panels = []
    for panel in chapter.panels:
        if panel.sounds:
            first = list({sound.run: sound for sound in reversed(panel.sounds)}.values())[::-1]
            count += len(panel.sounds) - len(first)
            figures = list({one.run: one for one in reversed(panel.figures)}.values())[::-1]
            panel = replace(panel, sounds=tuple(first), figures=tuple(figures))
        panels.append(panel)
    return (replace(chapter, panels=tuple(panels)), count) if count else (chapter, 0)


def _no_sounds(chapter: Chapter, _: Situation) -> tuple[Chapter, int]:
    count = sum(len(panel.sounds) for panel in chapter.panels)
    panels = tuple(replace(panel, sounds=()) for panel in chapter.panels)
    panels = tuple(filter(_says_something, panels))
    return (replace(chapter, panels=panels), count) if count else (chapter, 0)


def _fewer_slices(chapter: Chapter, _: Situation) -> tuple[Chapter, int]:
    def thinned(chart: Chart) -> Chart:
        if not isinstance(chart, Ridges) or len(chart.counts) <= FEWER_SLICES:
            return chart
        kept = evenly(range(len(chart.counts)), FEWER_SLICES)
        return replace(chart, counts=chart.counts[kept], y=chart.y[kept])

    return _each_chart(chapter, thinned, f", {FEWER_SLICES} of them drawn")


def _no_single_layers(chapter: Chapter, _: Situation) -> tuple[Chapter, int]:
    """Without the distributions of single tensors: heat maps and tables show all of them."""
    return _each_figure(
        chapter, lambda figure: None if isinstance(figure.chart, Bands | Ridges) else figure
    )


def _at_one(chapter: Chapter, _: Situation) -> tuple[Chapter, int]:
    """One device pixel for each CSS pixel where there were two: soft on sharp screens."""

    def softer(chart: Chart) -> Chart:
        if isinstance(chart, Lines):
            return replace(chart, scale=1) if chart.device_scale > 1 else chart
        if isinstance(chart, Bands | Heatmap | Ridges) and chart.scale > 1:
            return replace(chart, scale=1)
        return chart

    return _each_chart(chapter, softer)


def _smaller_images(chapter: Chapter, seen: Situation) -> tuple[Chapter, int]:
    def smaller(chart: Chart) -> Chart:
        picture = seen.pictures.get(chart)
        if not isinstance(chart, Photo) or picture is None or picture.pixelated:
            return chart
        wide = max(picture.width, picture.height) > SMALL_SIDE // 2
        return replace(chart, max_side=SMALL_SIDE) if wide else chart

    return _each_chart(chapter, smaller)


def _plain_curves(size: tuple[int, int]) -> Callable[[Chapter, Situation], tuple[Chapter, int]]:
    """A step that draws curves smaller, without the unsmoothed ones behind the smoothed ones."""
    width, height = size

    def plain(chart: Chart) -> Chart:
        if not isinstance(chart, Lines) or chart.width <= width:
            return chart
        lines = tuple(replace(line, raw=line.read, smooth=None) for line in chart.lines)
        return replace(chart, lines=lines, width=width, height=height, scale=1)

    return lambda chapter, _: _each_chart(chapter, plain)


def _one_table(chapter: Chapter, seen: Situation) -> tuple[Chapter, int]:
    """One row a tag at the end of the scalars, in the place of a table at every chart."""
    if chapter.id != "scalars":
        return chapter, 0
    count = sum(len(panel.tables) for panel in chapter.panels if panel.figures)
    if not count:
        return chapter, 0
    panels = [replace(panel, tables=()) for panel in chapter.panels if panel.figures]
    tags = natural_order({panel.tag for panel in panels} | _tags(seen.logs))
    return replace(chapter, panels=(*panels, numbers_panel(tags, seen.logs, "All tags"))), count


def _tags(logs: Logs) -> set[str]:
    return {tag for run in logs.runs for tag, series in run.scalars.items() if len(series)}


def _leave_out(wanted: Wanted) -> Callable[[Chapter, Situation], tuple[Chapter, int]]:
    """A step that keeps a share of the wanted figures of a chapter, evenly spaced."""

    def apply(chapter: Chapter, seen: Situation) -> tuple[Chapter, int]:
        there = [figure for _, figure in figures_of(chapter, wanted, seen.pictures)]
        keep = min(int(len(there) * seen.share), len(there) - 1)
        kept = {id(figure) for figure in evenly(there, keep)} if keep > 0 else set()
        return _without(chapter, [figure for figure in there if id(figure) not in kept])

    return apply


def figures_of(
    chapter: Chapter, wanted: Wanted, pictures: Mapping[Chart, Picture]
) -> list[tuple[Panel, Figure]]:
    """The figures of a chapter that are wanted and drawn, with the panels they stand in."""
    return [
        (panel, figure)
        for panel in chapter.panels
        for figure in panel.figures
        if wanted(chapter, figure) and figure.chart in pictures
    ]


def _is_photo(_: Chapter, figure: Figure) -> bool:
    return isinstance(figure.chart, Photo)


def _is_scalar(chapter: Chapter, _: Figure) -> bool:
    return chapter.id == "scalars"


def _is_any(_: Chapter, __: Figure) -> bool:
    return True


def _no_table_pictures(chapter: Chapter, _: Situation) -> tuple[Chapter, int]:
    """Tables without their small curves."""
    count = 0
    panels = []
    for panel in chapter.panels:
        tables = []
        for table in panel.tables:
            held = sum(cell.chart is not None for row in table.rows for cell in row)
            if held:
                rows = tuple(tuple(replace(cell, chart=None) for cell in row) for row in table.rows)
                table = replace(table, rows=rows)
            count += held
            tables.append(table)
        panels.append(replace(panel, tables=tuple(tables)))
    return (replace(chapter, panels=tuple(panels)), count) if count else (chapter, 0)


REDUCTIONS: tuple[Reduction, ...] = (
    Reduction(
        "chart", "the numbers for the script of {}", _no_values, 0.0, _has_values, _values_weight
    ),
    Reduction("image", "{} of the steps between three of each run", _fewer_steps(3)),
    Reduction("image", "{} of all steps but the newest of each run", _fewer_steps(1)),
    Reduction("sound", "{} older than the newest of each run", _newest_sounds),
    Reduction("chart", f"slices beyond {FEWER_SLICES} in {{}} of histograms", _fewer_slices, 0.75),
    Reduction("chart", "{} of the distributions of single tensors", _no_single_layers),
    Reduction("chart", "sharpness on fine screens of {}", _at_one, 0.45),
    Reduction("image", "half the width of {}", _smaller_images, 0.3),
    Reduction(
        "chart", "unsmoothed curves and a third of the width of {}", _plain_curves(PLAIN), 0.5
    ),
    Reduction("table", "{} of numbers at charts, for one of all tags", _one_table),
    Reduction("chart", "a further fifth of the width of {}", _plain_curves(SMALL), 0.7),
    Reduction("image", "{}, evenly spaced", _leave_out(_is_photo), wanted=_is_photo),
    Reduction("chart", "{} of scalars, evenly spaced", _leave_out(_is_scalar), wanted=_is_scalar),
    Reduction("picture", "{}, evenly spaced", _leave_out(_is_any), wanted=_is_any),
    Reduction("curve", "{} in tables", _no_table_pictures),
    Reduction("sound", "{}", _no_sounds),
)


def said(step: Reduction, count: int) -> str:
    """What a step left out, in words: "120 images of all steps but the newest of each run"."""
    return step.what.format(counted(count, step.noun))


def charts_of(chapters: Iterable[Chapter]) -> Iterator[Chart]:
    """Every chart of the chapters, in their order; one that stands twice comes twice."""
    for chapter in chapters:
        for panel in chapter.panels:
            for figure in panel.figures:
                yield figure.chart
            for table in panel.tables:
                for row in table.rows:
                    yield from (cell.chart for cell in row if cell.chart is not None)
