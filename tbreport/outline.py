"""The outline of a page: its chapters, groups and panels, each with the id it is found under."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tbreport.names import anchor
from tbreport.sections.kit import Chapter, Figure, Note, Panel

_LEVELS = ("error", "warning", "note")  # worst first; what is only "info" has no mark


@dataclass(frozen=True, eq=False)
class PanelPlace:
    """A panel, its id and the worst level of its notes ("" if none is worth a mark).

    ``figures`` are the ids of its figures, "" for one that is alone and found under the panel's.
    ``prefix`` is the name of a group that has no heading as this panel is all of it.
    """

    id: str
    panel: Panel
    level: str
    figures: tuple[str, ...] = ()
    prefix: str = ""

    @property
    def remark(self) -> bool:
        """Whether it is words with a level and nothing else, as a finding is."""
        panel = self.panel
        return bool(self.level) and not (panel.figures or panel.sounds or panel.tables)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that its figures show, ascending, where each is of a run at one of several."""
        figures = self.panel.figures
        steps = {figure.step for figure in figures if figure.step is not None}
        told = all(figure.run is not None and figure.step is not None for figure in figures)
        return tuple(sorted(steps)) if told and len(steps) > 1 else ()

    @property
    def rows(self) -> tuple[tuple[tuple[str, Figure], ...], ...]:
        """The figures with their ids, the runs of about one step in a row.

        All are in one row where they are of one run, or not of steps.
        """
        pairs = list(zip(self.figures, self.panel.figures, strict=True))
        if not self.steps or len({figure.run for figure in self.panel.figures}) < 2:
            return (tuple(pairs),) if pairs else ()
        rows: list[list[tuple[str, Figure]]] = []
        shown: dict[str | None, int | None] = {}
        for place, figure in pairs:
            if not rows or shown.get(figure.run, figure.step) != figure.step:
                rows.append([])
                shown = {}
            rows[-1].append((place, figure))
            shown[figure.run] = figure.step
        return tuple(map(tuple, rows))


@dataclass(frozen=True, eq=False)
class Group:
    """Consecutive panels with one name of a group, which is "" for those that have none."""

    id: str
    title: str
    places: tuple[PanelPlace, ...]

    @property
    def headed(self) -> bool:
        """Whether it has a heading: a panel alone in its group bears the name itself."""
        return bool(self.title) and len(self.places) > 1


@dataclass(frozen=True, eq=False)
class Block:
    """Panels that stand in one grid: a group under its heading, or what needs none."""

    heading: Group | None
    places: tuple[PanelPlace, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """A chapter with its groups; ``pictured`` says whether any of its panels has a figure."""

    id: str
    chapter: Chapter
    groups: tuple[Group, ...]
    level: str
    pictured: bool

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The panels by grid: neighbours that need no heading share one."""
        blocks: list[Block] = []
        for headed, groups in itertools.groupby(self.groups, lambda group: group.headed):
            if headed:
                blocks += [Block(group, group.places) for group in groups]
            else:
                places = [place for group in groups for place in group.places]
                blocks.append(Block(None, tuple(places)))
        return tuple(blocks)

    @property
    def named_groups(self) -> tuple[Group, ...]:
        """The groups that have a name, for the list of sections."""
        return tuple(group for group in self.groups if group.title)


class Outline:
    """Every place of a document and the ids that lead there; ids come from names alone."""

    def __init__(self, chapters: Iterable[Chapter], reserved: Iterable[str] = ()) -> None:
        """Lay out ``chapters``; the ``reserved`` ids are not given to any of them."""
        self._taken = set(reserved)
        self.parts = tuple([self._part(chapter) for chapter in chapters])
        self._pictured: dict[str, list[tuple[Part, PanelPlace]]] = {}
        for part in self.parts:
            for place in (place for group in part.groups for place in group.places):
                if place.panel.tag and place.panel.figures:
                    self._pictured.setdefault(place.panel.tag, []).append((part, place))

    def resolve(self, href: str) -> str:
        """``href`` if it leads somewhere, else the chapter it meant, else ""."""
        if not href.startswith("#"):
            return ""
        target = href[1:]
        if target in self._taken:
            return href
        chapter = target.replace(":", "/").split("/", 1)[0]
        return f"#{chapter}" if chapter in self._taken else ""

    def pictures_of(self, panel: Panel) -> list[tuple[Part, PanelPlace]]:
        """Where the tag of a panel without figures is pictured: the first panel of each part."""
        if panel.figures or not panel.tag:
            return []
        first: dict[str, tuple[Part, PanelPlace]] = {}
        for part, place in self._pictured.get(panel.tag, ()):
            if _shares_run(panel, place.panel):
                first.setdefault(part.id, (part, place))
        return list(first.values())

    def _part(self, chapter: Chapter) -> Part:
        chapter_id = self._take(chapter.id, chapter.title)
        groups = tuple(
            [
                self._group(chapter_id, title, tuple(panels))
                for title, panels in itertools.groupby(chapter.panels, lambda panel: panel.group)
            ]
        )
        places = [place for group in groups for place in group.places]
        return Part(
            chapter_id,
            chapter,
            groups,
            _worst([place.level for place in places] + [_level(chapter.notes)]),
            any(place.panel.figures for place in places),
        )

    def _group(self, chapter_id: str, title: str, panels: Sequence[Panel]) -> Group:
        places = tuple([self._place(chapter_id, panel) for panel in panels])
        group = Group("", title, places)
        if not title:
            return group
        if not group.headed:
            (alone,) = places
            says_it = f"{alone.panel.title}/".startswith(f"{title}/")
            alone = alone if says_it else replace(alone, prefix=title)
            return Group(alone.id, title, (alone,))
        # ":" has no place in the anchor of a name, so a group is never taken for a panel.
        wanted = anchor(chapter_id, title).replace("/", ":", 1)
        return replace(group, id=self._take(wanted, panels[0].title))

    def _place(self, chapter_id: str, panel: Panel) -> PanelPlace:
        wanted = anchor(chapter_id, panel.tag or panel.title)
        taken = self._take(wanted, panel.title, *panel.runs)
        figures = self._figures(taken, panel.figures)
        return PanelPlace(taken, panel, _level(panel.notes), figures)

    def _figures(self, panel_id: str, figures: Sequence[Figure]) -> tuple[str, ...]:
        if len(figures) < 2:
            return ("",) * len(figures)
        return tuple([self._figure(panel_id, figure) for figure in figures])

    def _figure(self, panel_id: str, figure: Figure) -> str:
        said = (figure.run, None if figure.step is None else str(figure.step), figure.caption)
        name = "/".join(word for word in said if word) or figure.chart.alt
        # ":" has no place in the anchor of a name, so a figure is never taken for a panel.
        return self._take(anchor(f"{panel_id}:", name).replace(":/", ":", 1), figure.chart.alt)

    def _take(self, wanted: str, *names: str) -> str:
        """``wanted`` if nothing else has that id, else ``wanted`` told apart by further names."""
        unique, text = wanted, "\0".join(names)
        while unique in self._taken:
            text = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            unique = f"{wanted}~{text[:8]}"
        self._taken.add(unique)
        return unique


def _level(notes: Iterable[Note]) -> str:
    return _worst([note.level for note in notes])


def _worst(levels: Sequence[str]) -> str:
    return next((level for level in _LEVELS if level in levels), "")


def _shares_run(one: Panel, other: Panel) -> bool:
    return not one.runs or not other.runs or not set(one.runs).isdisjoint(other.runs)
