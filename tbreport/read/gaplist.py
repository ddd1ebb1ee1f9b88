"""Gaps in numbers that stay small: a hostile file can have one in every seventeen bytes."""

from __future__ import annotations

from dataclasses import replace

from tbreport.limits import Limits
from tbreport.model import Gap, GapKind


class GapList(list[Gap]):
    """Gaps in order; what is appended beyond the limit is summed up in a last one."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits

    def append(self, gap: Gap) -> None:
        """Add a gap, or count it."""
        most = self._limits.gaps
        if len(self) < most:
            super().append(gap)
        elif len(self) == most:
            reason = f"further places, not told one by one ({self._limits.told('gaps')})"
            super().append(replace(gap, kind=GapKind.LIMIT, reason=reason))
        else:
            last = self[-1]
            self[-1] = replace(last, count=last.count + gap.count, length=last.length + gap.length)
