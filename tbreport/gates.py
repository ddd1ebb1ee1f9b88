"""Gates: comparisons such as ``best(val/acc) < 0.9`` that are not to hold, read and never run.

gate     = measure comparison limit
measure  = "runtime" | tag | name "(" tag ")"    name: last best mean min max delta
limit    = number [unit]                         unit: % after delta; s m h d after runtime
tag      = a word without spaces, quotes, ( ) < > = !, or anything in quotes
"""

from __future__ import annotations

import difflib
import math
import operator
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from tbreport.errors import InputError
from tbreport.names import printable

MEASURES = ("last", "best", "mean", "min", "max", "delta")
RUNTIME = "runtime"
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

# What people write for another comparison.
_MEANT = {"=": "==", "=>": ">=", "=<": "<=", "<>": "!="}
_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<comparison><=|>=|==|!=|=>|=<|<>|<|>|=)"""
    r"""|(?P<bracket>[()])"""
    r"""|(?P<word>[^\s()<>=!"']+)""",
    re.DOTALL,
)
_NUMBER = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\\"'])")


@dataclass(frozen=True)
class Gate:
    """One comparison; a run for which it holds trips it.

    ``measure`` is one of MEASURES, or RUNTIME with an empty ``tag``. ``limit`` is in seconds for
    RUNTIME, and a share of the baseline's value where ``relative`` (only "delta"). ``place`` is
    where the measure begins, in characters.
    """

    expression: str
    measure: str
    tag: str
    comparison: str
    limit: float
    relative: bool = False
    place: int = 0

    def trips(self, value: float) -> bool:
        """Whether ``value`` trips the gate. NaN trips every gate.

        By IEEE 754 no comparison but "!=" holds for NaN, so a training that broke down would pass
        "loss > 0.3" and "acc < 0.9" alike.
        """
        return math.isnan(value) or COMPARISONS[self.comparison](value, self.limit)


def misplaced(expression: str, said: str, place: int) -> InputError:
    """What is wrong with ``expression`` at character ``place``, with a mark under it."""
    indent = " " * _width(printable(expression[:place]))
    return InputError(
        f"fail_if: {said} (column {place + 1})", f"  {printable(expression)}", f"  {indent}^"
    )


def parse(expression: str) -> Gate:
    """Read one gate. Raises InputError, which shows the place in the expression."""
    return _Parser(expression).gate()


@dataclass(frozen=True)
class _Token:
    kind: str  # "quoted", "comparison", "bracket", "word", or "end"
    text: str
    start: int


class _Parser:
    """Reads the tokens of one expression from left to right."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = self._read_tokens()
        self._next = 0

    def gate(self) -> Gate:
        place = self._peek.start
        measure, tag = self._measure()
        comparison = self._comparison(tag or measure)
        limit, unit, unit_place = self._limit()
        if self._peek.kind != "end":
            rest = self._expression[self._peek.start :]
            self._fail(f"a gate is one comparison; {rest!r} is to be another fail_if")
        self._check_unit(measure, limit, unit, unit_place)
        limit *= SECONDS.get(unit, 1.0)
        relative = unit == "%"
        if relative:
            limit /= 100
        return Gate(self._expression, measure, tag, comparison, limit, relative, place)

    def _check_unit(self, measure: str, limit: float, unit: str, place: int) -> None:
        if measure == RUNTIME and unit not in SECONDS:
            self._fail("runtime is compared with a span of time, such as 90s or 2h", place)
        if measure != RUNTIME and unit in SECONDS:
            self._fail("only runtime is compared with a span of time", place)
        if measure != "delta" and unit == "%":
            said = "a percentage is of the baseline's value, so it goes with delta(...) only"
            self._fail(f"{said}; write {limit / 100:g}", place)
        if not math.isfinite(limit):
            self._fail("the number is too large", place)

    def _measure(self) -> tuple[str, str]:
        """The measure and its tag."""
        token = self._take()
        if token.kind not in ("word", "quoted"):
            what = "the expression is empty" if token.kind == "end" else "a metric is to stand here"
            self._fail(f"{what}; write one such as 'val/loss > 0.3'", token.start)
        if token.kind == "word" and self._peek.text == "(":
            if token.text not in MEASURES:
                close = difflib.get_close_matches(token.text, MEASURES, n=1)
                hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(MEASURES)}"
                self._fail(f"there is no {printable(token.text)}(); {hint}", token.start)
            self._take()
            return token.text, self._argument()
        if token.kind == "word" and token.text == RUNTIME:
            return RUNTIME, ""
        return "last", _tag(token)

    def _argument(self) -> str:
        token = self._take()
        if token.kind not in ("word", "quoted"):
            self._fail("the tag of a scalar is to stand here", token.start)
        if self._peek.text != ")" or self._peek.kind != "bracket":
            hint = "" if self._peek.kind == "end" else "; a tag with such characters needs quotes"
            self._fail(f"a ) is missing here{hint}")
        self._take()
        return _tag(token)

    def _comparison(self, before: str) -> str:
        token = self._take()
        if token.kind == "comparison" and token.text in COMPARISONS:
            return token.text
        if token.text in _MEANT:
            self._fail(
                f"{token.text} is no comparison; did you mean {_MEANT[token.text]}?", token.start
            )
        said = f"after {before!r} a comparison is to stand: {' '.join(COMPARISONS)}"
        hint = "" if token.kind == "end" else "; a tag with spaces or brackets needs quotes"
        return self._fail(said + hint, token.start)

    def _limit(self) -> tuple[float, str, int]:
        """The number, its unit ("" for none) and where it begins."""
        token = self._take()
        if token.kind == "end":
            self._fail("a number is missing here", token.start)
        found = _NUMBER.fullmatch(token.text) if token.kind == "word" else None
        if found is None:
            said = f"a number is to stand here, not {token.text!r}; the metric stands before it"
            return self._fail(said, token.start)
        number, unit, place = float(found[1]), found[2], token.start + len(found[1])
        if not unit and self._peek.kind == "word" and self._peek.text in ("%", *SECONDS):
            place, unit = self._peek.start, self._take().text
        if unit and unit not in ("%", *SECONDS):
            self._fail(f"there is no unit {unit!r}; there are %, {', '.join(SECONDS)}", place)
        return number, unit, token.start if not unit else place

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _read_tokens(self) -> list[_Token]:
        tokens, place = [], 0
        text = self._expression
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match:
                tokens.append(_Token(str(match.lastgroup), match[0], place))
                place = match.end()
            elif text[place].isspace():
                place += 1
            else:
                said = "this quote is not closed" if text[place] in "\"'" else "! stands alone"
                self._fail(said, place)
        return [*tokens, _Token("end", "", len(text))]

    def _fail(self, said: str, place: int | None = None) -> NoReturn:
        raise misplaced(self._expression, said, self._peek.start if place is None else place)


def _tag(token: _Token) -> str:
    return _ESCAPE.sub(r"\1", token.text[1:-1]) if token.kind == "quoted" else token.text


def _width(text: str) -> int:
    """The columns ``text`` takes in a terminal: none for combining marks, two for wide ones."""
    marks = sum(unicodedata.combining(char) > 0 for char in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(char) in "WF" for char in text)
