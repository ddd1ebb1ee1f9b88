"""The budget of a page: when it is too large, what it does without, in a stated order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tbreport.charts import Chart
from tbreport.model import Logs
from tbreport.reductions import (
    REDUCTIONS,
    Reduction,
    Situation,
    charts_of,
    encoded,
    figures_of,
    said,
)
from tbreport.render import Picture
from tbreport.sections.kit import Cell, Chapter, Column, Note, Panel, Table
from tbreport.stats import format_bytes

SLACK = 20_000  # bytes kept free for what says what was left out; of small pages a tenth
MOST_ROUNDS = 6  # of a step that takes as much as is needed, as text is only guessed at

Pictures = Mapping[Chart, Picture]
Draw = Callable[[Sequence[Chart]], dict[Chart, Picture]]
Weigh = Callable[[Sequence[Chapter], Pictures], int]


@dataclass(frozen=True)
class Cut:
    """What one step left out: ``what`` in words with their number, ``saved`` bytes of the page."""

    what: str
    saved: int


@dataclass(frozen=True, eq=False)
class Fitted:
    """Chapters and pictures of a page of ``size`` bytes, and what it took to get there.

    ``size`` is above ``limit`` where even the least form of the report is.
    """

    chapters: tuple[Chapter, ...]
    pictures: Pictures
    size: int
    limit: int
    cuts: tuple[Cut, ...] = ()

    @property
    def told(self) -> str:
        """One sentence on what was left out for the size of the page; "" for nothing."""
        limit = format_bytes(self.limit)
        if self.size > self.limit:
            size = format_bytes(self.size)
            return f"the report is {size} in its least form, more than --max-size {limit} allows"
        if not self.cuts:
            return ""
        what = "; ".join(cut.what for cut in self.cuts)
        return f"left out to stay under {limit}: {what}; a larger --max-size brings it back"


def fit(
    chapters: Sequence[Chapter],
    pictures: Pictures,
    logs: Logs,
    size: int,
    limit: int,
    weigh: Weigh,
    draw: Draw,
) -> Fitted:
    """Take from ``chapters`` what a page of at most ``limit`` bytes has no room for.

    ``size`` is that of the page with all of them; ``weigh`` gives the bytes of a page without those
    of its pictures, ``draw`` the pictures of charts. Steps that draw charts anew are gathered until
    they are expected to suffice, so that a chart is seldom drawn more than twice. The same chapters
    always lose the same.
    """
    page = _Page(tuple(chapters), dict(pictures), logs, size, weigh, draw)
    if page.size > limit:
        page.reduce(limit - min(SLACK, limit // 10))
    fitted = Fitted(page.chapters, page.pictures, page.size, limit, page.cuts)
    if not (page.cuts or page.size > limit):
        return fitted
    for _ in range(2):  # what is said may itself be too much: then that is to be said
        chapters = _told(replace(fitted, chapters=page.chapters), page.notes)
        size = weigh(chapters, page.pictures) + page.weight
        fitted = replace(fitted, chapters=chapters, size=size)
        if size <= limit or page.size > limit:
            break
    return fitted


class _Page:
    """A page while it is made smaller; ``lost`` counts what each step took from each chapter."""

    def __init__(
        self,
        chapters: tuple[Chapter, ...],
        pictures: dict[Chart, Picture],
        logs: Logs,
        size: int,
        weigh: Weigh,
        draw: Draw,
    ) -> None:
        self.chapters = chapters
        self.pictures = pictures
        self._logs = logs
        self._weigh = weigh
        self._draw = draw
        self._guessed: dict[Chart, int] = {}  # bytes of charts that are not drawn yet
        self._text = size - self.weight
        self._lost: dict[Reduction, Counter[str]] = {}
        self._saved: Counter[Reduction] = Counter()

    @property
    def weight(self) -> int:
        """The bytes of all pictures."""
        return sum(map(self._bytes, charts_of(self.chapters)))

    @property
    def size(self) -> int:
        """The bytes of the page."""
        return self._text + self.weight

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """What was left out, step by step."""
        return tuple(
            Cut(said(step, lost.total()), self._saved[step]) for step, lost in self._lost.items()
        )

    @property
    def notes(self) -> dict[str, list[Note]]:
        """What is to be said in each chapter, by its id."""
        notes: dict[str, list[Note]] = {}
        for step, lost in self._lost.items():
            for chapter, count in lost.items():
                text = f"Left out for the size of the page (--max-size): {said(step, count)}."
                # Images are counted in their panels.
                left_out = 0 if step.noun == "image" and not step.remains else count
                notes.setdefault(chapter, []).append(Note(text, left_out=left_out))
        return notes

    def reduce(self, limit: int) -> None:
        """Take the steps in their order until the page has at most ``limit`` bytes."""
        for step in REDUCTIONS:
            if step.wanted or self.size <= limit:
                self._draw_guessed()
            rounds = MOST_ROUNDS if step.wanted else 1
            while rounds and self.size > limit and self._take(step, limit):
                rounds -= 1
        self._draw_guessed()
        self.pictures = {
            chart: self.pictures[chart]
            for chart in charts_of(self.chapters)
            if chart in self.pictures
        }

    def _take(self, step: Reduction, limit: int) -> int:
        """Take one step in every chapter; how many things it left out."""
        before = self.size
        seen = Situation(self._logs, self.pictures, self._share(step, before - limit))
        lost: Counter[str] = Counter()
        chapters = []
        for chapter in self.chapters:
            found, count = step.apply(chapter, seen)
            if count:
                lost[chapter.id] += count
                self._guess(chapter, found, step.remains)
            chapters.append(found)
        if lost:
            self.chapters = tuple(chapters)
            if not step.remains:
                self._text = self._weigh(self.chapters, self.pictures)
            self._lost.setdefault(step, Counter()).update(lost)
            self._saved[step] += before - self.size
        return lost.total()

    def _share(self, step: Reduction, excess: int) -> float:
        """How many of the figures that a step is about there is room for."""
        if step.wanted is None:
            return 0.0
        there = [
            (panel, figure)
            for chapter in self.chapters
            for panel, figure in figures_of(chapter, step.wanted, self.pictures)
        ]
        size = sum(
            step.weight(panel, figure, self.pictures[figure.chart]) for panel, figure in there
        )
        return max(0.0, (size - excess) / size) if size else 0.0

    def _guess(self, chapter: Chapter, found: Chapter, remains: float) -> None:
        """Guess the bytes of the charts of ``found`` that are new in ``chapter``."""
        if not remains:
            return
        for old, new in zip(charts_of([chapter]), charts_of([found]), strict=True):
            if old is not new:
                self._guessed[new] = round(self._bytes(old) * remains)

    def _draw_guessed(self) -> None:
        """Draw what is still in the page and only guessed at."""
        new = [chart for chart in charts_of(self.chapters) if chart in self._guessed]
        self._guessed.clear()
        if new:
            self.pictures |= self._draw(new)
            self._text = self._weigh(self.chapters, self.pictures)

    def _bytes(self, chart: Chart) -> int:
        if chart in self._guessed:
            return self._guessed[chart]
        return encoded(self.pictures[chart]) if chart in self.pictures else 0


def _told(fitted: Fitted, notes: Mapping[str, Sequence[Note]]) -> tuple[Chapter, ...]:
    """The chapters with their notes, and in the data quality all that was left out, in order."""
    told = []
    for chapter in fitted.chapters:
        chapter = replace(chapter, notes=(*chapter.notes, *notes.get(chapter.id, ())))
        if chapter.id == "data_quality":
            chapter = replace(chapter, panels=(_panel(fitted), *chapter.panels))
        told.append(chapter)
    if fitted.size > fitted.limit and told and told[-1].id != "data_quality":
        told[-1] = replace(told[-1], notes=(*told[-1].notes, _over(fitted)))
    return tuple(told)


def _over(fitted: Fitted) -> Note:
    return Note(f"{fitted.told[:1].upper()}{fitted.told[1:]}.", "warning")


def _panel(fitted: Fitted) -> Panel:
    """Every step that was taken, with what it saved."""
    columns = (Column("Left out", "text"), Column("Saved"))
    rows = tuple(
        (Cell(cut.what), Cell(format_bytes(cut.saved), float(cut.saved))) for cut in fitted.cuts
    )
    note = Note("A larger --max-size brings it back.")
    return Panel(
        "Left out for size",
        small=f"--max-size {format_bytes(fitted.limit)}",
        tables=(Table(columns, rows),) if rows else (),
        notes=(_over(fitted) if fitted.size > fitted.limit else note,),
        wide=True,
    )
