"""The finished report, and every form that it can be written in."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tbreport import roles
from tbreport.budget import Fitted
from tbreport.faults import Fault
from tbreport.model import Check, Finding, Gap, GateResult, Logs
from tbreport.output import CSV_LISTING, is_folder, write_file, write_folder
from tbreport.page import Document, assemble, assemble_folder
from tbreport.sections.comparison import Comparison
from tbreport.sections.metrics import Metric
from tbreport.sections.summaries import summaries

if TYPE_CHECKING:
    from tbreport.export import Facts


@dataclass(frozen=True, eq=False)
class Report:
    """A finished report.

    ``gaps`` are what the log files hold and the report does not, ``faults`` what broke on our side,
    ``left_out`` what was sampled, superseded or too much for a page, each said in one sentence;
    ``checks`` what came of every rule, ``logs`` what it is about, ``metrics`` those that
    ``options.metric`` chose, ``comparison`` what differs from the baseline, if there is one;
    ``gates`` what came of those in ``options.fail_if``, tripped ones first; ``main_metrics`` sum up
    a run. ``fitted`` says what it took to keep the page within its limit, None where that took
    nothing; ``page`` is the page where it had to be weighed, in pieces.
    """

    document: Document
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    faults: tuple[Fault, ...]
    left_out: tuple[str, ...]
    checks: tuple[Check, ...]
    logs: Logs
    metrics: tuple[Metric, ...]
    comparison: Comparison | None = None
    gates: tuple[GateResult, ...] = ()
    main_metrics: tuple[Metric, ...] = ()
    fitted: Fitted | None = None
    page: tuple[str, ...] = field(default=(), repr=False)

    @functools.cached_property
    def facts(self) -> Facts:
        """What the report says, without its pictures."""
        from tbreport.export import Facts

        ways = {metric.tag: metric.better for metric in self.metrics}
        return Facts(
            title=self.document.title,
            comment=self.document.comment,
            verdict=self.document.verdict,
            runs=summaries(self.logs),
            better=lambda tag: ways[tag] if tag in ways else roles.better(tag),
            findings=self.findings,
            checks=self.checks,
            gaps=self.gaps,
            faults=self.faults,
            left_out=self.left_out,
            groups=self.logs.groups,
            comparison=self.comparison,
            gates=self.gates,
        )

    def to_json(self) -> str:
        """What the report says as JSON, as ``tbreport/report.schema.json`` describes it."""
        from tbreport.export import to_json

        return to_json(self.facts)

    @functools.cached_property
    def html(self) -> str:
        """The page as one file that needs nothing beside it."""
        return "".join(self.pieces())

    def pieces(self) -> Iterator[str]:
        """The page in pieces, to be written in order."""
        return iter(self.page) if self.page else assemble(self.document)

    def write(self, path: str | Path) -> int:
        """Write the page to ``path``; a path that ends in "/" or is a directory gets a folder.

        What was there is replaced whole, or left as it was where that fails. Returns the number of
        bytes. Raises OutputError.
        """
        if is_folder(path):
            files = assemble_folder(self.document)
            return write_folder(path, {name: [data] for name, data in files.items()})
        return write_file(path, self.pieces())

    def to_markdown(self) -> str:
        """Verdict, gates, findings and runs as GitHub-flavoured Markdown, under 60 kB."""
        from tbreport.summary import Summary, to_markdown

        return to_markdown(
            Summary(
                title=self.document.title,
                comment=self.document.comment,
                verdict=self.document.verdict,
                gates=self.gates,
                findings=self.findings,
                titles={check.rule: check.title for check in self.checks},
                logs=self.logs,
                metrics=self.main_metrics,
                gaps=len(self.gaps),
                faults=self.faults,
                left_out=self.left_out,
                comparison=self.comparison,
            )
        )

    def to_junit(self, fail_on: str = "") -> str:
        """Gates and rules as test cases in JUnit XML; with "warning" warnings fail as errors do."""
        from tbreport.junit import to_junit

        title = self.document.title
        return to_junit(title, self.gates, self.checks, self.findings, self.faults, fail_on)

    def write_csv(self, folder: str | Path) -> int:
        """Write every point of every scalar series under ``folder``, one CSV file a run.

        Files that an earlier report wrote there and this one does not are removed. Returns the
        number of bytes. Raises OutputError.
        """
        from tbreport.csvfiles import csv_files

        return write_folder(folder, csv_files(self.logs), CSV_LISTING)
