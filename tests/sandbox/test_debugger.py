"""The debugger's page in a real browser."""

from __future__ import annotations

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from tests.sandbox.calls import KEY, OTHER_KEY, basic, send_batch, send_one, track

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
def page(browser, segment):
    """The page, which must write nothing to the console."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(segment.url)
    yield page
    context.close()
    assert said == []


def names(page):
    return page.locator("#rows tr:visible .cell-name")


def barriers(page):
    """Return what axe objects to, and where."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def test_events_appear_automatically_newest_first_until_paused(page, segment):
    expect(page.get_by_role("heading", name="No events yet")).to_be_visible()

    send_one(segment, "m-1", headers=basic(KEY))
    expect(names(page)).to_have_text(["Email Opened"])
    send_batch(segment, track("m-2", event="Email Bounced"), track("m-3", userId=7))
    expect(names(page)).to_have_text(["Email Bounced", "Email Opened"])
    expect(page.get_by_text("id_not_string (1)")).to_be_visible()

    page.get_by_role("button", name="Pause").click()
    send_one(segment, "m-4")
    page.wait_for_timeout(1_500)  # longer than the page's polling interval
    expect(names(page)).to_have_count(2)
    page.get_by_role("button", name="Resume").click()
    expect(names(page)).to_have_count(3)


def test_a_test_event_of_the_portal_shows_its_code_in_the_list(page, segment):
    tested = {"event": "Connection Tested", "userId": "connection-test"}

    send_batch(segment, track(properties={"code": "4711"}, **tested))

    expect(names(page)).to_have_text(["Connection Tested · 4711"])


def test_events_are_found_and_opened_without_a_mouse(page, segment):
    send_batch(segment, track("m-1"), track("m-2", event="Email Bounced"))
    send_batch(segment, track("m-3"), headers=basic(OTHER_KEY))
    expect(names(page)).to_have_count(3)

    page.get_by_label("Filter").fill("bounced")
    expect(names(page)).to_have_text(["Email Bounced"])
    page.get_by_label("Filter").fill("")
    page.get_by_label("Key ends with").fill(OTHER_KEY[-4:])
    expect(names(page)).to_have_text(["Email Opened"])
    page.get_by_label("Key ends with").fill("")
    names(page).nth(0).get_by_role("button").press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Event as JSON")).to_contain_text('"messageId": "m-2"')
    assert KEY not in page.content()

    page.keyboard.press("Escape")
    expect(page.get_by_label("Selected event")).to_be_hidden()
    expect(names(page).nth(1).get_by_role("button")).to_be_focused()


def test_a_reset_leaves_an_empty_page(page, segment):
    send_one(segment)
    expect(names(page)).to_have_count(1)

    segment.reset()

    expect(page.get_by_role("heading", name="No events yet")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_and_is_accessible(page, segment, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    send_one(segment)
    names(page).get_by_role("button").click()
    expect(page.locator("#detail-name")).to_be_focused()

    assert barriers(page) == []
    page.get_by_role("button", name="Close").click()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
