"""What a chart tells in a browser when it is asked: its values, its zoom, its switches."""

import math
import re

import numpy as np
import pytest

from tbreport.options import Options
from tbreport.page import assemble
from tbreport.report import build_report
from tbreport.sections.kit import Chapter, Figure, Panel
from tbreport.stats import smooth
from tests.browser import chromium, until, visit
from tests.documents import FakeChart, document
from tests.make import image_series, logs, run, scalar_series

pytestmark = pytest.mark.browser

LENGTH = 41
CURVES = {
    name: (0.1 + np.exp(-np.arange(LENGTH) / pace)).astype(np.float32).astype(float)
    for name, pace in {"a": 5, "b": 9, "b 2": 30}.items()
}
CURVES["b"][7] = math.nan
STEPS = np.arange(LENGTH) * 25
OVER = "(plot) => plot.querySelectorAll('svg.over path.line:not(.raw)').length"


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


def written(path, **options):
    runs = [
        run(
            name,
            {"acc/x": [0.5, 0.6]},
            scalar_series("loss/val", values, steps=STEPS),
            image_series("seen", 3, steps=[0, 10, 20] if name != "b" else [5, 10, 30]),
        )
        for name, values in CURVES.items()
    ]
    report = build_report(logs(*runs), options=Options(jobs=1, **options))
    assert report.faults == ()
    report.write(path)
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return written(tmp_path_factory.mktemp("live") / "report.html", group="none")


@pytest.fixture
def page(browser, report):
    with visit(browser, report, viewport={"width": 1440, "height": 900}) as visited:
        yield visited.page
        assert visited.complaints == []
        assert visited.violations() == []


@pytest.fixture
def large(page):
    """The page with its chart of the loss open."""
    page.locator("[id='scalars/loss/val'] .enlarge").press("Enter")
    page.locator("dialog[open] svg.live path").first.wait_for()
    return page


def told(page):
    """What the table of the large chart says: run -> (smoothed, value, step)."""
    rows = page.locator("dialog tbody tr").all()
    return {
        row.locator("th").inner_text().strip(): row.locator("td").all_inner_texts() for row in rows
    }


def number(text):
    return float(text.replace(",", "").replace("NaN", "nan"))


def test_the_pointer_is_told_the_values_that_were_logged(page):
    figure = page.locator("[id='scalars/loss/val'] .plot")
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    left, _, right, _ = map(float, figure.get_attribute("data-frame").split())
    scale = box["width"] / 560
    for place in (0, 7, 20, LENGTH - 1):
        x = left + (right - left) * place / (LENGTH - 1)
        page.mouse.move(box["x"] + x * scale, box["y"] + 80)
        tip = page.locator(".tip")
        assert tip.locator("strong").inner_text() == f"step {STEPS[place]:,}"
        for row in tip.locator("tr").all():
            name, value = row.locator("td").all_inner_texts()[:2]
            assert number(value) == pytest.approx(CURVES[name][place], rel=1e-6, nan_ok=True)
    page.mouse.move(5, 5)
    assert page.locator(".tip").count() == 0


def test_keys_move_through_every_point_of_the_large_chart(large):
    chart = large.locator("dialog svg.live")
    chart.focus()
    chart.press("Home")
    for place in range(LENGTH):
        for name, (curve, value, step) in told(large).items():
            assert int(step.replace(",", "")) == STEPS[place]
            assert number(value) == pytest.approx(CURVES[name][place], rel=1e-6, nan_ok=True)
            smoothed = smooth(CURVES[name], 0.6)[place]
            assert number(curve) == pytest.approx(smoothed, rel=1e-6, nan_ok=True)
        assert chart.get_attribute("aria-valuetext") == f"step {STEPS[place]:,}"
        chart.press("ArrowRight")


def test_the_slider_smooths_as_tensorboard_does(large):
    for weight in (0, 0.9, 0.999):
        large.locator("dialog input[type=range]").fill(str(weight))
        large.locator("dialog svg.live").press("End")
        for name, (curve, *_) in told(large).items():
            wanted = smooth(CURVES[name], weight)[-1]
            assert number(curve or told(large)[name][1]) == pytest.approx(wanted, rel=1e-6)


def test_dragging_zooms_in_and_a_double_click_shows_all(large):
    labels = "dialog .axes text"
    before = large.locator(labels).all_text_contents()
    box = large.locator("dialog svg.live").bounding_box()
    large.mouse.move(box["x"] + 300, box["y"] + 200)
    large.mouse.down()
    large.mouse.move(box["x"] + 400, box["y"] + 202, steps=4)
    large.mouse.up()
    inside = large.locator(labels).all_text_contents()
    assert inside != before and "0" not in inside
    large.locator("dialog svg.live").press("-")
    assert large.locator(labels).all_text_contents() != inside
    large.mouse.dblclick(box["x"] + 300, box["y"] + 200)
    assert large.locator(labels).all_text_contents() == before


def test_runs_and_axis_are_switched(large):
    lines = large.locator("dialog path.line:not(.raw)")
    assert lines.count() == 3
    large.get_by_role("checkbox", name="b 2").uncheck()
    assert lines.count() == 2
    assert told(large)["b 2"] == ["", "", ""]
    large.get_by_role("button", name="None").click()
    assert lines.count() == 0
    large.get_by_role("button", name="All runs").click()
    before = lines.first.get_attribute("d")
    large.get_by_role("checkbox", name="log y").check()
    assert lines.first.get_attribute("d") != before


def test_escape_and_the_way_back_close_and_forward_opens_again(large):
    large.keyboard.press("Escape")
    until(large, "!history.state?.large")
    assert large.locator("dialog[open]").count() == 0
    large.go_forward()
    large.locator("dialog[open] svg.live").wait_for()
    large.go_back()
    until(large, "!document.querySelector('dialog[open]')")


def test_back_leads_to_where_the_reader_was(page):
    top = "(id) => document.getElementById(id).getBoundingClientRect().top"
    page.locator("nav a[href='#images']").click()
    page.wait_for_timeout(200)
    before = page.evaluate(top, "images")
    page.locator("nav a[href='#overview']").click()
    page.wait_for_timeout(200)
    page.go_back()
    page.wait_for_timeout(300)
    assert abs(page.evaluate(top, "images") - before) < 40


def test_a_filter_and_a_choice_outlive_loading_anew(page):
    page.locator("#page-filter").fill("^loss|^seen$")
    page.locator(".result:visible").wait_for()
    assert "2 tags and 0 runs" in page.locator(".result").inner_text()
    page.locator("#page-filter").fill("los[")
    page.get_by_text("Nothing matches").wait_for()
    page.locator("#page-filter").fill("loss/v.l")
    page.locator(".legend").get_by_role("button", name="a", exact=True).click()
    page.reload()
    page.locator(".result:visible").wait_for()
    assert page.locator("#page-filter").input_value() == "loss/v.l"
    assert page.locator(".legend [aria-pressed=true]").inner_text() == "a"


def test_a_link_to_what_a_filter_hides_ends_the_filter(page):
    page.locator("#page-filter").fill("acc")
    page.locator(".result:visible").wait_for()
    page.evaluate("location.hash = '#scalars/loss/val'")
    page.locator("[id='scalars/loss/val'] img").wait_for()
    assert page.locator("#page-filter").input_value() == ""


def test_a_link_is_copied_from_any_chart(browser, report):
    rights = ["clipboard-read", "clipboard-write"]
    with visit(browser, report, permissions=rights) as visited:
        page = visited.page
        page.locator("[id='scalars/loss/val'] .copy").press("Enter")
        page.get_by_text("Link copied").wait_for()
        address = page.evaluate("navigator.clipboard.readText()")
        assert address == f"{report.as_uri()}#scalars/loss/val"
        page.locator("[id='images/seen'] .copy").nth(1).press("Enter")
        until(page, "async () => (await navigator.clipboard.readText()).includes('seen')")
        address = page.evaluate("navigator.clipboard.readText()")
        page.goto(address)
        assert page.locator("figure:target").get_attribute("data-tag") == "seen"


def test_a_chosen_run_stands_out_in_tables_curves_and_images(page):
    page.locator(".legend").get_by_role("button", name="b 2").click()
    plot = page.locator("[id='scalars/loss/val'] .plot")
    plot.scroll_into_view_if_needed()
    plot.locator("svg.over").wait_for()
    assert plot.evaluate(OVER) == 1
    assert page.locator("#overview tbody tr.dim").count() == 2
    assert page.locator("#images figure:not(.dim)").evaluate_all(
        "(figures) => [...new Set(figures.map((figure) => figure.dataset.runs))]"
    ) == ["b 2"]
    page.locator("#overview tbody .run", has_text=re.compile("^b 2$")).click()
    assert page.locator(".dim").count() == 0 == plot.locator("svg.over").count()


def test_the_slider_shows_every_run_at_one_step(page):
    panel = page.locator("[id='images/seen']")
    slider = panel.locator("input[type=range]")
    slider.scroll_into_view_if_needed()
    shown = "(f) => f.filter((one) => one.checkVisibility()).map((one) => one.dataset.step)"
    figures = panel.locator("figure")
    assert figures.evaluate_all(shown) == ["20", "30", "20", "10", "10", "10", "0", "5", "0"]
    slider.fill("2")  # of 0, 5, 10, 20, 30
    assert figures.evaluate_all(shown) == ["10", "10", "10"]
    tops = {round(one.bounding_box()["y"]) for one in figures.all() if one.is_visible()}
    assert len(tops) == 1
    slider.press("End")
    assert len(figures.evaluate_all(shown)) == 9


def test_without_its_numbers_a_chart_opens_as_a_picture(browser, tmp_path):
    path = written(tmp_path / "report.html", data=False)
    assert "application/json" not in path.read_text()
    with visit(browser, path) as visited:
        visited.page.locator("[id='scalars/loss/val'] img").click()
        assert visited.page.locator("dialog[open] img").count() == 1


def test_the_script_leaves_two_thousand_charts_alone_until_they_are_asked(browser, tmp_path):
    charts = [FakeChart(f"curve {place}") for place in range(2000)]
    panels = tuple(Panel(chart.alt, figures=(Figure(chart),)) for chart in charts)
    path = tmp_path / "report.html"
    path.write_text("".join(assemble(document(Chapter("scalars", "Scalars", panels)))))
    count = "document.querySelectorAll('*').length"
    with visit(browser, path) as visited, visit(browser, path, java_script_enabled=False) as plain:
        page = visited.page
        assert page.evaluate(count) - plain.page.evaluate(count) < 20
        for image in page.locator("figure img").all()[::100]:
            image.scroll_into_view_if_needed()
            until(page, "(image) => image.complete && image.naturalWidth", image.element_handle())
