"""One look for every picture: the colour and dash of a run, ink, opacities, sizes.

Pictures have no ground of their own (transparent PNG), so every colour here is to be read on the
page's light card as well as on its dark one. The page's CSS takes its colours from these constants.
"""

from __future__ import annotations

LIGHT_GROUND = "#ffffff"
DARK_GROUND = "#1b1f23"

# The first four are Okabe and Ito's (2008). The others were searched for among the colours with a
# contrast of at least 3:1 on both grounds (WCAG 1.4.11), for the largest distance in OKLab from all
# before them, as seen with normal sight, protanopia, deuteranopia and tritanopia (Machado 2009).
# That band of lightness holds no yellow and no pale blue.
RUN_COLOURS = (
    "#0072b2",  # blue
    "#d55e00",  # vermilion
    "#009e73",  # green
    "#cc79a7",  # pink
    "#8d7ff2",  # lavender
    "#647076",  # slate
    "#bd3b2e",  # brick
    "#c02fb4",  # magenta
    "#2099cf",  # sky
    "#6f7048",  # olive
)

# On and off lengths in CSS pixels. Up to SOLID runs are told apart by colour alone; of more, the
# later colours are dashed, and each round of colours goes one pattern further: of 40 runs no two
# have the same colour and dashes.
RUN_DASHES: tuple[tuple[float, ...], ...] = ((), (6.0, 2.5), (1.5, 2.0), (8.0, 2.5, 1.5, 2.5))
SOLID = 6

# The grey in the middle between both grounds: contrast 4.1:1 on either, the most there is.
INK = "#7a8289"
BASELINE = "#8f979d"  # what the runs are compared with: grey, broad, behind all
MARK = "#bd3b2e"  # a finding's vertical line

GRID_OPACITY = 0.20
FRAME_OPACITY = 0.65
RAW_OPACITY = 0.27  # the unsmoothed curve behind its smoothed one; TensorBoard has 0.25
BEHIND_OPACITY = 0.45  # a single run behind the mean of its group
DENSE_OPACITY = 0.75  # noise drawn as an area: what lies behind it still shows

FONT_SIZE = 13.0  # CSS pixels
LINE_WIDTH = 1.6  # CSS pixels
RAW_WIDTH = 1.0
BASELINE_WIDTH = 4.0
BASELINE_OPACITY = 0.6
MARKER_SIZE = 3.2  # CSS pixels, the radius of a dot or triangle

# Dark to light and to be read on both grounds: viridis without its darkest and lightest ends.
SEQUENCE = "viridis"


def run_colour(index: int) -> str:
    """The colour of this number (a run's or a group's), as "#rrggbb"."""
    return RUN_COLOURS[index % len(RUN_COLOURS)]


def run_dash(index: int) -> tuple[float, ...]:
    """The dash pattern of that run: on, off, … in CSS pixels; () is a solid line."""
    return RUN_DASHES[run_pattern(index)]


def run_pattern(index: int) -> int:
    """The place of that run's dash pattern in ``RUN_DASHES``."""
    cycle, colour = divmod(index, len(RUN_COLOURS))
    return (cycle + (colour >= SOLID)) % len(RUN_DASHES)


def rgb(colour: str) -> tuple[int, int, int]:
    """The red, green and blue of "#rrggbb", 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def blend(one: str, other: str, share: float) -> str:
    """The colour that is ``share`` (0..1) of the way from one to the other."""
    parts = zip(rgb(one), rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)
