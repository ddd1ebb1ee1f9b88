"""The verdict: what all rules say together, causes before their consequences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tbreport.errors import InputError
from tbreport.faults import Fault
from tbreport.model import Finding, Logs, Severity
from tbreport.names import tag_family
from tbreport.rules.kit import Rule
from tbreport.rules.training import Training, Unchecked, trainings

_ORDER = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Verdict:
    """What was found, and what was looked at without finding anything.

    ``findings`` are ordered by severity, then causes before symptoms; ``fine`` are the ids of rules
    that were checked and found nothing, ``not_run`` (rule id, reason) of those the logs lack the
    data for; ``faults`` are rules that raised.
    """

    findings: tuple[Finding, ...] = ()
    fine: tuple[str, ...] = ()
    not_run: tuple[tuple[str, str], ...] = ()
    faults: tuple[Fault, ...] = ()


def verdict(
    rules: Sequence[Rule],
    logs: Logs,
    ignore: Collection[str] = (),
    options: Mapping[str, Mapping[str, float]] | None = None,
) -> Verdict:
    """Check every rule but those to ``ignore``; ``options`` are thresholds by rule id and name.

    A rule that raises costs a fault. Raises InputError for ids and names that do not exist.
    """
    options = options or {}
    _insist_on_names(rules, ignore, options)
    with np.errstate(all="ignore"):  # logs may hold any number, and NaN is an answer
        views = trainings(logs)
        found: list[Finding] = []
        fine: list[str] = []
        not_run: list[tuple[str, str]] = []
        faults: list[Fault] = []
        for rule in rules:
            if rule.id in ignore:
                continue
            try:
                new = list(rule.check(views, rule.limits(options.get(rule.id, {}))))
            except Unchecked as reason:
                not_run.append((rule.id, str(reason)))
            except Exception as error:
                faults.append(Fault.of(f"rule {rule.id}", error))
            else:
                found += new
                if not new:
                    fine.append(rule.id)
    findings = _ordered(_merged(_folded(found, rules, views)), rules)
    return Verdict(tuple(findings), tuple(fine), tuple(not_run), tuple(faults))


def _insist_on_names(
    rules: Sequence[Rule], ignore: Collection[str], options: Mapping[str, Mapping[str, float]]
) -> None:
    known = {rule.id: {limit.name for limit in rule.thresholds} for rule in rules}
    for name in [*ignore, *options]:
        if name not in known:
            raise InputError(f"there is no rule {name!r}: the rules are {', '.join(known)}")
    for rule, chosen in options.items():
        for name in chosen:
            if name not in known[rule]:
                names = ", ".join(sorted(known[rule])) or "none"
                raise InputError(f"rule {rule} has no threshold {name!r}: it has {names}")


def _folded(
    findings: Sequence[Finding], rules: Sequence[Rule], views: Sequence[Training]
) -> list[Finding]:
    """Without the findings that another one in the same training explains.

    The one that stays is as severe as the worst that it explains; a note explains notes only.
    """
    explains = {rule.id: rule.explains for rule in rules}
    titles = {rule.id: rule.title for rule in rules}
    training = {run.name: view.name for view in views for run in view.runs}
    groups: dict[frozenset[str], list[Finding]] = {}
    for finding in findings:
        where = frozenset(training.get(run, run) for run in finding.runs)
        groups.setdefault(where, []).append(finding)
    result = []
    for group in groups.values():
        roots = [_root(finding, group, explains) for finding in group]
        for finding in group:
            under = [
                one
                for one, root in zip(group, roots, strict=True)
                if root is finding and one is not finding
            ]
            if any(root is finding for root in roots):
                severity = min([finding, *under], key=_severity).severity
                consequences = tuple(dict.fromkeys(titles[one.rule] for one in under))
                result.append(replace(finding, severity=severity, consequences=consequences))
    return result


def _root(
    finding: Finding, group: Sequence[Finding], explains: Mapping[str, Collection[str]]
) -> Finding:
    """The finding at the end of the chain of causes."""
    chain = [finding]
    while True:
        cause = next(
            (
                one
                for one in group
                if chain[-1].rule in explains[one.rule]
                and all(one is not known for known in chain)
                and (one.severity is not Severity.NOTE or chain[-1].severity is Severity.NOTE)
            ),
            None,
        )
        if cause is None:
            return chain[-1]
        chain.append(cause)


def _severity(finding: Finding) -> int:
    return _ORDER[finding.severity]


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """One entry for what a rule says of the same tag in several trainings.

    Tags are the same if they differ in numbers only, as the layers of models do that one program
    makes; two of one training are not. A finding that compares runs stands for itself.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        compared = finding.runs if len(finding.runs) > 1 else ()
        key = (finding.rule, tag_family(finding.tag), finding.severity, compared)
        groups.setdefault(key, []).append(finding)
    return [_one(alike) for group in groups.values() for alike in _by_training(group)]


def _by_training(group: Sequence[Finding]) -> list[list[Finding]]:
    """The findings in one list, unless a training has several: then those of each tag in one."""
    if len({finding.runs for finding in group}) == len(group):
        return [list(group)]
    by_tag: dict[str, list[Finding]] = {}
    for finding in group:
        by_tag.setdefault(finding.tag, []).append(finding)
    return list(by_tag.values())


def _one(group: Sequence[Finding]) -> Finding:
    """The finding that crosses its threshold furthest, for all of them."""
    if len(group) == 1:
        return group[0]
    worst = max(group, key=_excess)
    others = len(group) - 1
    runs = tuple(dict.fromkeys(run for one in group for run in one.runs))
    titles = tuple(dict.fromkeys(title for one in group for title in one.consequences))
    message = (
        f"{worst.message} That is {worst.runs[0]}; {others} other "
        f"training{'s' if others > 1 else ''} show{'' if others > 1 else 's'} the same."
    )
    return replace(worst, runs=runs, message=message, consequences=titles, cases=tuple(group))


def _excess(finding: Finding) -> float:
    """How far beyond its threshold a finding is, as a ratio; 0 where there is none."""
    value, limit = finding.value, finding.threshold
    if value is None or not limit or value != value:
        return 0.0
    ratio = abs(value / limit)
    return max(ratio, 1 / ratio) if ratio > 0 else float("inf")


def _ordered(findings: Iterable[Finding], rules: Sequence[Rule]) -> list[Finding]:
    rank = {rule.id: index for index, rule in enumerate(rules)}
    return sorted(findings, key=lambda one: (_severity(one), rank[one.rule]))
