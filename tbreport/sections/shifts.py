"""What else shifted against a baseline: settings that changed, findings that came and went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tbreport.model import Baseline, Finding, HParam, Judgement
from tbreport.sections.pairs import Pair, Unit
from tbreport.sections.trials import shown


@dataclass(frozen=True)
class Changed:
    """A setting that is another than before in ``units``.

    The values are as a reader writes them, None where a side does not have the setting.
    """

    name: str
    before: str | None
    current: str | None
    units: tuple[str, ...]


@dataclass(frozen=True)
class Moved:
    """A finding that one side has and the other has not, in ``units`` of the logs.

    ``certain`` is False where the rule could not be checked on the other side.
    """

    finding: Finding
    title: str
    units: tuple[str, ...]
    certain: bool


def changed_settings(pairs: Iterable[Pair]) -> tuple[Changed, ...]:
    """Every change of a setting once, with the units that have it, in order of appearance."""
    found: dict[tuple[str, str | None, str | None], list[str]] = {}
    for pair in pairs:
        before, now = _settings(pair.before), _settings(pair.current)
        for name in dict.fromkeys([*now, *before]):
            values = before.get(name), now.get(name)
            if values[0] != values[1]:
                found.setdefault((name, *values), []).append(pair.current.name)
    return tuple(
        Changed(name, before, now, tuple(dict.fromkeys(units)))
        for (name, before, now), units in found.items()
    )


def _settings(unit: Unit) -> dict[str, str]:
    """The settings that all runs of the unit share, so not their seed."""
    every = [_shown(run.hparams) for run in unit.runs]
    return {
        name: value
        for name, value in every[0].items()
        if all(other.get(name) == value for other in every)
    }


def _shown(values: Mapping[str, HParam]) -> dict[str, str]:
    return {name: shown(value) for name, value in values.items()}


def new_findings(
    pairs: Sequence[Pair], findings: Sequence[Finding], baseline: Baseline
) -> tuple[Moved, ...]:
    """The findings that hold now and did not in the baseline, of runs that have a counterpart."""
    sides = [(_names(pair.current), _names(pair.before), pair.current.name) for pair in pairs]
    return _moved(sides, findings, baseline.findings, _titles(findings), baseline.checked)


def gone_findings(
    pairs: Sequence[Pair], findings: Sequence[Finding], baseline: Baseline
) -> tuple[Moved, ...]:
    """The findings of the baseline that do not hold any more."""
    sides = [(_names(pair.before), _names(pair.current), pair.current.name) for pair in pairs]
    checks = findings.checks if isinstance(findings, Judgement) else ()
    checked = frozenset(check.rule for check in checks if check.state != "not run")
    return _moved(sides, baseline.findings, findings, _titles(findings), checked)


def _names(unit: Unit) -> frozenset[str]:
    return frozenset(run.name for run in unit.runs)


def _titles(findings: Sequence[Finding]) -> dict[str, str]:
    checks = findings.checks if isinstance(findings, Judgement) else ()
    return {check.rule: check.title for check in checks}


def _moved(
    sides: Sequence[tuple[frozenset[str], frozenset[str], str]],
    findings: Iterable[Finding],
    others: Sequence[Finding],
    titles: Mapping[str, str],
    checked: frozenset[str],
) -> tuple[Moved, ...]:
    """Those of ``findings`` that none of ``others`` matches, for each pair of ``sides``.

    A finding is told by its rule: at which tag or layer a rule sees it most is often a matter of
    chance. One that another finding names as its consequence is there too.
    """
    found = []
    for finding in findings:
        title = titles.get(finding.rule, finding.rule)
        alike = [one for one in others if finding.rule == one.rule or title in one.consequences]
        units = [
            name
            for mine, theirs, name in sides
            if not mine.isdisjoint(finding.runs)
            and all(theirs.isdisjoint(one.runs) for one in alike)
        ]
        if units:
            certain = finding.rule in checked or any(title in one.consequences for one in others)
            found.append(Moved(finding, title, tuple(dict.fromkeys(units)), certain))
    return tuple(found)
