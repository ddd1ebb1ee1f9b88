"""The comparison of the logs with their baseline: all that differs, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tbreport import roles
from tbreport.model import Baseline, Finding, Logs
from tbreport.options import Options
from tbreport.sections.differences import Change, Difference, State, differences, shared_tags
from tbreport.sections.metrics import Metric, chosen_metrics, main_metrics
from tbreport.sections.pairs import Matching, match, units_of
from tbreport.sections.shifts import (
    Changed,
    Moved,
    changed_settings,
    gone_findings,
    new_findings,
)
from tbreport.sections.summaries import summaries
from tbreport.sections.words import counted, listed
from tbreport.stats import format_number


@dataclass(frozen=True, eq=False)
class Comparison:
    """All that differs from the baseline.

    ``differences`` are of every tag of every pair; ``main`` are those of the main metrics, which
    come first; ``verdict`` is the sentence for the first screen and ``state`` what it says, None
    where nothing could be compared.
    """

    matching: Matching
    differences: tuple[Difference, ...]
    main: tuple[Difference, ...]
    settings: tuple[Changed, ...]
    new: tuple[Moved, ...]
    gone: tuple[Moved, ...]
    verdict: str
    state: State | None


def compare(logs: Logs, findings: Sequence[Finding], options: Options) -> Comparison | None:
    """Compare the logs with their baseline; None where they have none."""
    baseline = logs.baseline
    if baseline is None:
        return None
    metrics = main_metrics(logs, options.metric)
    ways = {metric.tag: metric.better for metric in chosen_metrics(logs, options.metric)}
    matching = matching_of(logs, baseline, metrics)
    found = tuple(
        difference
        for pair in matching.pairs
        for difference in differences(
            pair, [(tag, ways.get(tag, roles.better(tag))) for tag in shared_tags(pair)]
        )
    )
    main = _main(found, metrics)
    return Comparison(
        matching,
        found,
        main,
        changed_settings(matching.pairs),
        new_findings(matching.pairs, findings, baseline),
        gone_findings(matching.pairs, findings, baseline),
        *_verdict(found, main, matching, metrics),
    )


def matching_of(logs: Logs, baseline: Baseline, metrics: Sequence[Metric]) -> Matching:
    """Which runs of the logs are compared with which; ``metrics`` are the main ones."""
    own = [run for run in summaries(logs, columns=0) if run.name not in baseline.within]
    now, before = units_of(own, logs.groups), units_of(baseline.runs, baseline.groups)
    return match(now, before, metrics[0] if metrics else None)


def _main(found: Sequence[Difference], metrics: Sequence[Metric]) -> tuple[Difference, ...]:
    """The differences of the main metrics, metric by metric, of the runs that compete in it."""
    chosen = []
    for metric in metrics:
        about = [one for one in found if one.tag == metric.tag]
        competing = [
            one for one in about if any(run.name in metric.runs for run in one.pair.current.runs)
        ]
        chosen += competing or about
    return tuple(chosen)


def _verdict(
    found: Sequence[Difference],
    main: Sequence[Difference],
    matching: Matching,
    metrics: Sequence[Metric],
) -> tuple[str, State | None]:
    if not matching.pairs:
        return "nothing to compare with the baseline: no run has a counterpart", None
    if not found:
        return "nothing to compare with the baseline: no metric is in both", None
    about = _first_shared(main, metrics) or list(found)
    state = min((one.state for one in about), key=list(State).index)
    if state is State.EQUAL and all(one.state is State.EQUAL for one in found):
        tags = len({one.tag for one in found})
        where = f"{counted(tags, 'metric')} of {_pairs(found)}"
        return f"equal to the baseline: no difference in {where}", state
    leading = max((one for one in about if one.state is state), key=_size)
    several = len({id(one.pair) for one in about}) > 1
    name = f" of {listed([leading.pair.current.name])}" if several else ""
    said = f"{listed([leading.tag])}{name} {change_said(leading)}"
    elsewhere = [one.tag for one in main if one.state is State.WORSE and one not in about]
    if elsewhere and state is not State.WORSE:
        said += f"; worse in {listed(list(dict.fromkeys(elsewhere)))}"
    return f"{_counts(about, state)}: {said}", state


def _first_shared(main: Sequence[Difference], metrics: Sequence[Metric]) -> list[Difference]:
    """The differences of the first main metric that has any."""
    for metric in metrics:
        about = [one for one in main if one.tag == metric.tag]
        if about:
            return about
    return []


_PHRASES = {
    State.WORSE: "worse than the baseline",
    State.BETTER: "better than the baseline",
    State.DIFFERS: "other than the baseline",
    State.WITHIN: "within the baseline's spread over seeds",
    State.EQUAL: "equal to the baseline",
}


def _counts(about: Sequence[Difference], state: State) -> str:
    """ "worse than the baseline", "2 of 11 runs worse than the baseline, 1 better"."""
    if len(about) == 1:
        return _PHRASES[state]
    numbers = {one: sum(each.state is one for each in about) for one in State}
    if numbers[state] == len(about):
        every = f"all {_pairs(about)}" if len(about) > 2 else f"both {_pairs(about)[2:]}"
        return f"{every} {_PHRASES[state]}"
    text = f"{numbers[state]:,} of {_pairs(about)} {_PHRASES[state]}"
    if state is State.WORSE and numbers[State.BETTER]:
        text += f", {numbers[State.BETTER]:,} better"
    return text


def _pairs(about: Sequence[Difference]) -> str:
    pairs = {id(one.pair): one.pair for one in about}
    grouped = any(
        len(unit.runs) > 1 for pair in pairs.values() for unit in (pair.current, pair.before)
    )
    return counted(len(pairs), "comparison" if grouped else "run")


def _size(one: Difference) -> float:
    """How large the telling change is, for the one to be named; what is no number is larger."""
    relative = one.telling.relative
    return float("inf") if relative is None else abs(relative)


def change_said(one: Difference) -> str:
    """ "best 0.31, was 0.28 (+11 %)"."""
    change = one.telling
    if change.state is State.EQUAL:
        return f"{one.which} {format_number(change.current)}"
    before, now = format_number(change.before), format_number(change.current)
    return f"{one.which} {now}, was {before} ({share_said(change)})"


def share_said(change: Change) -> str:
    """The relative difference in percent, "+11 %"; the difference itself where there is none."""
    if change.relative is None:
        return signed(rounded(change.difference))
    return f"{signed(rounded(100 * change.relative))} %"


def rounded(value: float, digits: int = 3) -> float:
    """The value to so many significant digits: more say nothing of a difference."""
    return float(f"{value:.{digits}g}")


def signed(value: float) -> str:
    """A number with its sign, also where it is positive."""
    return f"+{format_number(value)}" if value > 0 else format_number(value)


# By run and tag: the last value of the run's side of the baseline, and its own.
Deltas = Mapping[tuple[str, str], tuple[float, float]]


def deltas(comparison: Comparison) -> Deltas:
    """What gates compare: of each run that has a counterpart, by tag, (before, now).

    A run that is compared with several has the first of them.
    """
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for one in comparison.differences:
        for run in one.pair.current.runs:
            if one.tag in run.scalars:
                values = one.last.before, run.scalars[one.tag].last.value
                found.setdefault((run.name, one.tag), values)
    return found
