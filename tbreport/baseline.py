"""The baseline that a path means: a run of the logs, other logs, or an earlier report."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tbreport.errors import InputError
from tbreport.groups import groups_of
from tbreport.model import Baseline, Logs
from tbreport.names import printable
from tbreport.options import Options
from tbreport.read.earlier import read_earlier
from tbreport.read.logdir import read_logs
from tbreport.read.runs import is_event_file
from tbreport.rules import RULES, judge
from tbreport.rules.kit import Rule
from tbreport.sections.summaries import summaries


def read_baseline(
    path: str | Path,
    logs: Logs,
    *,
    logdirs: Sequence[str | Path] = (),
    options: Options | None = None,
    rules: Sequence[Rule] = RULES,
) -> Baseline:
    """What ``logs`` are to be compared with; give it to ``build_report``.

    ``path`` is a log directory, an event file, the JSON of an earlier report, or the name of one of
    the runs. A directory inside the log directory ``logdirs`` that ``logs`` were read from means
    the runs that stand there, as their name does: they are the baseline of the others. ``options``
    and ``rules`` are those of the report: its ``tags`` hold for the baseline, as do its ``runs``
    where they match any. Raises InputError.
    """
    options = options or Options()
    text = str(path)
    inside = _inside(text, logs, logdirs) if os.path.exists(text) else _under(text, logs)
    if inside:
        chosen = replace(logs, runs=tuple(run for run in logs.runs if run.name in inside), gaps=())
        return replace(_of_logs(chosen, options, rules), within=tuple(inside))
    if os.path.isfile(text) and not is_event_file(os.path.basename(text)):
        return _narrowed(read_earlier(path), options)
    if not os.path.exists(text):
        close = difflib.get_close_matches(text, [run.name for run in logs.runs], n=1)
        hint = f"; did you mean run {printable(close[0])!r}?" if close else ""
        sought = f"log directory, JSON of a report or run {printable(text)!r}"
        raise InputError(f"baseline: there is no {sought}{hint}")
    earlier = read_logs(path, tags=options.tags, media_steps=1)
    return _narrowed(_of_logs(earlier, options, rules), options)


def _inside(path: str, logs: Logs, logdirs: Sequence[str | Path]) -> list[str]:
    """The runs of ``logs`` that stand at or under ``path``, which is below a log directory."""
    if len(logdirs) != 1 or not os.path.isdir(path):
        return []
    root, place = Path(os.path.realpath(logdirs[0])), Path(os.path.realpath(path))
    if root == place or not place.is_relative_to(root):
        return []
    return _under(place.relative_to(root).as_posix(), logs)


def _under(name: str, logs: Logs) -> list[str]:
    """The run of that name and those below it: ``a`` also means ``a/train`` and ``a/val``."""
    return [run.name for run in logs.runs if f"{run.name}/".startswith(f"{name.rstrip('/')}/")]


def _of_logs(logs: Logs, options: Options, rules: Sequence[Rule]) -> Baseline:
    verdict = judge(logs, options.ignore, options.limits, rules)
    try:
        groups = groups_of(logs, options.group)
    except InputError:  # --group is about the logs of the report; here it need not match
        groups = ()
    return Baseline(
        summaries(logs),
        groups=groups,
        findings=verdict.findings,
        checked=frozenset(verdict.fine) | {finding.rule for finding in verdict.findings},
    )


def _narrowed(baseline: Baseline, options: Options) -> Baseline:
    """The baseline with the runs, tags and rules that the options ask for."""
    wanted = [run for run in baseline.runs if re.search(options.runs, run.name)] or baseline.runs
    names = {run.name for run in wanted}
    runs = tuple(
        replace(
            run,
            scalars={tag: one for tag, one in run.scalars.items() if re.search(options.tags, tag)},
        )
        for run in wanted
    )
    groups = (
        replace(group, runs=tuple(run for run in group.runs if run in names))
        for group in baseline.groups
    )
    return replace(
        baseline,
        runs=runs,
        groups=tuple(group for group in groups if len(group.runs) > 1),
        findings=tuple(
            one
            for one in baseline.findings
            if not names.isdisjoint(one.runs) and one.rule not in options.ignore
        ),
    )
