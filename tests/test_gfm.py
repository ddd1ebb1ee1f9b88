"""Names and sentences in Markdown: a reader of it gets back the words and nothing else."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tbreport import gfm
from tbreport.names import printable
from tests.documents import HOSTILE_NAMES

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

# What GitHub and GitLab look for in the text that Markdown has made.
REFERENCE = re.compile(r"[@#!$~%&]\w|\bGH-\d|://|www\.", re.IGNORECASE)
TRAPS = (
    "a|b",
    "a\\|b",
    "`code`",
    "``",
    "*bold* _it_ __b__ ~~gone~~",
    "[a](javascript:alert(1))",
    "![a](http://x/y.png)",
    "<img src=x onerror=alert(1)>",
    "<!-- gone -->",
    "&amp; &#64;all",
    "@everyone #1 !2 $3 ~bug %v1 &4 GH-5",
    "https://evil.example www.evil.example",
    "a\n/close\n# Title\n- item",
    "$x$ $$y$$",
    "\\",
    "a\\",
)


def tokens(markdown):
    """Every token with its text, those inside of others too."""
    for token in READER.parse(markdown):
        yield token
        yield from token.children or ()


def shown(markdown):
    """The words that a reader sees, and the kinds of tokens that hold them."""
    kinds, text = set(), ""
    inside = re.sub(r"</?code>", "", markdown) if "<code>" in markdown else markdown
    for token in tokens(inside):
        kinds.add(token.type)
        if token.type in ("text", "code_inline", "html_inline", "html_block"):
            text += token.content
    return text, kinds


names = st.one_of(st.sampled_from((*HOSTILE_NAMES, *TRAPS)), st.text(max_size=40))


@given(names)
def test_a_name_is_code_and_nothing_else(name):
    text, kinds = shown(f"- x {gfm.code(name)} y")
    said = printable(name)
    clipped = said if len(said) <= 80 else f"{said[:79]}…"
    assert kinds <= PLAIN | {"code_inline"}
    if not said.strip():
        assert text == "x (no name) y"
    else:
        assert text.split() == f"x {clipped} y".split()


PLAIN = {
    "bullet_list_open",
    "list_item_open",
    "paragraph_open",
    "inline",
    "text",
    "text_special",
    "paragraph_close",
    "list_item_close",
    "bullet_list_close",
}


@given(names)
@example("a_b _c_ d_")
def test_a_sentence_is_words_and_nothing_else(text):
    words, kinds = shown(f"- x {gfm.words(text)} y")
    assert kinds <= PLAIN
    assert words.replace("\u200b", "").split() == f"x {printable(text)} y".split()
    assert not REFERENCE.search(words)


@given(st.lists(names, min_size=3, max_size=3))
def test_a_row_of_names_keeps_its_cells(row):
    cells = [gfm.code(row[0]), gfm.words(row[1]), gfm.code(row[2])]
    table = f"| a | b | c |\n| --- | --- | --- |\n| {' | '.join(cells)} |\n"
    kinds = [token.type for token in READER.parse(table)]
    assert kinds.count("td_open") == 3 and kinds.count("tr_open") == 2
    assert not {"html_block", "link_open", "image"} & {token.type for token in tokens(table)}


@pytest.mark.parametrize("name", ["loss/val", "lr=1e-03,conv=2", "best(val_acc) < 0.9"])
def test_names_as_they_are_stay_readable_as_plain_text(name):
    assert gfm.code(name) == f"`{name}`"
    assert gfm.words("run val_loss has 0.5 at step 3") == "run val_loss has 0.5 at step 3"


def test_a_name_in_code_is_no_reference_either():
    assert gfm.code("@all|#1") == "<code>&#64;all&#124;&#35;1</code>"
