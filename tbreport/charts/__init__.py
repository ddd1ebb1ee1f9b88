"""Pictures of numbers: each chart is a frozen spec that draws itself and knows no TensorBoard."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable


class Drawing(NamedTuple):
    """An encoded picture: PNG bytes and the size in CSS pixels at which it is to be shown.

    The PNG may hold more pixels than that (2x for sharp screens) or fewer (``pixelated``: the
    browser is to enlarge it by nearest neighbour). ``note`` is a quiet remark for its caption that
    is known only after drawing: "6 of 48 frames". ``frame`` is where the axes are, in CSS pixels
    from the upper left corner: left, top, right, bottom; None without axes.
    """

    png: bytes
    width: int
    height: int
    pixelated: bool = False
    note: str = ""
    frame: tuple[float, float, float, float] | None = None


class BadData(Exception):
    """The data, not tbreport, is ill: what can't be drawn, in one sentence for the reader."""


@runtime_checkable
class Chart(Protocol):
    """A picture that can be drawn anywhere: a frozen dataclass of numbers, bytes and strings.

    ``alt`` says what the picture shows, with its main numbers. A chart must pickle, and what it
    holds is bounded by its pixels, not by the number of events.
    """

    @property
    def alt(self) -> str:
        """What the picture shows, in one sentence, for those who can't see it."""
        ...

    def draw(self) -> Drawing:
        """Draw it. Raises BadData when the data can't be drawn."""
        ...
