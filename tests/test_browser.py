"""The page in a real browser: what it fetches, what it shows, and what it does when asked."""

import io

import pytest

from tbreport.page import assemble
from tbreport.render import Picture
from tbreport.sections.kit import Cell, Chapter, Column, Figure, Note, Panel, Prose, Table
from tests.browser import ALL_DECODED, chromium, until, visit
from tests.documents import HOSTILE_NAMES, FakeChart, document, every_shape, png

pytestmark = pytest.mark.browser

SHOWN = """(selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.checkVisibility()).length"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A page with every shape, two groups of curves and a finding."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text("".join(assemble(every_shape(("loss/train", "loss/val", "训练/损失")))))
    return path


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    path.write_text("".join(assemble(every_shape(HOSTILE_NAMES))))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["report", "hostile"])
def test_nothing_leaves_the_page_and_nothing_is_amiss(browser, request, which, scheme):
    path = request.getfixturevalue(which)
    with visit(browser, path, color_scheme=scheme) as visited:
        assert visited.page.evaluate(ALL_DECODED) > 0
        away = [url for url in visited.requests if not url.startswith(("data:", "file:"))]
        assert away == []
        assert [url for url in visited.requests if url.startswith("file:")] == [path.as_uri()]
        assert visited.complaints == []
        assert visited.violations() == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["report", "hostile"])
def test_axe_finds_no_violation(browser, request, which, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    path = request.getfixturevalue(which)
    size = {"width": width, "height": 900}
    with visit(browser, path, color_scheme=scheme, viewport=size, bypass_csp=True) as visited:
        for fold in visited.page.query_selector_all("details"):
            fold.evaluate("(fold) => { fold.open = true; }")
        result = axe.Axe().run(visited.page)
        assert result.violations_count == 0, result.generate_report()


def test_an_injected_script_does_not_run(browser, tmp_path):
    text = "".join(assemble(every_shape()))
    evil = "<script>window.ran = true</script><img src=x onerror='window.ran = true'>"
    path = tmp_path / "report.html"
    path.write_text(text.replace("<footer>", f"{evil}<footer>"))
    with visit(browser, path) as visited:
        visited.page.wait_for_timeout(200)
        assert visited.page.evaluate("window.ran") is None
        assert len(visited.violations()) >= 2


def test_without_javascript_everything_can_be_read(browser, report):
    with visit(browser, report, java_script_enabled=False) as visited:
        page = visited.page
        assert not page.locator("#page-filter").is_visible()
        assert page.evaluate(
            "[...document.querySelectorAll('button, input')].every((e) => !e.checkVisibility())"
        )
        assert page.locator(".legend li").first.is_visible()
        assert page.locator("#scalars figure img").first.is_visible()
        page.locator("details.panel summary").first.click()
        assert page.locator("details.panel .prose").first.is_visible()
        assert visited.complaints == []


@pytest.mark.parametrize("which", ["report", "hostile"])
def test_a_phone_scrolls_only_up_and_down(browser, request, which):
    path = request.getfixturevalue(which)
    with visit(browser, path, viewport={"width": 390, "height": 844}) as visited:
        visited.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert visited.page.evaluate("document.documentElement.scrollWidth") == 390


def test_dark_is_dark_and_light_is_light(browser, report):
    ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    with visit(browser, report, color_scheme="light") as visited:
        assert min(visited.page.evaluate(ground)) > 200
    with visit(browser, report, color_scheme="dark") as visited:
        assert max(visited.page.evaluate(ground)) < 50


def printed(browser, path, **context):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    with visit(browser, path, **context) as visited:
        data = visited.page.pdf(prefer_css_page_size=True)
    reader = pypdf.PdfReader(io.BytesIO(data))
    images = sum(len(page.images) for page in reader.pages)
    return "\n".join(page.extract_text() for page in reader.pages), images


@pytest.mark.parametrize("script", [True, False])
def test_print_has_all_that_is_folded_and_every_picture(browser, tmp_path, script):
    charts = [FakeChart(f"curve {place}") for place in range(40)]
    folded = Table((Column("x", "text"),), ((Cell("deep-in-a-table"),),), "More", folded=True)
    panels = [
        Panel(chart.alt, figures=(Figure(chart),), folded=place % 2 == 1)
        for place, chart in enumerate(charts)
    ]
    panels += [
        Panel("Words", prose=(Prose("deep-in-a-panel"),), folded=True),
        Panel("Table", tables=(folded,)),
    ]
    chapter = Chapter("scalars", "Scalars", tuple(panels))
    # Pictures that differ, as the same one would stand in the PDF once.
    pictures = {
        chart: Picture(chart.alt, png(640 + place, 320, ["red"]), 640, 320)
        for place, chart in enumerate(charts)
    }
    path = tmp_path / "report.html"
    path.write_text("".join(assemble(document(chapter, pictures=pictures))))
    text, images = printed(browser, path, java_script_enabled=script)
    assert "deep-in-a-panel" in text
    assert "deep-in-a-table" in text
    assert images == len(charts)


def test_the_filter_leaves_what_matches_and_says_how_much(browser, report):
    with visit(browser, report) as visited:
        page = visited.page
        before = page.evaluate(SHOWN, "#scalars .panel")
        page.keyboard.press("/")
        page.keyboard.type("VAL/x")
        until(page, "!document.querySelector('.result').hidden")
        assert page.evaluate(SHOWN, "#scalars .panel") < before
        assert page.locator("#scalars figure[data-tag='loss/val/x']").is_visible()
        assert not page.locator("#scalars figure[data-tag='训练/损失/x']").is_visible()
        assert "1 tag and 0 runs in 3 of 13 panels: “VAL/x”" in page.locator(".result").inner_text()
        page.locator("#page-filter").fill("nothing is called this")
        page.get_by_text("Nothing matches").wait_for()
        assert page.evaluate(SHOWN, ".chapter") == 0
        assert page.evaluate(SHOWN, ".sections > li") == 0
        page.get_by_role("button", name="Clear").click()
        assert page.evaluate(SHOWN, "#scalars .panel") == before
        assert page.evaluate("document.activeElement.id") == "page-filter"


def test_the_filter_finds_the_rows_of_a_run(browser, report):
    with visit(browser, report) as visited:
        page = visited.page
        page.locator("#page-filter").fill("训练")
        until(page, "!document.querySelector('.result').hidden")
        assert page.evaluate(SHOWN, "#overview tbody tr") == 1
        page.keyboard.press("Escape")
        page.locator("#page-filter").press("Escape")
        assert page.evaluate(SHOWN, "#overview tbody tr") == 3


def test_the_legend_dims_what_is_about_other_runs(browser, report):
    with visit(browser, report) as visited:
        page = visited.page
        button = page.locator(".legend").get_by_role("button", name="loss/train")
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        dim = "(selector) => document.querySelectorAll(selector + '.dim').length"
        assert page.evaluate(dim, "#overview tbody tr") == 2
        assert page.evaluate(dim, "#scalars figure") == 0
        assert page.evaluate(dim, "#images figure") == 4
        button.click()
        assert page.evaluate(dim, "*") == 0


def test_tables_sort_by_value_and_leave_what_has_none_last(browser, tmp_path):
    values = [
        ("b", "10", 10.0),
        ("a", "–", float("nan")),
        ("c", "9", 9.0),
        ("d", "∞", float("inf")),
    ]
    rows = tuple((Cell(name), Cell(text, value)) for name, text, value in values)
    table = Table((Column("Run", "text"), Column("Best")), rows)
    path = tmp_path / "report.html"
    chapter = Chapter("overview", "Runs", (Panel("Runs", tables=(table,)),))
    path.write_text("".join(assemble(document(chapter))))
    with visit(browser, path) as visited:
        page = visited.page
        order = "[...document.querySelectorAll('tbody th')].map((cell) => cell.textContent)"
        button = page.get_by_role("button", name="Best")
        button.click()
        assert page.evaluate(order) == ["c", "b", "d", "a"]
        assert page.locator("thead th").nth(1).get_attribute("aria-sort") == "ascending"
        button.press("Enter")
        assert page.evaluate(order) == ["d", "b", "c", "a"]
        page.get_by_role("button", name="Run").click()
        assert page.evaluate(order) == ["a", "b", "c", "d"]


def test_a_picture_opens_large_and_closes_again(browser, report):
    with visit(browser, report) as visited:
        page = visited.page
        image = page.locator("#scalars figure img").first
        image.click()
        large = page.locator("dialog[open] img")
        assert large.bounding_box()["width"] > image.bounding_box()["width"]
        assert page.locator("dialog[open] strong").inner_text().strip() == "loss/train/x"
        page.keyboard.press("Escape")
        assert page.locator("dialog[open]").count() == 0
        page.locator("#scalars .enlarge").first.press("Enter")
        assert page.locator("dialog[open]").count() == 1
        assert visited.violations() == []


def test_on_a_phone_a_picture_opens_at_its_full_size(browser, report):
    with visit(browser, report, viewport={"width": 390, "height": 844}) as visited:
        page = visited.page
        page.locator("#scalars figure img").first.click()
        assert page.locator("dialog[open] img").bounding_box()["width"] == 640
        assert page.locator("dialog[open]").bounding_box()["width"] < 390


@pytest.mark.parametrize(("anchor", "early"), [("", True), ("#images", False)])
def test_the_first_frame_is_of_what_stands_on_top_unless_a_link_leads_on(
    browser, report, anchor, early
):
    told = """() => { requestAnimationFrame(() => {
      window.early = document.documentElement.classList.contains("early");
    }); }"""
    opened = browser.new_context()
    page = opened.new_page()
    page.add_init_script(f"({told})()")
    page.goto(report.as_uri() + anchor)
    until(page, "window.early !== undefined")
    assert page.evaluate("window.early") is early
    page.wait_for_selector("html:not(.early)")
    hidden = """() => [...document.querySelectorAll(".chapter")]
      .filter((chapter) => getComputedStyle(chapter).contentVisibility === "hidden").length"""
    assert page.evaluate(hidden) == 0
    opened.close()


def test_a_link_into_a_folded_panel_opens_it(browser, report):
    with visit(browser, f"{report.as_uri()}#text/loss/train") as visited:
        visited.page.locator("details.panel[open] .prose").first.wait_for()


def test_an_anchor_is_not_hidden_by_what_sticks(browser, tmp_path):
    charts = [FakeChart(f"curve {place}") for place in range(60)]
    panels = tuple(Panel(f"t/{i}", figures=(Figure(chart),)) for i, chart in enumerate(charts))
    path = tmp_path / "report.html"
    path.write_text("".join(assemble(document(Chapter("scalars", "Scalars", panels)))))
    for width in (1440, 390):
        address = f"{path.as_uri()}#scalars/t/50"
        with visit(browser, address, viewport={"width": width, "height": 900}) as visited:
            visited.page.wait_for_timeout(300)
            box = visited.page.locator("[id='scalars/t/50'] h3").bounding_box()
            legend = visited.page.locator(".legend").bounding_box()
            assert legend["y"] + legend["height"] <= box["y"] < 700


def test_the_list_of_sections_shows_where_the_reader_is(browser, report):
    with visit(browser, report, viewport={"width": 1440, "height": 500}) as visited:
        page = visited.page
        page.locator("nav a[href='#images']").click()
        page.locator("nav a[href='#images'][aria-current]").wait_for()
        assert page.locator("nav [aria-current]").count() == 1


def test_on_a_phone_the_list_of_sections_follows_the_reader(browser, tmp_path):
    panel = Panel("p", figures=(Figure(FakeChart()),))
    chapters = [Chapter(f"s{place}", f"A long title {place}", (panel,)) for place in range(20)]
    path = tmp_path / "report.html"
    path.write_text("".join(assemble(document(*chapters))))
    with visit(browser, path, viewport={"width": 390, "height": 600}) as visited:
        page = visited.page
        page.evaluate("document.getElementById('s15').scrollIntoView()")
        current = page.locator("nav a[href='#s15'][aria-current]")
        current.wait_for()
        assert 0 <= current.bounding_box()["x"] < 390


def test_the_keyboard_reaches_the_report_past_the_list(browser, report):
    with visit(browser, report) as visited:
        page = visited.page
        page.keyboard.press("Tab")
        assert page.locator(".skip").is_visible()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "page-main"


def test_a_note_of_warning_is_told_by_a_word_and_not_by_colour_alone(browser, tmp_path):
    panel = Panel("p", figures=(Figure(FakeChart()),), notes=(Note("It rises.", "warning"),))
    path = tmp_path / "report.html"
    path.write_text("".join(assemble(document(Chapter("s", "S", (panel,))))))
    with visit(browser, path) as visited:
        assert "Warning: It rises." in visited.page.locator(".panel").inner_text()
