"""What breaks on our side: a fault costs the section, rule or chart it hit, never the report."""

from __future__ import annotations

import traceback
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One part of tbreport that raised.

    ``where`` names the part (``"section scalars"``), ``what`` is the exception in one line and
    ``details`` its traceback, which the command line prints with ``-v``.
    """

    where: str
    what: str
    details: str

    @classmethod
    def of(cls, where: str, error: BaseException) -> Fault:
        """Describe ``error``, caught in the part called ``where``."""
        what = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        return cls(where, what, "".join(traceback.format_exception(error)))


class FaultError(Exception):
    """A fault of another process, raised here because nothing may be amiss (``--strict``)."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.where}: {fault.what}")
        self.fault = fault
