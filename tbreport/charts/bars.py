"""Bars of counts side by side with their names: how many of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tbreport.charts import BadData, Drawing
from tbreport.charts.canvas import EDGE, FRAME, LABEL_GAP, Canvas
from tbreport.charts.palette import palette_of
from tbreport.charts.text import text_height, text_width

WIDTH, SCALE = 520, 2
ROW, THICK = 18, 11  # CSS pixels from bar to bar, and of a bar
SHORTEST = 1.0  # CSS pixels of a bar that stands for something


@dataclass(frozen=True)
class Bar:
    """One bar: ``label`` is printable ASCII, ``colour`` "#rrggbb"."""

    label: str
    count: int
    colour: str


@dataclass(frozen=True, eq=False)
class Bars:
    """Lying bars, one a row from the top, each with its count at its end."""

    alt: str
    bars: tuple[Bar, ...]

    def draw(self) -> Drawing:
        """Draw it. Raises BadData without a bar."""
        if not self.bars:
            raise BadData("There is nothing to count.")
        colours = tuple(dict.fromkeys(bar.colour for bar in self.bars))
        height = len(self.bars) * ROW + round(2 * EDGE)
        canvas = Canvas(WIDTH, height, palette_of(colours), SCALE)
        gap, edge = canvas.device(LABEL_GAP), canvas.device(EDGE)
        left = edge + gap + _widest([bar.label for bar in self.bars])
        right = WIDTH * SCALE - edge - gap - _widest([f"{bar.count:,}" for bar in self.bars])
        most = max(1, *(bar.count for bar in self.bars))
        half = text_height(SCALE) / 2
        for row, bar in enumerate(self.bars):
            middle = edge + (row + 0.5) * ROW * SCALE
            long = max((right - left) * bar.count / most, SHORTEST * SCALE if bar.count else 0)
            top, bottom = middle - THICK * SCALE / 2, middle + THICK * SCALE / 2
            canvas.rule(left, top, left + long, bottom, canvas.palette.index(bar.colour))
            canvas.text(left - gap, middle + half, bar.label, align=1.0)
            canvas.text(left + long + gap, middle + half, f"{bar.count:,}", align=0.0)
        canvas.rule(left - 1, edge, left, height * SCALE - edge, FRAME)
        return canvas.drawing()


def _widest(labels: Sequence[str]) -> int:
    return max(text_width(label, SCALE) for label in labels)
