"""An embedding that puts all points in one place tells them no longer apart.

Contrastive losses without enough negatives, and layers that are normalised wrongly, end there. That
most of the variance lies in one direction is only worth a note: embeddings that were trained to
answer a yes-or-no question look like that and are right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tbreport.model import Embedding, Finding, Floats, Severity
from tbreport.rules.embeddings import embeddings
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked

_MOST_ROWS = 2000  # enough for a spectrum, and fast


@dataclass(frozen=True)
class _Shape:
    """How spread out points are.

    ``duplicates`` is the share of rows that equal another one, ``spread`` the RMS distance from the
    mean over that from the origin, ``main`` the share of the variance in one direction.
    """

    duplicates: float
    spread: float
    main: float


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    checked = False
    for run, one in embeddings(training):
        if not _is_telling(one, limits):
            continue
        checked = True
        told = _told(_shape(np.asarray(one.values, dtype=np.float64)), limits)
        if told is not None:
            message, value, limit, severity = told
            yield RULE.finding(
                run,
                f"{one.name}: {message}.",
                "Check the loss and the normalisation; use a higher temperature or more negatives.",
                tag=one.name,
                step=one.step,
                value=value,
                threshold=limit,
                severity=severity,
            )
    if not checked:
        raise Unchecked("no embedding of enough points and dimensions was logged")


def _is_telling(one: Embedding, limits: Limits) -> bool:
    values = np.asarray(one.values)
    enough = values.ndim == 2 and len(values) >= limits["points"]
    return bool(enough and values.shape[1] >= limits["dimensions"] and np.isfinite(values).all())


def _shape(values: Floats) -> _Shape:
    rows = values[np.linspace(0, len(values) - 1, min(len(values), _MOST_ROWS)).astype(int)]
    duplicates = 1.0 - len(np.unique(rows, axis=0)) / len(rows)
    strength = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    total, size = float(strength.sum()), float((rows * rows).sum())
    if total == 0:
        return _Shape(1.0, 0.0, 1.0)
    return _Shape(duplicates, float(np.sqrt(total / size)), float(strength[0] / total))


def _told(shape: _Shape, limits: Limits) -> tuple[str, float, float, Severity] | None:
    """What is said of the points, with the measure, its limit and how severe that is."""
    if shape.duplicates >= limits["duplicates"]:
        share = f"{number(100 * shape.duplicates)} % of the points equal another one"
        return share, shape.duplicates, limits["duplicates"], Severity.WARNING
    if shape.spread < limits["spread"]:
        share = f"the points differ by {number(100 * shape.spread)} % of their size only"
        return share, shape.spread, limits["spread"], Severity.WARNING
    if shape.main > limits["main"]:
        share = f"{number(100 * shape.main)} % of the variance lies in one direction"
        return share, shape.main, limits["main"], Severity.NOTE
    return None


RULE = Rule(
    id="embedding-collapse",
    title="Embedding collapsed",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.WARNING,
    needs="an embedding of 50 points in 8 dimensions",
    thresholds=(
        Threshold("duplicates", 0.9, "of the points that equal another one; own, not measured"),
        Threshold("spread", 1e-3, "RMS distance from the mean, of the RMS size; own, not measured"),
        Threshold("main", 0.99, "of the variance; three healthy real embeddings 0.952 to 0.969"),
        Threshold("points", 50, "fewer have no spectrum to speak of"),
        Threshold("dimensions", 8, "fewer may be meant to be seen"),
    ),
)
