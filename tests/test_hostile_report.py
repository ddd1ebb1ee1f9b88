"""A log made to attack whoever opens its report: the page asks for nothing and runs nothing."""

from __future__ import annotations

import pytest

import tbreport
from tbreport.options import Options
from tests import writer
from tests.browser import chromium, visit
from tests.writer import event, write

EVIL = (
    "</script><script>window.pwned = 1</script>",
    "\"><img src=x onerror='window.pwned = 1'>",
    "<svg/onload=window.pwned=1>",
    "[click](javascript:window.pwned=1) ![beacon](http://evil.example/t.png)",
    "<iframe src=//evil.example></iframe><link rel=stylesheet href=//evil.example/x.css>",
    "txt\u202egnp.exe\u2066 nul\x00bell\x07",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}${7*7}",
)
PAGE = b"<html><script>window.pwned = 1</script><img src=//evil.example/t.png>"
DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1"><script>1</script></svg>'
)
CONFIG = """embeddings {
  tensor_path: "vectors.tsv"
  metadata_path: "labels.tsv"
  tensor_name: "<script>window.pwned = 1</script>"
}
embeddings { tensor_path: "../../../etc/passwd" sprite { image_path: "/etc/shadow" } }
"""


def hostile_logs(folder):
    """A run by every evil name that a directory can have, with every kind of value."""
    nodes = {name: ("X" + name, [EVIL[0], name]) for name in EVIL}
    values = {name: name for name in EVIL}
    events = [
        event(graph_def=writer.graph_def(nodes)),
        event(0, writer.hparams_start(values)),
    ]
    for step in range(3):
        for name in EVIL:
            events += [
                event(step, writer.scalar(name, step)),
                event(step, writer.text(f"text {name}", [name.encode()])),
                event(step, writer.text(f"table {name}", [[name.encode()] * 2] * 2)),
                event(step, writer.histogram(f"h {name}", [1.0, 2.0], [3.0, 4.0])),
            ]
        events += [
            event(step, writer.image("svg", DRAWING)),
            event(step, writer.image("html", PAGE)),
            event(step, writer.image("both", writer.png(8, 8) + PAGE)),
            event(step, writer.audio("html", PAGE, "text/html")),
            event(step, writer.audio("wav", PAGE)),
            event(step, writer.audio("label", writer.wav([0, 1, 2]), EVIL[0])),
        ]
    for name in (*(name.replace("/", "|").replace("\x00", "") for name in EVIL), "plain"):
        write(folder / name, *events)
    run = folder / "plain"
    (run / "projector_config.pbtxt").write_text(CONFIG)
    (run / "vectors.tsv").write_text("".join(f"{i}\t{i * i % 7}\t{-i}\n" for i in range(9)))
    labels = [EVIL[row % len(EVIL)].replace("\t", " ") for row in range(9)]
    (run / "labels.tsv").write_text("".join(f"{label}\n" for label in labels))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile_report")
    hostile_logs(folder / "logs")
    logs = tbreport.read_logs(folder / "logs")
    made = tbreport.build_report(logs, options=Options(jobs=1, strict=True))
    made.write(folder / "report.html")
    return folder / "report.html"


def test_no_character_of_the_logs_turns_or_hides_what_stands_beside_it(report):
    text = report.read_text("utf-8")
    assert not set(text) & set("\u202e\u2066\x00\x07")
    assert "\\u202e" in text and "\\x07" in text


def test_no_file_outside_the_logs_is_in_it(report):
    text = report.read_text("utf-8")
    assert "root:" not in text
    assert "leads out of its directory" in text


@pytest.mark.browser
def test_nothing_is_asked_for_and_nothing_is_run(report):
    with chromium() as browser, visit(browser, report) as visited:
        page = visited.page
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(300)
        away = [url for url in visited.requests if not url.startswith("data:")]
        assert away == [report.as_uri()]
        assert page.evaluate("window.pwned") is None
        assert visited.violations() == []
        assert visited.complaints == []
        assert page.locator("iframe, object, embed, svg script, [onerror], [onload]").count() == 0
        links = page.eval_on_selector_all(
            "a", "(all) => all.map((one) => one.getAttribute('href'))"
        )
        assert not [link for link in links if link and link.strip().startswith("javascript")]
