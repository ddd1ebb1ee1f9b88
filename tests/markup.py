"""What HTML a page is made of, and what must hold on every page."""

from __future__ import annotations

import html.parser
import re
from collections import Counter

from tbreport.page import Document, assemble

VOID = {"meta", "link", "img", "input", "br", "hr"}
RESOURCES = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}


class Parsed(html.parser.HTMLParser):
    """The elements of a page in order, its words, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, str] = {}
        self.blocks: list[str] = []
        self._open: list[str] = []
        self._words: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []
        self.words = " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in {tag}: {names}"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] in ("style", "script"):
            json = self.elements[-1][1].get("type") == "application/json"
            if json:
                self.blocks.append(data)
            else:
                self.inside[self._open[-1]] = data
        else:
            self._words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self):
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def page(document: Document) -> Parsed:
    return Parsed("".join(assemble(document)))


def check(parsed: Parsed) -> None:
    """What holds on every page, whatever it shows."""
    ids = parsed.ids()
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert not any(re.search(r"\s", name) for name in ids)
    for tag, attributes in parsed.elements:
        assert "style" not in attributes, tag
        assert [name for name in attributes if name.startswith("on")] == [], tag
        assert tag not in ("iframe", "object", "embed", "base", "form"), tag
        for name in RESOURCES & attributes.keys():
            assert re.match(r"data:|pictures/|sounds/|report\.js$", attributes[name]), (tag, name)
        if tag == "img":
            assert {"alt", "width", "height"} <= attributes.keys()
            assert attributes["loading"] == "lazy" and attributes["decoding"] == "async"
        if tag == "a" and attributes["href"].startswith("#"):
            assert attributes["href"][1:] in ids
        elif tag == "a":
            assert attributes["href"].startswith(("http://", "https://", "mailto:", "sounds/"))
        if tag == "link":
            assert attributes["href"] in ("data:,", "style.css")
    ours = parsed.inside.get("style", "") + parsed.inside.get("script", "")
    assert "http" not in ours.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
