"""The cost of loading a page: bytes over the wire, and layout shifts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import brotli
from django.contrib.staticfiles import finders
from whitenoise.compress import Compressor

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

MAX_BYTES = 150_000

# Shifts of the layout since the page was opened, and what moved: what CLS adds up.
WATCH = """
window.moved = [];
new PerformanceObserver(list => {
  for (const shift of list.getEntries()) {
    if (shift.hadRecentInput || shift.value < 0.0005) continue; // CLS has three digits
    const nodes = shift.sources.map(({ node }) => (node?.outerHTML || node?.textContent || "").slice(0, 80));
    window.moved.push([shift.value, nodes]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
LOADED = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(one => [one.name, one.encodedBodySize])"""


def watch(context: BrowserContext) -> None:
    """Note the layout shifts of all pages that the window opens from now on."""
    context.add_init_script(WATCH)


def faults(page: Page) -> list[object]:
    """Return what moved while the page was loading, and its size if that is too large."""
    # Two frames later, what the first one painted has been reported.
    page.evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    found: list[object] = page.evaluate("window.moved")
    size = wire_bytes(page)
    return [*found, f"{size} bytes"] if size > MAX_BYTES else found


def wire_bytes(page: Page) -> int:
    """Return the bytes of the page and its files, as in production, without a cache.

    The test's server compresses pages, but not static files, so those are compressed here.
    """
    return sum(
        _static_bytes(path) if path.startswith("/static/") else size
        for path, size in (
            (urlsplit(name).path, size) for name, size in page.evaluate(LOADED)
        )
    )


@cache
def _static_bytes(path: str) -> int:
    content = Path(finders.find(path.removeprefix("/static/"))).read_bytes()
    compress = Compressor().should_compress(path)
    return len(brotli.compress(content)) if compress else len(content)
