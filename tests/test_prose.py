import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbreport.prose import markdown, readable
from tests.markup import Parsed

REL = 'rel="noopener noreferrer nofollow"'


def test_a_heading_without_words_is_left_out():
    assert markdown("# \n\na\n\n## b", 3) == "<p>a</p>\n<h3>b</h3>\n"


def test_headings_of_markdown_skip_no_level():
    assert re.findall(r"<(h\d)", markdown("### C\n\n# A\n\n### C\n", 5)) == ["h5", "h5", "h6"]
    assert re.findall(r"<(h\d)", markdown("# A\n\n## B\n\n### C\n", 6)) == ["h6", "h6", "h6"]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**b** `c`", "<p><strong>b</strong> <code>c</code></p>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>\n"),
        ("[a](//evil.example)", "<p>[a](//evil.example)</p>\n"),
        ("[a](#scalars)", "<p>[a](#scalars)</p>\n"),
        (
            '[a](https://example.org "t")',
            f'<p><a href="https://example.org" title="t" {REL}>a</a></p>\n',
        ),
        (
            "![a](http://evil.example/t.png)",
            f'<p>!<a href="http://evil.example/t.png" {REL}>a</a></p>\n',
        ),
        (
            "<mailto:a@example.org>",
            f'<p><a href="mailto:a@example.org" {REL}>mailto:a@example.org</a></p>\n',
        ),
        (
            '```" onclick=x\n<i>\n```',
            '<pre><code class="language-&quot;">&lt;i&gt;\n</code></pre>\n',
        ),
        ("a\u202eb\0c", "<p>a\\u202eb\\x00c</p>\n"),
    ],
)
def test_markdown_is_harmless(text, html):
    assert markdown(text, 3) == html


def test_a_markdown_table_scrolls_by_itself_and_has_no_style_attributes():
    html = markdown("| a | b |\n|--:|:-:|\n| 1 | 2 |", 3)
    assert html.startswith('<div class="scroll" tabindex="0"')
    assert '<td class="right">1</td>' in html and '<td class="center">2</td>' in html
    assert "style" not in html


@given(st.text(alphabet=st.sampled_from("<>&\"'[]()!*_`|-:#\n\\ a1hjtps/.=\u202e\0"), max_size=80))
@settings(deadline=None)
def test_markdown_never_makes_an_element_that_acts(text):
    tags = Parsed(f"<div>{markdown(text, 3)}</div>")
    for tag, attributes in tags.elements:
        assert tag not in ("script", "style", "img", "iframe", "svg", "form", "input")
        assert attributes.keys() <= {
            "class", "href", "rel", "title", "start", "tabindex", "role", "aria-label",
        }  # fmt: skip


@given(st.text(max_size=60))
def test_readable_keeps_lines_and_leaves_nothing_that_hides(text):
    shown = readable(text)
    assert shown.replace("\n", "").replace("\t", "").replace("\u200d", "").isprintable()
    assert readable(shown) == shown
    shown.encode()
