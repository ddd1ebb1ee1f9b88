"""Running text from a log as harmless HTML: Markdown without raw HTML, images or odd links."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tbreport.names import printable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SCHEMES = ("http://", "https://", "mailto:")
_LOWEST_HEADING = 6


def readable(text: str) -> str:
    """``text`` with escapes for what could hide or reverse others; lines and tabs stay."""
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def markdown(text: str, heading: int) -> str:
    """The HTML of CommonMark with tables; its top heading becomes ``<h{heading}>``.

    Raw HTML is shown as it was written, an image as a link to it, and links go only to http, https
    and mail addresses.
    """
    parser = _parser()
    environment: dict[str, Any] = {}
    tokens = _without_empty_headings(parser.parse(readable(text), environment))
    _shift_headings(tokens, heading)
    for token in tokens:
        _tame(token)
    html: str = parser.renderer.render(tokens, parser.options, environment)
    return html


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    class Parser(MarkdownIt):
        def validateLink(self, url: str) -> bool:
            return url.lower().startswith(_SCHEMES)

    parser = (
        Parser("commonmark", {"html": False, "xhtmlOut": False}).enable("table").disable("image")
    )
    # A wide table scrolls by itself, within reach of the keyboard, and leaves the page as it is.
    opening = '<div class="scroll" tabindex="0" role="group" aria-label="Table">\n<table>\n'
    parser.add_render_rule("table_open", lambda *_: opening)
    parser.add_render_rule("table_close", lambda *_: "</table>\n</div>\n")
    return parser


def _without_empty_headings(tokens: Sequence[Token]) -> list[Token]:
    """The tokens but for headings of no words, which would be stops on the way for nothing."""
    kept: list[Token] = []
    for token in tokens:
        if token.type == "heading_close" and not kept[-1].content.strip():
            del kept[-2:]  # its opening and the empty line of words between
        else:
            kept.append(token)
    return kept


def _shift_headings(tokens: Sequence[Token], top: int) -> None:
    """Rank the headings below those of the page, and let none skip a level."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    levels = sorted({token.tag for token in headings})
    previous = top - 1
    for token in headings:
        if token.type == "heading_open":
            previous = min(top + levels.index(token.tag), previous + 1, _LOWEST_HEADING)
        token.tag = f"h{previous}"


def _tame(token: Token) -> None:
    if token.tag in ("th", "td") and "style" in token.attrs:
        # The policy of the page knows no style attributes.
        token.attrs = {"class": str(token.attrs["style"]).removeprefix("text-align:")}
    if token.type == "link_open":
        token.attrs["rel"] = "noopener noreferrer nofollow"
    for child in token.children or ():
        _tame(child)
