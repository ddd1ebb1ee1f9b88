"""The report as JSON: what it says, in a form that scripts and later reports read.

``report.schema.json`` beside this file describes every key. JSON has no number that isn't finite,
so the strings "nan", "inf" and "-inf" stand for those.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tbreport.faults import Fault
from tbreport.model import (
    Check,
    Finding,
    Gap,
    GateResult,
    Group,
    HParam,
    Reading,
    RunSummary,
    ScalarSummary,
    Thinned,
)
from tbreport.read.earlier import SCHEMA_VERSION
from tbreport.roles import Better
from tbreport.sections.comparison import Comparison
from tbreport.sections.differences import Change, Difference
from tbreport.sections.shifts import Changed, Moved
from tbreport.sections.summaries import best_of
from tbreport.version import VERSION

EXACT = 2.0**53  # below it a float64 that is whole is one integer and no other


@dataclass(frozen=True, eq=False)
class Facts:
    """What a report says, without its pictures.

    ``verdict`` are the short facts of the first screen; ``better`` tells which way a tag gets
    better; ``left_out`` are the sentences that say so; ``comparison`` is that with the baseline.
    """

    title: str
    comment: str
    verdict: tuple[str, ...]
    runs: tuple[RunSummary, ...]
    better: Callable[[str], Better]
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    gaps: tuple[Gap, ...]
    faults: tuple[Fault, ...]
    left_out: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    comparison: Comparison | None = None
    gates: tuple[GateResult, ...] = ()


def to_json(facts: Facts) -> str:
    """The facts as a JSON document of ASCII characters, a line for each key and each run.

    The order of keys is always the same, and nothing in it is of the moment or of this machine.
    """
    runs = [_run(run, facts.better) for run in facts.runs]
    document = {
        "schema_version": SCHEMA_VERSION,
        "tbreport": VERSION,
        "title": facts.title,
        "comment": facts.comment,
        "verdict": list(facts.verdict),
        "findings": [_finding(finding) for finding in facts.findings],
        "checks": [_check(check) for check in facts.checks],
        "gates": [_gate(gate) for gate in facts.gates],
        "baseline": _comparison(facts.comparison) if facts.comparison else None,
        "gaps": [_gap(gap) for gap in facts.gaps],
        "faults": [{"where": fault.where, "what": fault.what} for fault in facts.faults],
        "left_out": list(facts.left_out),
        "groups": [{"name": one.name, "runs": list(one.runs)} for one in facts.groups],
    }
    lines = [f"{json.dumps(key)}: {_dumped(value)}" for key, value in document.items()]
    listed = ",\n".join(map(_dumped, runs))
    lines.append(f'"runs": [\n{listed}\n]' if runs else '"runs": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _gate(gate: GateResult) -> dict[str, Any]:
    return {
        "expression": gate.expression,
        "state": gate.state,
        "message": gate.message,
        "tag": gate.tag,
        "measured": [
            {
                "run": one.run,
                "value": number(one.value),
                "words": one.words,
                "tripped": one.tripped,
            }
            for one in gate.measured
        ],
    }


def _dumped(value: object) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def number(value: float | None) -> float | str | None:
    """A number as JSON can say it: itself, or "nan", "inf", "-inf"; None stays."""
    if value is None or math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _numbers(values: Sequence[float]) -> list[float | str | None]:
    """Numbers that are mostly whole, which are written without a decimal point."""
    return [int(one) if one.is_integer() and abs(one) < EXACT else number(one) for one in values]


def _reading(reading: Reading | None) -> dict[str, Any] | None:
    return {"value": number(reading.value), "step": reading.step} if reading else None


def _run(run: RunSummary, better: Callable[[str], Better]) -> dict[str, Any]:
    return {
        "name": run.name,
        "files": list(run.files),
        "bytes": run.size,
        "events": run.events,
        "values": run.values,
        "superseded": run.superseded,
        "last_step": run.last_step,
        "first_wall_time": number(run.first_wall_time),
        "last_wall_time": number(run.last_wall_time),
        "runtime": number(run.runtime),
        "status": run.status or None,
        "hparams": _hparams(run.hparams),
        "metrics": {tag: _metric(one, better(tag)) for tag, one in run.scalars.items()},
    }


def _hparams(values: Mapping[str, HParam]) -> dict[str, Any]:
    return {
        name: number(value) if isinstance(value, float) else value for name, value in values.items()
    }


def _metric(scalar: ScalarSummary, better: Better) -> dict[str, Any]:
    return {
        "better": better.value or None,
        "count": scalar.count,
        "finite": scalar.finite,
        "first": _reading(scalar.first),
        "last": _reading(scalar.last),
        "min": _reading(scalar.lowest),
        "max": _reading(scalar.highest),
        "best": _reading(best_of(scalar, better)),
        "mean": number(scalar.mean),
        "curve": _curve(scalar.curve),
    }


def _curve(curve: Thinned) -> dict[str, Any]:
    """The columns; "high" is left out where each is one value."""
    columns = {"x": curve.x, "seconds": curve.seconds, "low": curve.low}
    if curve.high is not curve.low:
        columns["high"] = curve.high
    return {name: _numbers(values.tolist()) for name, values in columns.items()}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "runs": list(finding.runs),
        "tag": finding.tag,
        "step": finding.step,
        "value": number(finding.value),
        "threshold": number(finding.threshold),
        "message": finding.message,
        "remedy": finding.remedy,
        "consequences": list(finding.consequences),
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "rule": check.rule,
        "title": check.title,
        "state": check.state,
        "reason": check.reason,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "kind": gap.kind.value,
        "file": gap.file,
        "reason": gap.reason,
        "offset": gap.offset,
        "length": gap.length,
        "count": gap.count,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    matching = comparison.matching
    by_pair: dict[int, dict[str, Any]] = {id(pair): {} for pair in matching.pairs}
    for one in comparison.differences:
        by_pair[id(one.pair)][one.tag] = _difference(one)
    pairs = [
        {
            "run": pair.current.name,
            "runs": [run.name for run in pair.current.runs],
            "baseline": pair.before.name,
            "baseline_runs": [run.name for run in pair.before.runs],
            "metrics": by_pair[id(pair)],
        }
        for pair in matching.pairs
    ]
    return {
        "state": comparison.state.value if comparison.state else None,
        "verdict": comparison.verdict,
        "matched": matching.how,
        "pairs": pairs,
        "without_counterpart": [unit.name for unit in matching.new],
        "baseline_without_counterpart": [unit.name for unit in matching.gone],
        "hparams": [_changed(one) for one in comparison.settings],
        "new_findings": [_moved(one) for one in comparison.new],
        "gone_findings": [_moved(one) for one in comparison.gone],
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "better": one.better.value or None,
        "state": one.state.value,
        "best": _change(one.best) if one.best else None,
        "last": _change(one.last),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "baseline": number(change.before),
        "now": number(change.current),
        "difference": number(change.difference),
        "relative": number(change.relative),
        "spread": number(change.spread),
        "state": change.state.value,
    }


def _changed(one: Changed) -> dict[str, Any]:
    return {
        "name": one.name,
        "baseline": one.before,
        "now": one.current,
        "runs": list(one.units),
    }


def _moved(one: Moved) -> dict[str, Any]:
    return {
        "rule": one.finding.rule,
        "severity": one.finding.severity.value,
        "message": one.finding.message,
        "runs": list(one.units),
        "certain": one.certain,
    }
