"""Gaps in numbers that stay small: a hostile file can have one in every seventeen bytes."""

from __future__ import annotations

from dataclasses import replace

from tbreport.limits import Limits
from tbreport.model import Gap, GapKind


class GapList(list[Gap]):
    """Gaps in order; what is appended beyond the limit is summed up in a last one."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._most = limits.gaps
        self._told = limits.told("gaps")

    def append(self, gap: Gap) -> None:
        """Add a gap, or count it."""
        if len(self) < self._most:
            super().append(gap)
        elif len(self) == self._most:
            reason = f"further places, not told one by one ({self._told})"
            super().append(replace(gap, kind=GapKind.LIMIT, reason=reason))
        else:
            last = self[-1]
            self[-1] = replace(last, count=last.count + gap.count, length=last.length + gap.length)
