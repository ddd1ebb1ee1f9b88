"""Which embeddings the logs hold: those of the projector and tensors whose tags say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tbreport.model import Embedding, Logs, Run, TensorSeries
from tbreport.names import natural_key


@dataclass(frozen=True, eq=False)
class Embedded:
    """One embedding of one run over its steps, in their order; those without a step come first."""

    run: str
    name: str
    steps: tuple[Embedding, ...]


def is_embedding(series: TensorSeries) -> bool:
    """Whether a tensor is shown as an embedding: a table of numbers with "embed" in its tag."""
    return (
        "embed" in series.tag.lower()
        and len(series) > 0
        and all(
            value.ndim == 2 and value.dtype.kind in "fiu" and min(value.shape) > 1
            for value in series.values
        )
    )


def embeddings_of(logs: Logs) -> list[Embedded]:
    """All embeddings, run by run, each run's in natural order of their names."""
    return [one for run in logs.runs for one in _of_run(run)]


def _of_run(run: Run) -> list[Embedded]:
    tensors = {tag: series for tag, series in run.tensors.items() if is_embedding(series)}
    by_name: dict[str, list[Embedding]] = {}
    for embedding in run.embeddings:
        if embedding.source not in tensors:  # its series has every step
            by_name.setdefault(embedding.name, []).append(embedding)
    for tag, series in tensors.items():
        by_name.setdefault(tag, []).extend(_steps(series))
    return [
        Embedded(run.name, name, tuple(sorted(by_name[name], key=_step)))
        for name in sorted(by_name, key=natural_key)
    ]


def _steps(series: TensorSeries) -> Iterator[Embedding]:
    with np.errstate(over="ignore"):  # what float32 can't hold is infinite, and said to be ill
        for step, value in zip(series.steps.tolist(), series.values, strict=True):
            values = value.astype(np.float32)
            yield Embedding(series.tag, step, values, {}, series.tag, len(values))


def _step(embedding: Embedding) -> int:
    return -1 if embedding.step is None else embedding.step
