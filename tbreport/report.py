"""The report: judge the logs, compose chapters, draw their charts, assemble the page."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from tbreport.charts import Chart
from tbreport.errors import InputError
from tbreport.faults import Fault, FaultError
from tbreport.model import Finding, Gap, GapKind, Logs, Run
from tbreport.options import Options, close_match
from tbreport.output import is_folder, write_file, write_folder
from tbreport.page import Document, assemble, assemble_folder
from tbreport.render import Picture, draw_all
from tbreport.rules import RULES
from tbreport.rules.kit import Rule
from tbreport.sections import SECTIONS, data_quality, overview
from tbreport.sections.kit import Chapter, Note, Panel, Section
from tbreport.version import VERSION

Drawn = Callable[[int, int], None]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Report:
    """A finished report.

    ``gaps`` are what the log files hold and the report does not, ``faults`` what broke on our side,
    ``left_out`` what was left out for its size, each said in one sentence.
    """

    document: Document
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    faults: tuple[Fault, ...]
    left_out: tuple[str, ...]

    @functools.cached_property
    def html(self) -> str:
        """The page as one file that needs nothing beside it."""
        return "".join(self.pieces())

    def pieces(self) -> Iterator[str]:
        """The page in pieces, to be written in order."""
        return assemble(self.document)

    def write(self, path: str | Path) -> int:
        """Write the page to ``path``; a path that ends in "/" or is a directory gets a folder.

        What was there is replaced whole, or left as it was where that fails. Returns the number of
        bytes. Raises OutputError.
        """
        if is_folder(path):
            return write_folder(path, assemble_folder(self.document))
        return write_file(path, self.pieces())


def build_report(
    logs: Logs,
    *,
    title: str = "",
    options: Options | None = None,
    sections: Sequence[Section] = SECTIONS,
    rules: Sequence[Rule] = RULES,
    executor: Executor | None = None,
    progress: Drawn | None = None,
    made: datetime | None = None,
) -> Report:
    """Make the report of ``logs``.

    ``title`` goes before that of ``options``. ``sections`` and ``rules`` are tried in their order; a
    section of your own is one more value. Charts are drawn on ``executor``, by default on
    ``options.jobs`` processes; ``progress`` is called with (charts drawn, charts in all). ``made``
    is shown as the time of making. Raises InputError where ``options`` name a section that is not
    there, and with ``options.strict`` whatever a part of tbreport raises.
    """
    options = options or Options()
    chosen = choose_sections(sections, options)
    guard = _Guard(options.strict)

    findings = judge(logs, rules, guard)
    early = [section for section in chosen if not section.last]
    chapters = compose(early, logs, findings, options, guard)
    pictures = draw(chapters.values(), executor, options.jobs, progress, guard)
    logs = replace(logs, gaps=logs.gaps + tuple(_undrawn(chapters.values(), pictures, logs)))
    late = [section for section in chosen if section.last]
    chapters |= compose(late, logs, findings, options, guard)
    pictures |= draw([chapters[s.id] for s in late if s.id in chapters], executor, 1, None, guard)

    ordered = [chapters[section.id] for section in chosen if section.id in chapters]
    document = Document(
        title=title or options.title or "Training report",
        chapters=ordered,
        pictures=pictures,
        runs=tuple(run.name for run in logs.runs),
        comment=options.comment,
        verdict=overview.facts(logs),
        faults=tuple(guard.faults),
        footer=data_quality.facts(logs),
        version=VERSION,
        newest=overview.newest(logs),
        stamp=f"{made.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if made else "",
    )
    drawing = [picture.fault for picture in pictures.values() if picture.fault is not None]
    left_out = tuple(note.text for note in _notes(ordered) if note.left_out)
    faults = (*guard.faults, *drawing)
    return Report(document, tuple(findings), logs.all_gaps, faults, left_out)
