"""Names and sentences as GitHub-flavoured Markdown, in which they stay what they are.

GitHub and GitLab look for mentions (``@name``), references (``#1``, ``!1``, ``$1``, ``~label``,
``%milestone``, ``&1``, ``GH-1``) and addresses in the text that Markdown has made, where neither a
backslash nor an entity hides them, but not in code. So names stand as code, and in sentences a
zero-width space parts what would be found.
"""

from __future__ import annotations

import re

from tbreport.names import printable

LONGEST_NAME = 80  # characters; tags of thousands exist

_PARTING = "\u200b"
_FOUND = re.compile(r"(?<=[@#!$~%&])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=GH)(?=-)", re.IGNORECASE)
_MARKUP = {ord(char): f"\\{char}" for char in "\\`*[]~$"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("|"): "&#124;",  # readers of tables differ in what "\" before "|" is
}
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # not within a word


def code(name: str) -> str:
    """A name as code, cut short where it is very long; it may stand in a table."""
    text = printable(name)
    if len(text) > LONGEST_NAME:
        text = f"{text[: LONGEST_NAME - 1]}…"
    if not text.strip():
        return "(no name)"
    if any(char in text for char in "`|\\"):
        return f"<code>{''.join(map(_entity, text))}</code>"
    return f"`{text}`"


def words(text: str) -> str:
    """A sentence without any markup, on one line."""
    parted = _FOUND.sub(_PARTING, printable(text))
    return _EMPHASIS.sub(r"\\_", parted.translate(_MARKUP))


def _entity(char: str) -> str:
    return f"&#{ord(char)};" if char.isascii() and not char.isalnum() and char != " " else char
