"""A report in a browser against an empty page: first paint and load in headless Chromium.

Run it by hand on a quiet machine: ``python benchmarks/page.py REPORT.html [ROUNDS]``; a number in
place of the report, such as 2000, makes one of so many scalar charts of 8 runs. Each visit has a
new profile, in a browser that has come to rest: for a second after its start it is busy with
itself. The pages take turns; ratios are medians over rounds with their range. Every picture is
checked to decode once it is scrolled to.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Playwright, sync_playwright

import tbreport
from tbreport.model import ScalarSeries
from tbreport.sections import scalars

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AT_REST = 1500  # milliseconds
POINTS = 300
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
    tab.wait_for_timeout(AT_REST)
    tab.goto(page.as_uri())
    paint, load = tab.evaluate(TIMES)
    browser.close()
    return paint, load


def make(path: Path, charts: int) -> Path:
    """A report of ``charts`` scalar charts of 8 runs, more than one has by itself."""
    random = np.random.default_rng(0)
    fall = np.exp(-np.arange(POINTS) / 90)

    def curve() -> Any:
        return fall + random.normal(0, 0.1, POINTS)

    runs = tuple(_run(f"run{run}", charts, curve) for run in range(8))
    scalars.MOST_CHARTS = charts
    options = tbreport.Options(max_size="none")
    tbreport.build_report(tbreport.Logs(runs), options=options).write(path)
    return path


def _run(name: str, charts: int, curve: Callable[[], Any]) -> tbreport.Run:
    steps, times = np.arange(POINTS), np.arange(1.0, POINTS + 1)
    tags = [f"layer{chart // 20}/m{chart % 20:02}" for chart in range(charts)]
    return tbreport.Run(
        name, scalars={tag: ScalarSeries(tag, steps, times, values=curve()) for tag in tags}
    )


def main() -> None:
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        what = sys.argv[1]
        made = Path(folder, "report.html")
        report = make(made, int(what)) if what.isdigit() else Path(what).resolve()
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
