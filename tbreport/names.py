"""What a name says: natural order, the group of a tag, a form that is safe to show, an anchor."""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections.abc import Callable, Iterable

_NATURAL, _REAL, _SIGN, _EXPONENT = range(4)

# What may stand in an anchor beside letters and digits: a name of these is its own anchor.
_ANCHOR_MARKS = frozenset("/_.,=+-")
_ANCHOR_LENGTH = 80  # characters; layer names of real networks are shorter


def _number_end(text: str, start: int) -> int:
    """Where the number that begins before ``start`` ends: digits, fraction, exponent."""
    state = _NATURAL
    for index in range(start, len(text)):
        char = text[index]
        if state in (_NATURAL, _REAL) and char in "eE":
            state = _SIGN
        elif state == _NATURAL and char == ".":
            state = _REAL
        elif state == _SIGN and (char in "+-" or _is_digit(char)):
            state = _EXPONENT
        elif state == _SIGN or not _is_digit(char):
            return index
    return len(text)


def _is_digit(char: str) -> bool:
    return "0" <= char <= "9"


def _is_break(char: str) -> bool:
    return char == "/" or _is_digit(char)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")  # "1e", as JavaScript's Number("1e") has it: compares as equal


def compare_names(a: str, b: str) -> int:
    """Natural order as TensorBoard's ``compareTagNames`` (webapp/metrics/utils.ts).

    Digit runs compare as numbers ("run2" before "run10", "1e-3" before "0.1"); "/" and digits sort
    before other characters. Returns a negative number, 0 or a positive number.
    """
    i = j = 0
    while i < len(a) and j < len(b):
        if _is_digit(a[i]) and _is_digit(b[j]):
            i_end, j_end = _number_end(a, i + 1), _number_end(b, j + 1)
            x, y = _number(a[i:i_end]), _number(b[j:j_end])
            if x != y and x == x and y == y:
                return -1 if x < y else 1
            i, j = i_end, j_end
            continue
        if _is_break(a[i]) != _is_break(b[j]):
            return -1 if _is_break(a[i]) else 1
        if a[i] != b[j] and not _is_break(a[i]):
            return -1 if a[i] < b[j] else 1
        i, j = i + 1, j + 1
    return (len(a) - i > 0) - (len(b) - j > 0)


_natural_key: Callable[[str], object] = functools.cmp_to_key(compare_names)


def natural_key(name: str) -> tuple[object, str]:
    """A sort key for natural order; names that compare as equal are ordered by code point."""
    return _natural_key(name), name


def natural_order(names: Iterable[str]) -> list[str]:
    """The names in natural order."""
    return sorted(names, key=natural_key)


def tag_group(tag: str) -> str:
    """The text before the first "/"; a tag without one is its own group, as in TensorBoard."""
    return tag.split("/", 1)[0]


def printable(name: str) -> str:
    """``name`` with control, bidi and unassigned characters and bad bytes shown as escapes.

    Escapes are ``\\xNN``, ``\\uNNNN``: a name can then neither hide nor reverse what stands beside it.
    """
    if name.isprintable():
        return name
    return "".join(_shown(char) for char in name)


def _shown(char: str) -> str:
    if char.isprintable() or char == "\u200d":  # a zero-width joiner holds emoji together
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8 (surrogateescape)
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(char) == "Zs":
        return " "
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def anchor(section: str, name: str) -> str:
    """The id at which a page shows ``name`` in ``section``: ``scalars/loss/train``.

    It comes from the names alone, so a link stays good when a report grows. A name with characters
    that have no place in an address, or a very long one, ends in ``~`` and eight hexadecimal digits
    of its SHA-256: no two names share an anchor.
    """
    kept = "".join(char if char.isalnum() or char in _ANCHOR_MARKS else "-" for char in name)
    if kept == name and 0 < len(name) <= _ANCHOR_LENGTH:
        return f"{section}/{name}"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{section}/{kept[:_ANCHOR_LENGTH]}~{digest[:8]}"
