"""The first filters of a network that has learnt to see are smooth; random numbers are not.

Filters in which neighbouring pixels have nothing to do with each other have not learnt spatial
structure: the layer is frozen, was trained too briefly or too slowly, or its inputs have no order
in space. The reverse does not hold: trainings that fail can have smooth filters.
"""

from __future__ import annotations

from collections.abc import Iterable

from tbreport.model import Finding, Severity
from tbreport.rules.banks import first_filters
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    found = first_filters(training, int(limits["side"]), int(limits["filters"]))
    if not found:
        raise Unchecked("no kernels of a first layer, 5 x 5 or larger, were logged or saved")
    for one in found:
        structure = one.structure
        if abs(structure) < limits["structure"]:
            yield RULE.finding(
                one.run,
                f"The filters of {one.name} are indistinguishable from random numbers "
                f"(z = {number(structure)}).",
                "Is the layer frozen, the learning rate too low, the training too short, or do the "
                "inputs have no order in space?",
                tag=one.name,
                step=one.step,
                value=structure,
                threshold=limits["structure"],
            )


RULE = Rule(
    id="noisy-filters",
    title="Noisy filters",
    why=__doc__ or "",
    check=each(_check),
    severity=Severity.NOTE,
    needs="kernels of a first layer as tensors or in a checkpoint",
    thresholds=(
        Threshold(
            "structure",
            2.0,
            "standard deviations above chance; 36 healthy banks 4.1 to 20.3, 5 frozen -0.6 to 1.3",
        ),
        Threshold("side", 5, "pixels: healthy 3 x 3 filters have -0.5 to 3.4"),
        Threshold("filters", 8, "with fewer the test seldom sees a structure"),
    ),
)
