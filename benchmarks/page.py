"""A report in a browser against an empty page: first paint and load in headless Chromium.

Run it by hand on a quiet machine: ``python benchmarks/page.py REPORT.html [ROUNDS]``. Each visit
has a new profile; the pages take turns; ratios are medians over rounds with their range. Every
picture is checked to decode once it is scrolled to.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EMPTY = "<!doctype html><html lang='en'><title>empty</title><p>empty</p></html>"
TIMES = """() => new Promise(done => {
  const read = () => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    const page = performance.getEntriesByType('navigation')[0];
    if (paint && page.loadEventEnd) done([paint.startTime, page.loadEventEnd]);
    else setTimeout(read, 10);
  };
  read();
})"""
BROKEN = """async () => {
  for (const image of document.images) {
    image.scrollIntoView();
    try { await image.decode(); } catch { return image.alt; }
  }
  return document.images.length;
}"""


def visit(playwright: Playwright, page: Path) -> tuple[float, float]:
    """First contentful paint and the end of the load event, milliseconds after navigation."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(page.as_uri())
    paint, load = tab.evaluate(TIMES)
    browser.close()
    return paint, load


def main() -> None:
    report = Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        empty = Path(folder, "empty.html")
        empty.write_text(EMPTY, encoding="utf-8")
        seen: dict[Path, list[tuple[float, float]]] = {empty: [], report: []}
        for _ in range(rounds):
            for page, times in seen.items():
                times.append(visit(playwright, page))
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        tab = browser.new_page()
        tab.goto(report.as_uri())
        pictures = tab.evaluate(BROKEN)
        browser.close()
    print(f"{report.stat().st_size / 1e6:.1f} MB, every picture decodes: {pictures}")
    for place, what in enumerate(("first paint", "load")):
        ours = [times[place] for times in seen[report]]
        floor = [times[place] for times in seen[empty]]
        ratios = [a / b for a, b in zip(ours, floor, strict=True)]
        print(
            f"{what:12} {statistics.median(ours):7.0f} ms, empty {statistics.median(floor):.0f} ms,"
            f" ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
