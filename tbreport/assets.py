"""The style sheet and the script of a page, as text."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

from tbreport.charts.style import BASELINE, RUN_COLOURS, RUN_DASHES

_PACKAGE = Path(__file__).resolve().parent
# In the checkout templates/ stands beside the package, in the wheel inside it.
TEMPLATES = (_PACKAGE / "templates", _PACKAGE.parent / "templates")

# The script in the order in which its parts need each other.
_DRAWING = ("base", "numbers", "plot", "hover", "values", "live", "large")
_SCRIPTS = (*_DRAWING, "filter", "runs", "tables", "steps", "place")
# Written as escapes: for one letter beyond Latin-1 a browser decodes the half megabyte around it to
# 16 bits, which takes it as long as all of the style sheet and the script.
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
# What is to stay as it is (strings, templates, regular expressions), or a mark between spaces.
_SPACED = re.compile(
    r"""("(?:[^"\\]|\\.)*"|`[^`]*`|/(?:[^/\\\n]|\\.)+/\w*(?=[,;).]))|\s*([{}()=<>?:;,|&*])\s*"""
)


@functools.cache
def _asset(name: str) -> str:
    return next(folder / name for folder in TEMPLATES if (folder / name).is_file()).read_text(
        encoding="utf-8"
    )


@functools.cache
def script() -> str:
    """The script as the page has it: without comments and spaces, which are half of it."""
    source = "".join(_asset(f"script/{name}.js") for name in _SCRIPTS)
    source = _SPACED.sub(r"\1\2", _COMMENT.sub("", source)) + "\n"
    return _BEYOND_ASCII.sub(lambda found: f"\\u{ord(found[0]):04x}", source)


def style_sheet() -> str:
    """The style sheet as the page has it: without comments, with the colours and dashes of runs."""
    colours = "".join(f".r{i}{{--run:{colour}}}\n" for i, colour in enumerate(RUN_COLOURS))
    dashes = "".join(
        f".d{i}{{--dash:{_dash(dash)}}}\n.line.d{i}{{stroke-dasharray:{_lengths(dash)}}}\n"
        for i, dash in enumerate(RUN_DASHES)
        if dash
    )
    style = _COMMENT.sub("", _asset("style.css"))
    style = _BEYOND_ASCII.sub(lambda found: f"\\{ord(found[0]):x} ", style)
    return f"{style}{colours}{dashes}.past{{--run:{BASELINE}}}\n"


def _lengths(dash: Sequence[float]) -> str:
    return " ".join(f"{length:g}" for length in dash)


def _dash(lengths: Sequence[float]) -> str:
    """Dashes (on, off, … in CSS pixels) as stops of a gradient."""
    ends = list(itertools.accumulate(lengths))
    parts = zip(itertools.cycle(("var(--run)", "#0000")), [0.0, *ends], ends, strict=False)
    return ",".join(f"{colour} {start:g}px {end:g}px" for colour, start, end in parts)
