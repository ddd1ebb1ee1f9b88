"""How well the rules diagnose trainings whose faults are known.

FOLDER holds one directory a run with its event files and a truth.json: {"cls": the injected fault
("h_..." for a healthy run), "primary": rule ids that name it, "accept": ids that are a legitimate
symptom of it}. Each run is judged by itself, with everything that was logged and with parts of it
withheld. Run: python benchmarks/diagnosis.py FOLDER [--verbose]
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from tbreport.model import HistogramSeries, Logs, Run, Series, Severity
from tbreport.read.logdir import read_logs
from tbreport.roles import Quantity, histogram_role
from tbreport.rules import RULES, judge

ILL = (Severity.ERROR, Severity.WARNING)


@dataclass(frozen=True)
class Case:
    """A run with its truth."""

    name: str
    fault: str
    primary: tuple[str, ...]
    accepted: tuple[str, ...]
    logs: Logs

    @property
    def healthy(self) -> bool:
        return self.fault.startswith("h_")


@dataclass(frozen=True)
class Outcome:
    """What the rules said of one case: ids, worst first; ``folded`` are explained by others."""

    case: Case
    ill: tuple[str, ...]
    notes: tuple[str, ...]
    folded: tuple[str, ...]

    @property
    def top(self) -> str:
        return (*self.ill, *self.notes, "-")[0]

    @property
    def right(self) -> bool:
        return not set(self.ill + self.notes).isdisjoint(self.case.primary)

    @property
    def accepted(self) -> bool:
        return not set(self.ill + self.notes).isdisjoint(self.case.accepted)


def everything(run: Run) -> Run:
    return run


def without_gradients(run: Run) -> Run:
    kept = {
        tag: series
        for tag, series in run.histograms.items()
        if histogram_role(tag).quantity is not Quantity.GRADIENT
    }
    return replace(run, histograms=kept)


def scalars_only(run: Run) -> Run:
    return Run(run.name, run.files, scalars=run.scalars)


def without_start(run: Run) -> Run:
    """Without anything logged at step 0."""
    return replace(
        run,
        scalars={tag: _later(one) for tag, one in run.scalars.items()},
        histograms={tag: _later(one) for tag, one in run.histograms.items()},
    )


def _later(series: Series) -> Series:
    keep = series.steps > 0
    cut = {}
    for field in fields(series):
        value = getattr(series, field.name)
        if isinstance(value, np.ndarray):
            cut[field.name] = value[keep]
        elif isinstance(value, tuple) and isinstance(series, HistogramSeries):
            cut[field.name] = tuple(one for one, stays in zip(value, keep, strict=True) if stays)
    return replace(series, **cut)


MODES: dict[str, Callable[[Run], Run]] = {
    "full": everything,
    "no gradients": without_gradients,
    "no step 0": without_start,
    "scalars only": scalars_only,
    "scalars, no step 0": lambda run: without_start(scalars_only(run)),
}


def cases(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*/truth.json")):
        truth = json.loads(path.read_text())
        yield Case(
            path.parent.name,
            truth["cls"],
            tuple(truth["primary"]),
            tuple(truth["accept"]),
            read_logs(path.parent),
        )


def outcome(case: Case, reduce: Callable[[Run], Run]) -> Outcome:
    ids = {rule.title: rule.id for rule in RULES}
    verdict = judge(Logs(tuple(reduce(run) for run in case.logs.runs)))
    for fault in verdict.faults:
        print(case.name, fault.where, fault.details)
    return Outcome(
        case,
        tuple(one.rule for one in verdict.findings if one.severity in ILL),
        tuple(one.rule for one in verdict.findings if one.severity not in ILL),
        tuple(ids[title] for one in verdict.findings for title in one.consequences),
    )


def share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.1f} %)" if whole else "-"


def summary(mode: str, outcomes: list[Outcome]) -> None:
    faulty = [one for one in outcomes if not one.case.healthy]
    healthy = [one for one in outcomes if one.case.healthy]
    print(f"\n## {mode}")
    print(
        "flagged (warning or error)    ", share(sum(bool(one.ill) for one in faulty), len(faulty))
    )
    print("right diagnosis or symptom    ", share(sum(one.accepted for one in faulty), len(faulty)))
    print("right diagnosis               ", share(sum(one.right for one in faulty), len(faulty)))
    right = sum(one.top in one.case.primary for one in faulty)
    print("right finding on top          ", share(right, len(faulty)))
    print(
        "healthy with warning or error ", share(sum(bool(one.ill) for one in healthy), len(healthy))
    )


def by_class(outcomes: list[Outcome]) -> None:
    """The confusion: what stands on top for every fault, and how often that is right."""
    classes: dict[str, list[Outcome]] = {}
    for one in outcomes:
        classes.setdefault(one.case.fault, []).append(one)
    print(
        "\n| fault | runs | flagged | right | top right | top findings |\n|---|---|---|---|---|---|"
    )
    for fault, group in classes.items():
        tops = Counter(one.top for one in group)
        print(
            f"| {fault} | {len(group)} | {sum(bool(one.ill) for one in group)} "
            f"| {sum(one.right for one in group)} "
            f"| {sum(one.top in one.case.primary for one in group)} "
            f"| {', '.join(f'{rule} {count}' for rule, count in tops.most_common())} |"
        )


def details(outcomes: list[Outcome]) -> None:
    for one in outcomes:
        wrong = one.ill if one.case.healthy else one.top not in one.case.primary
        if wrong:
            print(one.case.name, "| ill", *one.ill, "| notes", *one.notes, "| folded", *one.folded)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verbose", action="store_true", help="list the cases that went wrong")
    parser.add_argument("--mode", choices=MODES, action="append", help="only this one")
    arguments = parser.parse_args()
    every = list(cases(arguments.folder))
    for mode in arguments.mode or MODES:
        outcomes = [outcome(case, MODES[mode]) for case in every]
        summary(mode, outcomes)
        by_class(outcomes)
        if arguments.verbose:
            details(outcomes)


if __name__ == "__main__":
    main()
