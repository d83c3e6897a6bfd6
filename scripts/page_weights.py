"""Measures the portal's pages in Chromium, and writes the table of docs/benchmarks.md.

Run it against a portal with its demonstration and collected static files:

    python manage.py collectstatic --noinput && make run     # in one terminal
    python -m scripts.page_weights                           # in another
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "benchmarks.md"
START, END = "<!-- pages: start -->", "<!-- pages: end -->"
VISITS = 5  # of each page, for the server time
MAX_PAGES = 30  # per person
ROLES = ("workspace admin", "partner admin", "operator")
LINKS = ".nav a, .tabs a, .table a.whole, .list a, .head a.button:not([download]), .docs-side a, #content-main a"

WATCH = """
window.shift = 0;
window.slowest = 0;
const watch = (type, note, more) => new PerformanceObserver(list => list.getEntries().forEach(note))
    .observe({ type, buffered: true, ...more });
watch("layout-shift", one => { if (!one.hadRecentInput) window.shift += one.value; });
watch("event", one => { window.slowest = Math.max(window.slowest, one.duration); }, { durationThreshold: 16 });
"""
BYTES = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, one) => sum + one.transferSize, 0)"""
SERVER = """(() => {
    const [visit] = performance.getEntriesByType("navigation");
    return visit.responseStart - visit.requestStart;
})()"""
SETTLED = "new Promise(done => setTimeout(done, 150))"


@dataclass(frozen=True, slots=True)
class Measured:
    """One page: bytes of a first visit, CLS, and milliseconds."""

    who: str
    path: str
    size: int
    shift: float
    server_ms: float
    interaction_ms: float

    @property
    def row(self) -> str:
        figures = f"{self.size / 1000:.0f} | {self.shift:.3f} | {self.server_ms:.0f} | {self.interaction_ms:.0f}"
        return f"| {self.who} | `{self.path}` | {figures} |"


def main() -> None:
    folder = Path(os.environ.get("VAR_DIR", ROOT / "var"))
    facts = json.loads((folder / "run.json").read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        rows = [
            one
            for person in people(facts["sign_ins"])
            for one in measure(browser, facts["web"], person)
        ]
        browser.close()
    write(rows)


def people(sign_ins: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the person of each role who sees the most pages."""
    return [one for one in sign_ins if one["role"] in ROLES]


def measure(browser: Browser, web: str, person: dict[str, str]) -> Iterator[Measured]:
    """Yield each kind of page that a person reaches through links."""
    cookies = signed_in(browser, web, person)
    waiting, seen = [f"{web}/"], set()
    while waiting and len(seen) < MAX_PAGES:
        address = waiting.pop(0)
        if kind_of(address, web) in seen:
            continue
        with_cookies = browser.new_context(viewport={"width": 1280, "height": 800})
        with_cookies.add_cookies(cookies)
        page = opened(with_cookies, address)
        kind = kind_of(page.url, web)
        if kind not in seen and page.url.startswith(web):
            seen.add(kind)
            yield one_page(page, person["role"], kind)
            links = page.eval_on_selector_all(LINKS, "all => all.map(one => one.href)")
            waiting += [link.partition("#")[0] for link in links if link]
        with_cookies.close()


def signed_in(browser: Browser, web: str, person: dict[str, str]) -> list:
    context = browser.new_context()
    page = context.new_page()
    page.goto(web)
    page.get_by_label("Email").fill(person["email"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    cookies = context.cookies()
    context.close()
    return cookies


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.evaluate(SETTLED)
    return page


def kind_of(address: str, web: str) -> str:
    """Return the path with IDs replaced, so that a hundred events are one kind of page."""
    parts = address.removeprefix(web).partition("?")[0].split("/")
    return "/".join("…" if is_id(part) else part for part in parts) or "/"


def is_id(part: str) -> bool:
    return any(letter.isdigit() for letter in part)


def one_page(page: Page, who: str, kind: str) -> Measured:
    size, shift = page.evaluate(BYTES), page.evaluate("window.shift")
    interact(page)
    times = [server_ms(page) for _ in range(VISITS)]
    return Measured(
        who, kind, size, shift, median(times), page.evaluate("window.slowest")
    )


def interact(page: Page) -> None:
    """Use the keyboard, and open what can be opened without leaving the page."""
    for _ in range(5):
        page.keyboard.press("Tab")
    for summary in page.locator("summary:visible").all()[:3]:
        summary.click()
    page.evaluate(SETTLED)


def server_ms(page: Page) -> float:
    other = page.context.new_page()
    session = page.context.new_cdp_session(other)
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    other.goto(page.url)
    found: float = other.evaluate(SERVER)
    other.close()
    return found


def write(rows: list[Measured]) -> None:
    """Replace the table between the two markers."""
    before, _, rest = TABLE.read_text().partition(START)
    after = rest.partition(END)[2]
    head = (
        "| who | page | KB, first visit | CLS | server, ms | slowest interaction, ms |"
    )
    lines = [START, "", head, "|---|---|---:|---:|---:|---:|"]
    lines += [*(one.row for one in rows), "", END]
    TABLE.write_text(before + "\n".join(lines) + after)


if __name__ == "__main__":
    main()
