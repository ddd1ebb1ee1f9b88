"""Whole reports in a real browser: of the sample logs, of real ones, and of hostile names."""

import io
import os
import re
import unicodedata
from pathlib import Path

import pytest

import tbreport
from tests.browser import chromium, visit
from tests.documents import HOSTILE_NAMES
from tests.make import image_series, logs, run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[1]
REAL = ("BTHeinbach__gym-flp", "ibadrather__pytorch_learn")
REPORTS = ("sample_logs", *REAL, "hostile")
SIZES = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
A4 = (595, 842)  # points

# Scrolls as a reader does and says which pictures show nothing when they are on the screen.
SCROLLED = """async () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  const broken = [];
  for (const image of document.images) {
    image.scrollIntoView();
    await new Promise(requestAnimationFrame);
    try { await image.decode(); } catch { broken.push(image.alt); }
    if (!image.naturalWidth) broken.push(image.alt);
  }
  return [document.images.length, broken];
}"""
# What is far off the screen has no layout of its own, so axe would see parts of it overlap.
LAID_OUT = ".panel { content-visibility: visible !important; }"
# One fold of each kind and section: thousands of cells alike take axe a minute.
SOME_OPEN = """() => {
  for (const chapter of document.querySelectorAll(".chapter")) {
    for (const kind of ["details.panel", "article details"]) {
      const fold = chapter.querySelector(kind);
      if (fold) fold.open = true;
    }
  }
}"""
SHIFTS = """async () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  const sizes = () => [...document.images].map((image) => [image.offsetWidth, image.offsetHeight]);
  const before = sizes();
  await Promise.all([...document.images].map((image) => {
    image.loading = "eager";
    return image.decode();
  }));
  return sizes().filter((size, place) => String(size) !== String(before[place])).length;
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Reports by name, each made once."""
    reports = {}

    def make(name):
        if name not in reports:
            path = tmp_path_factory.mktemp("reports") / f"{name}.html"
            tbreport.build_report(_logs(name), title=name).write(path)
            reports[name] = path
        return reports[name]

    return make


def _logs(name):
    if name == "hostile":
        return logs(*[_hostile(one) for one in HOSTILE_NAMES])
    folder = ROOT / name if name == "sample_logs" else ROOT.parent / "shared" / "logs" / name
    if not folder.is_dir():
        pytest.skip(f"needs shared/logs/{name} beside the checkout")
    return tbreport.read_logs(folder)


def _hostile(name):
    scalars = {f"{tag}/loss": [3.0, 2.0, float("nan"), 1.0] for tag in HOSTILE_NAMES[:6]}
    return run(name or "empty", scalars, image_series(f"{name}/image", 3), image_series("same", 3))


@pytest.fixture(params=REPORTS)
def report(request, made):
    return made(request.param)


def keep(page, name):
    """A screenshot for people to look at, where the gate wants it."""
    folder = os.environ.get("LEFTOVERS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


# Every size and every scheme, but not each with each: axe takes its time on whole reports.
@pytest.mark.parametrize(("size", "scheme"), [("wide", "light"), ("phone", "dark")])
def test_axe_finds_no_violation(browser, report, size, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = {"color_scheme": scheme, "viewport": SIZES[size], "bypass_csp": True}
    with visit(browser, report, **context) as visited:
        page = visited.page
        page.wait_for_timeout(300)
        keep(page, f"{report.stem}-{size}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
        figure = page.locator("#scalars figure:visible").first
        figure.scroll_into_view_if_needed()
        keep(page, f"{report.stem}-{size}-{scheme}-scalars")
        page.add_style_tag(content=LAID_OUT)
        page.evaluate(SOME_OPEN)
        result = axe.Axe().run(page, options={"runOnly": RULES})
        assert result.violations_count == 0, result.generate_report()
        figure.locator(".enlarge").press("Enter")
        page.locator("dialog[open] svg.live").wait_for()
        keep(page, f"{report.stem}-{size}-{scheme}-large")
        result = axe.Axe().run(page, context="dialog", options={"runOnly": RULES})
        assert result.violations_count == 0, result.generate_report()
        assert visited.complaints == []


@pytest.mark.parametrize(("size", "scheme"), [("wide", "dark"), ("phone", "light")])
def test_it_fits_the_window(browser, report, size, scheme):
    with visit(browser, report, color_scheme=scheme, viewport=SIZES[size]) as visited:
        keep(visited.page, f"{report.stem}-{size}-{scheme}")
        width = visited.page.evaluate("document.documentElement.scrollWidth")
        assert width <= SIZES[size]["width"]


def test_nothing_is_fetched_and_every_picture_shows_when_it_is_scrolled_to(browser, report):
    with visit(browser, report) as visited:
        count, broken = visited.page.evaluate(SCROLLED)
        assert count > 5 and broken == []
        assert [url for url in visited.requests if not url.startswith("data:")] == [report.as_uri()]
        assert visited.complaints == []
        assert visited.violations() == []


def test_no_picture_moves_what_is_around_it(browser, report):
    with visit(browser, report) as visited:
        assert visited.page.evaluate(SHIFTS) == 0


def test_every_link_leads_to_its_place(browser, report):
    with visit(browser, report) as visited:
        page = visited.page
        hrefs = page.evaluate(
            "[...new Set([...document.links].map((link) => link.getAttribute('href')))]"
        )
        inside = [href for href in hrefs if href.startswith("#")]
        assert len(inside) > 5
        known = "(href) => Boolean(document.getElementById(href.slice(1)))"
        assert [href for href in inside if not page.evaluate(known, href)] == []
        assert [href for href in hrefs if not re.match("#|https?:|mailto:", href)] == []
        for href in [inside[0], inside[len(inside) // 2], inside[-1]]:
            page.evaluate("(hash) => { location.hash = hash; }", href)
            page.wait_for_timeout(300)
            top = page.evaluate(
                "(href) => document.getElementById(href.slice(1)).getBoundingClientRect().top", href
            )
            assert -5 < top < 900


def test_without_javascript_pictures_and_first_and_last_values_stay(browser, report):
    with visit(browser, report, java_script_enabled=False) as visited:
        page = visited.page
        every = page.locator("button, input, dialog").all()
        assert [one for one in every if one.is_visible()] == []
        panel = page.locator("#scalars .panel").first
        panel.scroll_into_view_if_needed()
        panel.locator("img").first.wait_for()
        panel.locator("summary").first.click()
        heads = panel.locator("thead").first.inner_text()
        assert {"First", "Last", "Min", "Max"} <= set(heads.split())
        assert panel.locator("tbody tr").first.is_visible()


def test_print_has_all_text_on_a4_and_cuts_no_figure(browser, report):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    with visit(browser, report) as visited:
        page = visited.page
        data = page.pdf(prefer_css_page_size=True)
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 688, "height": 1000})
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.evaluate("for (const hidden of document.querySelectorAll('.hide')) hidden.remove()")
        cells = page.locator("tbody th, tbody td, h3, h4").all_inner_texts()
        tall = page.evaluate(
            "Math.max(...[...document.querySelectorAll('figure')].map((f) => f.offsetHeight))"
        )
        controls = page.locator("figure button:visible, input:visible, dialog:visible").count()
    assert tall < 1016  # CSS pixels: A4 without its margins
    assert controls == 0
    reader = pypdf.PdfReader(io.BytesIO(data))
    boxes = {(round(p.mediabox.width), round(p.mediabox.height)) for p in reader.pages}
    assert len(boxes) == 1
    assert all(abs(a - b) <= 1 for a, b in zip(boxes.pop(), A4, strict=True))
    text = "".join(p.extract_text() for p in reader.pages)
    printed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))  # "ﬁ" is two letters
    # Of ASCII only: how a PDF spells other scripts is up to the fonts.
    plain = {text for text in cells if text.isascii()}
    words = {word for text in plain for word in text.split() if len(word) < 30}
    missing = {word for word in words if word not in printed}
    assert len(words) > 50 and missing == set()
    folder = os.environ.get("LEFTOVERS")
    if folder:
        (Path(folder) / f"{report.stem}.pdf").write_bytes(data)
