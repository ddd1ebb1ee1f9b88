"""What a rule is: a value that looks at all logs and says what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tbreport.model import Finding, Logs

Check = Callable[[Logs], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """One kind of trouble in a training.

    ``id`` is a noun with hyphens, ``title`` its name in words, ``why`` says to the reader what is
    measured and where the threshold comes from; ``check`` gives the findings.
    """

    id: str
    title: str
    why: str
    check: Check
