"""An embedding that puts all points in one place, or on one line, tells them no longer apart.

Contrastive losses without enough negatives, and layers that are normalised wrongly, end there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.embeddings import Points, embeddings
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked

_MOST_ROWS = 2000  # enough for a spectrum, and fast


@dataclass(frozen=True)
class _Shape:
    """How spread out points are: shares of duplicate rows and of the main direction, and rank."""

    duplicates: float
    main: float
    rank: float


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    checked = False
    for run, one in embeddings(training):
        if not _is_telling(one, limits):
            continue
        checked = True
        shape = _shape(np.asarray(one.values, dtype=np.float64))
        told = _told(shape, limits, _has_two_classes(one))
        if told:
            yield RULE.finding(
                run,
                f"{one.name}: {told}.",
                "Check the loss and the normalisation; use a higher temperature or more negatives.",
                tag=one.name,
                step=one.step,
                value=max(shape.main, shape.duplicates),
                threshold=limits["main"],
            )
    if not checked:
        raise Unchecked("no embedding of enough points and dimensions was logged")


def _is_telling(one: Points, limits: Limits) -> bool:
    values = np.asarray(one.values)
    enough = values.ndim == 2 and len(values) >= limits["points"]
    return bool(enough and values.shape[1] >= limits["dimensions"] and np.isfinite(values).all())


def _shape(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> _Shape:
    rows = values[np.linspace(0, len(values) - 1, min(len(values), _MOST_ROWS)).astype(int)]
    duplicates = 1.0 - len(np.unique(rows, axis=0)) / len(rows)
    centred = rows - rows.mean(axis=0)
    strength = np.linalg.svd(centred, compute_uv=False) ** 2
    total = float(strength.sum())
    if total <= 1e-12 * float((rows * rows).sum()):
        return _Shape(1.0, 1.0, 0.0)
    share = strength / total
    held = share[share > 0]
    return _Shape(duplicates, float(share[0]), float(np.exp(-(held * np.log(held)).sum())))


def _has_two_classes(one: Points) -> bool:
    """Two classes that are told apart well lie on one line, as they should."""
    return any(len(set(labels)) == 2 for labels in one.labels.values())


def _told(shape: _Shape, limits: Limits, on_a_line: bool) -> str:
    if shape.duplicates >= limits["duplicates"]:
        return f"{number(100 * shape.duplicates)} % of the points equal another one"
    if not on_a_line and (shape.main > limits["main"] or shape.rank < limits["rank"]):
        return f"{number(100 * shape.main)} % of the variance lies in one direction"
    return ""


RULE = Rule(
    id="embedding-collapse",
    title="Embedding collapsed",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.WARNING,
    needs="an embedding of 50 points in 8 dimensions",
    thresholds=(
        Threshold("main", 0.99, "of the variance in one direction; own, not measured"),
        Threshold("rank", 2.0, "effective rank, exp of the entropy of the spectrum; own"),
        Threshold("duplicates", 0.9, "of the points that equal another one; own"),
        Threshold("points", 50, "fewer have no spectrum to speak of"),
        Threshold("dimensions", 8, "fewer may be meant to be seen"),
    ),
)
