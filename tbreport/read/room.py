"""Room: how much the values of a run may take, and how far they are thinned out for it.

Of each tag and segment every second value is kept when all values of the sort are more than the
limit, every fourth when they are more than twice as much, and so on; the last always. How far
depends on all values together only, not on when they came: that is why thinning on the way, which
keeps memory small, gives the same as thinning at the end.
"""

from __future__ import annotations

from tbreport.read.columns import Column

_SLACK = 4  # a quarter more than the limit is let in before thinning, which costs a pass


class Room:
    """Takes account of values of one sort; what they ``add`` up to is in points or bytes.

    ``is_full`` says that thinning does not help any more.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._total = 0
        self._since = 0  # came after the last thinning
        self._held = 0  # was left by it
        self.columns: list[Column] = []
        self.is_full = False

    @property
    def stride(self) -> int:
        """Which values are kept: 1 is all of them, 2 every second one."""
        stride = 1
        while self._total > stride * self._limit:
            stride *= 2
        return stride

    def add(self, amount: int) -> None:
        """Count values that were put into a column; thins out where they are too many."""
        self._total += amount
        self._since += amount
        if self._held + self._since > self._limit + self._limit // _SLACK:
            self.close()

    def close(self) -> None:
        """Thin out what there is."""
        stride = self.stride
        if stride > 1 and self._since:
            held = sum([column.thin(stride) for column in self.columns])
            self.is_full = held > 2 * self._limit  # there are few values of many tags
            self._held, self._since = self._total // stride, 0
