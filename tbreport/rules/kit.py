"""What a rule is: a value with its thresholds, their sources, and a check over all trainings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tbreport.model import Finding, Severity
from tbreport.rules.training import Training, Unchecked

MOST_NAMES = 3  # how many layers a message lists

# Findings that others explain: what a loss does when its training is ill, and what layers do.
LOSS_SYMPTOMS = (
    "loss-diverging",
    "loss-oscillating",
    "loss-not-decreasing",
    "loss-frozen",
    "loss-spike",
)
LAYER_SYMPTOMS = (
    "exploding-gradient",
    "dead-units",
    "vanishing-gradient",
)
STILL_SYMPTOMS = ("weights-not-updating", "update-too-small")

Limits = Mapping[str, float]
Check = Callable[[Sequence[Training], Limits], Iterable[Finding]]
CheckOne = Callable[[Training, Limits], Iterable[Finding]]


@dataclass(frozen=True)
class Threshold:
    """A number that a rule compares with; ``source`` says where it comes from."""

    name: str
    default: float
    source: str


@dataclass(frozen=True)
class Rule:
    """One way a training can be ill.

    ``check`` gives the findings and raises Unchecked where the logs lack what ``needs`` says.
    ``why`` is what readers see beside a finding; ``explains`` are the ids of rules whose findings
    in the same training are likely consequences of this one.
    """

    id: str
    title: str
    why: str
    check: Check
    severity: Severity = Severity.WARNING
    needs: str = ""
    thresholds: tuple[Threshold, ...] = ()
    explains: tuple[str, ...] = ()

    def limits(self, chosen: Mapping[str, float]) -> dict[str, float]:
        """The thresholds by name: the defaults, with ``chosen`` over them."""
        return {limit.name: limit.default for limit in self.thresholds} | dict(chosen)

    def finding(
        self,
        runs: str | tuple[str, ...],
        message: str,
        remedy: str,
        *,
        tag: str = "",
        step: int | None = None,
        value: float | None = None,
        threshold: float | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule, as severe as the rule unless said otherwise."""
        return Finding(
            self.id,
            severity or self.severity,
            (runs,) if isinstance(runs, str) else runs,
            message,
            remedy,
            tag=tag,
            step=step,
            value=value,
            threshold=threshold,
        )


def each(check: CheckOne) -> Check:
    """The check of every training by itself.

    A training that cannot be checked is passed over; Unchecked is raised, with the commonest
    reason, when none can be.
    """

    def check_all(trainings: Sequence[Training], limits: Limits) -> Iterable[Finding]:
        findings: list[Finding] = []
        reasons: list[str] = []
        for training in trainings:
            try:
                findings.extend(check(training, limits))
            except Unchecked as reason:
                reasons.append(str(reason))
        if reasons and len(reasons) == len(trainings):
            raise Unchecked(max(dict.fromkeys(reasons), key=reasons.count))
        return findings

    return check_all


def number(value: float) -> str:
    """A number for a sentence: three digits, no exponent where it can be avoided."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return f"{float(f'{value:.3g}'):,.10g}"
    return f"{value:.2g}"


def listed(names: Iterable[str]) -> str:
    """The first names and how many more there are: "a, b, c and 4 more"."""
    every = list(dict.fromkeys(names))
    if len(every) > MOST_NAMES + 1:
        return f"{', '.join(every[:MOST_NAMES])} and {len(every) - MOST_NAMES} more"
    return ", ".join(every[:-1]) + " and " + every[-1] if len(every) > 1 else "".join(every)
