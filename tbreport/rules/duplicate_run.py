"""Two runs with the very same numbers are one: a copied directory, or the same seed twice.

Counted as two, they make a result look more certain than it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from tbreport import roles
from tbreport.model import Finding, Run, ScalarSeries, Severity
from tbreport.roles import Better
from tbreport.rules.kit import Limits, Rule, Threshold, listed
from tbreport.rules.training import Training, Unchecked


def _check(trainings: Sequence[Training], limits: Limits) -> Iterable[Finding]:
    holders: dict[bytes, list[tuple[int, Run, str]]] = {}
    for index, training in enumerate(trainings):
        for run in training.runs:
            for tag, series in run.scalars.items():
                if _is_telling(tag, series, limits):
                    holders.setdefault(_digest(tag, series), []).append((index, run, tag))
    if not holders:
        raise Unchecked("no metric of five points that differ was logged")
    told: set[tuple[str, ...]] = set()
    for same in holders.values():
        runs = tuple(dict.fromkeys(run.name for _, run, _ in same))
        if len({index for index, _, _ in same}) < 2 or runs in told:
            continue
        told.add(runs)
        tag = same[0][2]
        yield RULE.finding(
            runs,
            f"{listed(runs)} hold identical series of {tag}.",
            "The same seed, or a copied directory? Count them as one.",
            tag=tag,
            value=float(len(runs)),
        )


def _is_telling(tag: str, series: ScalarSeries, limits: Limits) -> bool:
    """A metric that varies: learning rates and counters are the same on purpose."""
    finite = series.values[np.isfinite(series.values)]
    return (
        len(finite) >= limits["points"]
        and len(np.unique(finite)) >= limits["points"]
        and roles.better(tag) is not Better.UNKNOWN
    )


def _digest(tag: str, series: ScalarSeries) -> bytes:
    content = hashlib.sha256(tag.encode("utf-8", "surrogateescape"))
    content.update(series.steps.tobytes() + series.values.tobytes())
    return content.digest()


RULE = Rule(
    id="duplicate-run",
    title="Duplicate runs",
    why=__doc__ or "",
    check=_check,
    severity=Severity.NOTE,
    needs="a metric of five points",
    thresholds=(Threshold("points", 5, "different values: fewer may agree by chance"),),
)
