"""The sandbox's page “Send inbound” in a real browser."""

from __future__ import annotations

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from tests.sandbox.test_inbound import SECRET, ask, inbound, receiver  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser, inbound):  # noqa: F811
    """The page, which must write nothing to the console."""
    context = browser.new_context()
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(inbound.url)
    page.get_by_role("link", name="Send events to the portal").click()
    yield page
    context.close()
    # Chromium reports a request that was refused, and the page shows the reason.
    assert [text for text in said if "400 (Bad Request)" not in text] == []


def fill(page, receiver):  # noqa: F811
    page.get_by_label("Inbound address").fill(receiver.url)
    page.get_by_label("Inbound secret").fill(SECRET)


def test_events_are_sent_and_retried_when_the_clock_moves(page, receiver):  # noqa: F811
    receiver.statuses = [503]
    fill(page, receiver)
    page.get_by_label("Destination").select_option("Webhooks (Actions), batched")
    page.get_by_label("Identify calls for people").fill("3")

    page.get_by_role("button", name="Send events").click()

    expect(page.get_by_text("Sending 3 events in 1 requests.")).to_be_visible()
    expect(page.locator("#rows tr")).to_contain_text(["Waiting503"])
    page.get_by_role("button", name="1 hour later").click()
    expect(page.locator("#rows tr")).to_contain_text(["Delivered503, 200"])
    assert SECRET not in page.locator("#rows").inner_text()
    page.get_by_role("button", name="Delete requests").click()
    expect(page.get_by_text("No requests yet.")).to_be_visible()


def test_a_mistake_is_explained(page, receiver):  # noqa: F811
    fill(page, receiver)
    page.get_by_label("Other events").fill("[1]")

    page.get_by_role("button", name="Send events").click()

    expect(page.get_by_text("Not sent: Expected `object`")).to_be_visible()
    assert receiver.received == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_and_is_accessible(page, receiver, scheme):  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    fill(page, receiver)
    page.get_by_role("button", name="Send events").click()
    expect(page.locator("#rows tr")).to_have_count(1)

    found = Axe().run(page).response["violations"]
    assert [(one["id"], [n["html"] for n in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
