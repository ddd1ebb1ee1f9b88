"""The numbers of embeddings, step by step, and the table that shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tbreport.names import printable
from tbreport.points import Components, duplicates, principal
from tbreport.sections.clusters import NEIGHBOURS, Agreement, agreement
from tbreport.sections.kit import Cell, Column, Table
from tbreport.sections.sampled import Sample, Shown
from tbreport.stats import format_number

AXES = 2
RANK_HINT = (
    "Participation ratio of the variances along principal components: how many dimensions are used"
)
NEAR_HINT = f"Of the {NEIGHBOURS} nearest points by cosine, how many have the same label"


@dataclass(frozen=True, eq=False)
class StepNumbers:
    """What one drawn step measures; None where it can't be."""

    shown: Shown
    duplicates: int
    components: Components | None
    agreement: Agreement | None


def measured(sample: Sample) -> tuple[StepNumbers, ...]:
    """The numbers of each step: duplicates among all rows, the others of those that are drawn."""
    return tuple(_measured(sample, shown) for shown in sample.steps)


def _measured(sample: Sample, shown: Shown) -> StepNumbers:
    equal = duplicates(shown.embedding.values)
    if len(shown.points) < 2:
        return StepNumbers(shown, equal, None, None)
    agreed = None if shown.problem else agreement(shown.points, shown.ids)
    return StepNumbers(shown, equal, principal(shown.points, AXES), agreed)


def numbers_table(samples: Iterable[tuple[Sample, tuple[StepNumbers, ...]]]) -> Table:
    """One row for each step of each embedding."""
    columns = (
        Column("Embedding", "text"),
        Column("Run", "text"),
        Column("Step"),
        Column("Points"),
        Column("Dimensions"),
        Column("Effective rank", hint=RANK_HINT),
        Column("Duplicates", hint="Rows equal to one before them"),
        Column("Neighbours of the same label", hint=NEAR_HINT),
    )
    rows = tuple(_row(sample, of) for sample, numbers in samples for of in numbers)
    return Table(columns, rows, caption="Numbers")


def _row(sample: Sample, of: StepNumbers) -> tuple[Cell, ...]:
    embedding = of.shown.embedding
    count, dimensions = embedding.values.shape
    rank = of.components.effective_rank if of.components else float("nan")
    step = embedding.step
    return (
        Cell(printable(sample.embedded.name)),
        Cell(sample.embedded.run, run=sample.embedded.run),
        Cell("–" if step is None else f"{step:,}", None if step is None else float(step)),
        Cell(
            f"{count:,}",
            float(count),
            small=f"of {embedding.rows:,}" if embedding.rows > count else "",
        ),
        Cell(f"{dimensions:,}", float(dimensions)),
        Cell(format_number(rank), rank) if rank == rank else Cell("–"),
        percent(of.duplicates / count) if count else Cell("–"),
        _agreement(of.agreement),
    )


def _agreement(found: Agreement | None) -> Cell:
    if found is None:
        return Cell("–")
    return Cell(f"{found.mean:.1%}", found.mean, small=f"by chance {found.chance:.1%}")


def percent(share: float) -> Cell:
    """A share as a cell."""
    return Cell(f"{share:.1%}", share)
