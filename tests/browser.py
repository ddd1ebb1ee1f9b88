"""A headless Chromium for tests, and a page in it that keeps account of what it did."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
# Listens before anything else runs: a violation shows in no other way when it is not reported.
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""


ALL_DECODED = """async () => {
  const images = [...document.images];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map((image) => image.decode()));
  return images.length;
}"""


@dataclass
class Visit:
    """A page that was opened, the addresses it asked for and what it complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.violations")
        return found


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; without one the test is skipped, but fails where CI says there must be one."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        message = f"no browser found: none of {', '.join(NAMES)} is on the PATH"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Any, address: str | Path, **context: Any) -> Iterator[Visit]:
    """Open ``address`` (a path or a URL) in a fresh profile; ``context`` goes to playwright."""
    url = address.resolve().as_uri() if isinstance(address, Path) else address
    opened = browser.new_context(**context)
    try:
        if context.get("java_script_enabled", True):
            opened.add_init_script(VIOLATIONS)
        page = opened.new_page()
        result = Visit(page)
        page.on("request", lambda request: result.requests.append(request.url))
        page.on("console", lambda message: result.complaints.append(message.text))
        page.on("pageerror", lambda error: result.complaints.append(str(error)))
        page.goto(url)
        # After the first frame the page has its whole height: nobody scrolls before that.
        page.wait_for_selector("html:not(.early)", state="attached")
        yield result
    finally:
        opened.close()


def until(page: Any, condition: str, arg: Any = None) -> None:
    """Wait until the JavaScript ``condition`` holds, at most 30 s.

    Playwright's own ``wait_for_function`` repeats its question by ``eval`` inside the page, which
    a report's policy forbids: it fails unless the first answer is yes.
    """
    end = time.monotonic() + 30
    while not page.evaluate(condition, arg):
        assert time.monotonic() < end, f"never came true: {condition}"
        page.wait_for_timeout(20)


@contextmanager
def served(folder: Path, policy: str) -> Iterator[str]:
    """The folder on a local server that sends ``policy`` with every answer."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def end_headers(self):
            self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/index.html"
        finally:
            server.shutdown()
            thread.join()
