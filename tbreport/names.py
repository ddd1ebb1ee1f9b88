"""What a name says: natural order, the group of a tag, a form that is safe to show, an anchor."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# A number, a slash or a stretch of others, which compares as its characters would one by one.
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|/|[^0-9/]+")

_DIGITS = re.compile(r"[0-9]+")

_Token = tuple[int, float | str]

# What may stand in an anchor beside letters and digits: a name of these is its own anchor.
_ANCHOR_MARKS = frozenset("/_.,=+-")
_ANCHOR_LENGTH = 80  # characters; layer names of real networks are shorter


def natural_key(name: str) -> tuple[tuple[_Token, ...], str]:
    """A sort key for natural order, as TensorBoard's ``compareTagNames`` (webapp/metrics/utils.ts).

    Numbers compare by value ("run2" before "run10", "1e-3" before "0.1"); "/" sorts before numbers,
    numbers before other characters; names that compare as equal are ordered by code point. Unlike
    TensorBoard's, the order is total: "6e/" holds the number 6, not a broken exponent.
    """
    return tuple(_natural_token(token) for token in _TOKEN.findall(name)), name


def _natural_token(token: str) -> _Token:
    if token == "/":
        return 0, token
    return (1, float(token)) if "0" <= token[0] <= "9" else (2, token)


def natural_order(names: Iterable[str]) -> list[str]:
    """The names in natural order."""
    return sorted(names, key=natural_key)


def tag_group(tag: str) -> str:
    """The text before the first "/"; a tag without one is its own group, as in TensorBoard."""
    return tag.split("/", 1)[0]


def tag_family(tag: str) -> str:
    """The tag with each number as "#": ``video/10`` and ``video/100`` are of one family."""
    return _DIGITS.sub("#", tag)


def printable(name: str) -> str:
    """``name`` with control, bidi and unassigned characters and bad bytes shown as escapes.

    Escapes are ``\\xNN`` and ``\\uNNNN``: a name can then neither hide nor reverse what stands
    beside it.
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
    import hashlib  # takes long to import, and few names need it

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{section}/{kept[:_ANCHOR_LENGTH]}~{digest[:8]}"
