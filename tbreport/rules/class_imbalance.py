"""A class with ten times the examples of another one is what a network learns first, and best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from tbreport import roles
from tbreport.model import Finding, Severity
from tbreport.rules.embeddings import embeddings
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked

_CLASS_WORDS = frozenset({"label", "labels", "class", "classes", "target", "category", "y"})


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    checked = False
    for run, one in embeddings(training):
        for header, labels in one.labels.items():
            if not _are_classes(header, labels, limits):
                continue
            checked = True
            counts = Counter(labels).most_common()
            (most, many), (least, few) = counts[0], counts[-1]
            if many > limits["ratio"] * _most_likely(few):
                yield RULE.finding(
                    run,
                    f"{one.name}: {many} points are {most!r} and {few} are {least!r}, "
                    f"{number(many / few)} to 1.",
                    "Weight the classes, sample them evenly, and judge by a balanced metric.",
                    tag=one.name,
                    step=one.step,
                    value=many / few,
                    threshold=limits["ratio"],
                )
    if not checked:
        raise Unchecked("no embedding with labels of classes was logged")


def _most_likely(count: int) -> float:
    """How many there may be where a sample holds ``count``: two standard deviations more."""
    return float(count + 2 * np.sqrt(count) + 1)


def _are_classes(header: str, labels: Sequence[str], limits: Limits) -> bool:
    """Whether a column names classes: by its header, and because many rows share few values."""
    distinct = len(set(labels))
    return (
        not _CLASS_WORDS.isdisjoint(roles.tokens(header))
        and 2 <= distinct <= limits["classes"]
        and len(labels) >= limits["rows"] * distinct
    )


RULE = Rule(
    id="class-imbalance",
    title="Classes out of balance",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.WARNING,
    needs="an embedding with labels of classes",
    thresholds=(
        Threshold("ratio", 10.0, "largest to smallest class; SageMaker"),
        Threshold("classes", 100, "more distinct values are names, not classes"),
        Threshold("rows", 5, "times the distinct values, for the same reason"),
    ),
)
