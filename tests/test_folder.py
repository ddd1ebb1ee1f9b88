"""The folder output in a real browser: behind a strict server, and opened from disk."""

import math
import re

import pytest

from tbreport import cli
from tbreport.page import assemble_folder
from tests.browser import ALL_DECODED, chromium, served, visit
from tests.documents import HOSTILE_NAMES, every_shape
from tests.writer import audio, event, histogram, image, png, scalar, text, wav, write

pytestmark = pytest.mark.browser

# https://www.jenkins.io/doc/book/security/configuring-content-security-policy/
JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


def test_a_folder_can_be_read_under_the_policy_of_jenkins(browser, tmp_path):
    for name, data in assemble_folder(every_shape()).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    with served(tmp_path, JENKINS) as url, visit(browser, url) as visited:
        page = visited.page
        page.wait_for_load_state("networkidle")
        widths = "[...document.images].filter((image) => image.complete).map((i) => i.naturalWidth)"
        assert page.locator("#scalars figure img").count() == 2
        page.locator("#scalars figure img").last.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        assert min(page.evaluate(widths)) >= 1
        assert page.evaluate("getComputedStyle(document.body).display") == "grid"
        assert page.locator("details.panel").first.is_visible()
        assert not page.locator("#page-filter").is_visible()


def test_a_folder_on_disk_has_style_script_and_pictures(browser, tmp_path):
    for name, data in assemble_folder(every_shape()).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    with visit(browser, tmp_path / "index.html") as visited:
        assert visited.page.evaluate(ALL_DECODED) > 0
        assert visited.page.locator("#page-filter").is_visible()
        assert visited.page.evaluate("getComputedStyle(document.body).display") == "grid"
        assert visited.complaints == []
        assert visited.violations() == []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A report of a run with pictures, sounds, text and a gate, as a folder."""
    folder = tmp_path_factory.mktemp("site")
    tone = wav([int(9000 * math.sin(place / 5)) for place in range(4000)])
    name = '<img src=x onerror="alert(1)">'
    values = (audio("speech", tone), image("digit", png(40, 30)), text("notes", [b"*words*"]))
    for run in ("a", name.replace("/", "")):
        events = [event(step, scalar("loss", 3.0 - step), *values) for step in range(3)]
        write(folder / "logs" / run, *events, event(3, histogram("w", [1, 2], [3, 4])))
    arguments = [str(folder / "logs"), "-q", "-o", f"{folder}/report/", "--fail-if", "loss > 0.5"]
    assert cli.run(arguments) == 1
    return folder / "report"


def test_pictures_and_tables_are_shown_without_script(browser, site):
    with served(site, JENKINS) as url, visit(browser, url) as visited:
        page = visited.page
        assert page.evaluate(ALL_DECODED) >= 8
        assert page.locator("#gates").inner_text().count("loss > 0.5") == 3
        assert page.locator("#overview table tbody tr").count() == 2
        assert page.locator("#overview table").evaluate("(table) => table.clientHeight") > 50
        # All that is forbidden is the script and the sounds, and beside each sound is its file.
        said = [one for one in visited.complaints if "Loading media" not in one]
        assert {re.sub(r"'http.*?'", "…", one) for one in said} == {
            "Blocked script execution in … because the document's frame is sandboxed and the"
            " 'allow-scripts' permission is not set."
        }
        assert page.locator(".sound .beside a").count() == page.locator("audio").count() == 6


def test_nothing_in_the_page_is_inline_and_every_file_it_names_is_there(site):
    html = (site / "index.html").read_text("utf-8")
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", re.sub(r'"[^"]*"', '""', html))
    assert "<style" not in html
    assert not re.search(r'<script(?! src=| type="application/json")', html)  # data is no script
    named = set(re.findall(r'(?:src|href)="([^"#]+)"', html))
    assert all((site / name).is_file() for name in named)
    listed = (site / "tbreport-files.txt").read_text().splitlines()
    assert named | {"index.html"} == set(listed)


def test_hostile_names_lead_nowhere(browser, tmp_path):
    for name, data in assemble_folder(every_shape(HOSTILE_NAMES)).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    with served(tmp_path, JENKINS) as url, visit(browser, url) as visited:
        assert visited.page.evaluate(ALL_DECODED) > 0
        assert {one.rpartition("/")[0] for one in visited.requests} <= {
            url.rpartition("/")[0] + part for part in ("", "/pictures", "/sounds")
        }
