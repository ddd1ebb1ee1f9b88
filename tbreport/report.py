"""The report: judge the logs, compose chapters, draw their charts, assemble the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from tbreport.charts import Chart
from tbreport.charts.lines import Lines
from tbreport.errors import InputError
from tbreport.faults import Fault, FaultError
from tbreport.fitting import fit_document
from tbreport.groups import groups_of
from tbreport.model import (
    Baseline,
    Check,
    Finding,
    Gap,
    GapKind,
    Judgement,
    Logs,
    Run,
    Severity,
)
from tbreport.names import printable
from tbreport.options import Options, close_match
from tbreport.outcomes import check_gates, outcomes
from tbreport.page import Document, make_ready
from tbreport.reductions import charts_of
from tbreport.render import Artist, Picture
from tbreport.result import Report
from tbreport.rules import RULES, judge
from tbreport.rules.kit import Rule
from tbreport.sections import SECTIONS, data_quality, overview
from tbreport.sections.comparison import Comparison, compare, deltas
from tbreport.sections.gates import gates_said
from tbreport.sections.kit import Chapter, Note, Section
from tbreport.sections.metrics import chosen_metrics, main_metrics
from tbreport.sections.words import counted
from tbreport.version import VERSION

Drawn = Callable[[int, int], None]
P = ParamSpec("P")
T = TypeVar("T")


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
    baseline: Baseline | None = None,
) -> Report:
    """Make the report of ``logs``.

    ``title`` goes before that of ``options``. ``sections`` and ``rules`` are tried in their order;
    a section of your own is one more value. Charts are drawn on ``executor``, by default on
    ``options.jobs`` processes; ``progress`` is called with (charts drawn, charts in all). ``made``
    is shown as the time of making; ``baseline``, as ``read_baseline`` gives it, is what the logs
    are compared with. Raises InputError where ``options`` name a section or a metric that is not
    there or a gate that can't be measured on any logs, and with ``options.strict`` whatever a part
    of tbreport raises.
    """
    options = options or Options()
    chosen = choose_sections(sections, options)
    metrics = chosen_metrics(logs, options.metric)  # a tag that no run has is told before the work
    check_gates(options, baseline=baseline is not None)
    logs = replace(logs, groups=groups_of(logs, options.group), baseline=baseline)
    guard = _Guard(options.strict)
    findings = _judge(logs, rules, options, guard)
    comparison = guard("comparison with the baseline", compare, logs, findings, options)
    gates = guard("gates", outcomes, logs, options, deltas(comparison) if comparison else {}) or ()
    findings = replace(findings, gates=gates)
    with Artist(executor, options.jobs) as artist:
        early = [one for one in chosen if not one.last]
        chapters = _compose(early, logs, findings, options, guard, artist)
        make_ready(chapters.values())
        pictures = _draw(chapters.values(), artist, progress, guard)

        logs = replace(logs, gaps=(*logs.gaps, *_undrawn(chapters.values(), pictures, logs)))
        late = [one for one in chosen if one.last]
        chapters |= _compose(late, logs, findings, options, guard, artist)
        pictures |= _draw(chapters.values(), artist, None, guard)

        ordered = [chapters[section.id] for section in chosen if section.id in chapters]
        document = replace(
            _document(logs, findings, ordered, pictures, guard, options, comparison),
            title=title or options.title or "Training report",
            comment=options.comment,
            stamp=f"{made.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if made else "",
        )

        def redraw(charts: Sequence[Chart]) -> dict[Chart, Picture]:
            return _draw_charts(charts, artist, None, guard)

        document, page, fitted = fit_document(document, logs, options.max_bytes, redraw)
    left_out = tuple(note.text for note in _notes(document.chapters) if note.left_out)
    faults = (*guard.faults, *guard.faults_of_charts)
    return Report(
        document,
        findings.findings,
        logs.all_gaps,
        faults,
        left_out,
        checks=findings.checks,
        logs=logs,
        metrics=metrics,
        comparison=comparison,
        gates=gates,
        main_metrics=guard("metrics", main_metrics, logs, options.metric) or (),
        fitted=fitted,
        page=page,
    )


def _document(
    logs: Logs,
    findings: Judgement,
    chapters: Sequence[Chapter],
    pictures: Mapping[Chart, Picture],
    guard: _Guard,
    options: Options,
    comparison: Comparison | None,
) -> Document:
    """What the page says; a chart that broke has its card where it would stand."""
    verdict = guard("first screen", overview.facts, logs, options.metric) or ()
    footer = guard("footer", data_quality.facts, logs) or ()
    newest = guard("footer", overview.newest, logs) or ""
    return Document(
        title="",
        chapters=chapters,
        pictures=pictures,
        runs=tuple(run.name for run in logs.runs),
        colours={run.name: colour for colour, run in logs.coloured},
        verdict=(*_gates(findings), *_compared(comparison), *verdict, *_severities(findings)),
        faults=tuple(guard.faults),
        footer=footer,
        version=VERSION,
        newest=newest,
        baseline=_shows_baseline(chapters),
    )


def choose_sections(sections: Sequence[Section], options: Options) -> list[Section]:
    """The sections that ``options`` ask for, in their order. Raises InputError for unknown ids."""
    known = [section.id for section in sections]
    for key, wanted in (("section", options.section), ("skip_section", options.skip_section)):
        for name in wanted:
            if name not in known:
                raise InputError(f"{key}: there is no section {name!r}{close_match(name, known)}")
    return [
        section
        for section in sections
        if (not options.section or section.id in options.section)
        and section.id not in options.skip_section
    ]


class _Guard:
    """Keeps what raises from costing more than its part; with ``strict`` lets it through."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.faults: list[Fault] = []
        self.faults_of_charts: list[Fault] = []

    def __call__(
        self, where: str, part: Callable[P, T], *args: P.args, **more: P.kwargs
    ) -> T | None:
        """What ``part`` returns, or None where it raised."""
        try:
            return part(*args, **more)
        except Exception as error:
            if self.strict:
                raise
            self.faults.append(Fault.of(where, error))
            return None


def _judge(logs: Logs, rules: Sequence[Rule], options: Options, guard: _Guard) -> Judgement:
    """What the rules find, worst first, and what they looked at; one that raised has its fault."""
    verdict = judge(logs, options.ignore, options.limits, rules)
    if verdict.faults and guard.strict:
        raise FaultError(verdict.faults[0])
    guard.faults += verdict.faults
    reasons = dict(verdict.not_run)
    states = dict.fromkeys(verdict.fine, "fine") | dict.fromkeys(reasons, "not run")
    states |= {finding.rule: "found" for finding in verdict.findings}
    checks = tuple(
        Check(rule.id, rule.title, rule.why, states[rule.id], reasons.get(rule.id, ""))
        for rule in rules
        if rule.id in states
    )
    return Judgement(verdict.findings, checks)


def _compose(
    sections: Iterable[Section],
    logs: Logs,
    findings: Sequence[Finding],
    options: Options,
    guard: _Guard,
    artist: Artist,
) -> dict[str, Chapter]:
    """The chapters by section; a section that has nothing to say has none.

    The charts of each are begun while the next ones are composed.
    """
    chapters = {}
    for section in sections:
        chapter = guard(f"section {section.id}", section.build, logs, findings, options)
        if chapter is not None:
            chapters[section.id] = chapter
            artist.begin(charts_of([chapter]))
    return chapters


def _draw(
    chapters: Iterable[Chapter], artist: Artist, progress: Drawn | None, guard: _Guard
) -> dict[Chart, Picture]:
    """The picture of every chart of the chapters."""
    return _draw_charts(list(charts_of(chapters)), artist, progress, guard)


def _draw_charts(
    charts: Sequence[Chart], artist: Artist, progress: Drawn | None, guard: _Guard
) -> dict[Chart, Picture]:
    """The picture of every chart."""
    artist.begin(charts)
    drawn = artist.finish(progress).values()
    broken = [picture.fault for picture in drawn if picture.fault is not None]
    if broken and guard.strict:
        raise FaultError(broken[0])
    guard.faults_of_charts += broken
    return {chart: artist.pictures[id(chart)] for chart in charts}


def _undrawn(
    chapters: Iterable[Chapter], pictures: Mapping[Chart, Picture], logs: Logs
) -> list[Gap]:
    """What the logs hold and nobody can draw, as gaps of the files it stands in."""
    files = {run.name: _place(run) for run in logs.runs}
    counts: Counter[tuple[str, str]] = Counter()
    for chapter in chapters:
        for panel in chapter.panels:
            for figure in panel.figures:
                problem = pictures[figure.chart].problem
                if problem:
                    reason = f"tag {printable(panel.tag)!r}: {problem}"
                    counts[files.get(figure.run or "", figure.run or "."), reason] += 1
    return [
        Gap(GapKind.MALFORMED, file, reason, count=count)
        for (file, reason), count in counts.items()
    ]


def _place(run: Run) -> str:
    """The file of a run that has only one, else the run."""
    return run.files[0].name if len(run.files) == 1 else run.name


def _gates(findings: Judgement) -> tuple[str, ...]:
    return (gates_said(findings.gates),) if findings.gates else ()


def _compared(comparison: Comparison | None) -> tuple[str, ...]:
    return (comparison.verdict,) if comparison else ()


def _shows_baseline(chapters: Iterable[Chapter]) -> bool:
    figures = (figure for one in chapters for panel in one.panels for figure in panel.figures)
    return any(isinstance(one.chart, Lines) and bool(one.chart.shadows) for one in figures)


def _severities(findings: Iterable[Finding]) -> list[str]:
    counts = Counter(finding.severity.value for finding in findings)
    return [counted(counts[level], level) for level in Severity if counts[level]]


def _notes(chapters: Iterable[Chapter]) -> Iterator[Note]:
    for chapter in chapters:
        yield from chapter.notes
        for panel in chapter.panels:
            yield from panel.notes
