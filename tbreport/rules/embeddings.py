"""The embeddings of a training, for rules about them."""

from __future__ import annotations

from tbreport.model import Embedding
from tbreport.rules.training import Training, Unchecked


def embeddings(training: Training) -> list[tuple[str, Embedding]]:
    """(run, embedding) of every embedding. Raises Unchecked where there is none."""
    found = [(run.name, one) for run in training.runs for one in run.embeddings]
    if not found:
        raise Unchecked("no embeddings were logged")
    return found
