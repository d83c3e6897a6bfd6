"""The first page of a browser whose time zone the server doesn't know yet."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NO_COOKIES = """Object.defineProperty(document, "cookie", {get: () => "", set() {}});"""


@pytest.fixture
def visit(browser, client, live_server):
    """Return a window in Tokyo where Anna is signed in, and the pages that it requests."""
    cast, windows = factories.cast(), []

    def opened(script=""):
        window = browser.new_context(timezone_id="Asia/Tokyo")
        windows.append(window)
        client.force_login(cast.anna)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session}
        window.add_cookies([{**cookie, "url": live_server.url}])
        window.add_init_script(script)
        page, asked = window.new_page(), []
        page.on(
            "request",
            lambda request: (
                request.is_navigation_request() and asked.append(request.method)
            ),
        )
        return page, f"{live_server.url}/w/{cast.workspace.public_id}/", asked

    yield opened
    for window in windows:
        window.close()


def settled(page) -> None:
    """Wait until nothing is loaded any more."""
    page.wait_for_load_state("networkidle")


def test_the_first_page_loads_once_more_with_times_in_the_browsers_zone(visit):
    page, url, asked = visit()

    page.goto(url)

    expect(page.get_by_text("Times are in Asia/Tokyo.")).to_be_visible()
    settled(page)
    assert asked == ["GET", "GET"]

    page.goto(f"{url}events/")

    expect(page.get_by_text("Times are in Asia/Tokyo.")).to_be_visible()
    settled(page)
    assert asked == ["GET", "GET", "GET"]


def test_a_browser_that_keeps_no_cookie_loads_each_page_once(visit):
    page, url, asked = visit(NO_COOKIES)

    page.goto(url)

    settled(page)
    expect(page.get_by_text("Times are in UTC.")).to_be_visible()
    assert asked == ["GET"]


def test_the_response_to_a_form_is_not_loaded_again(visit):
    page, url, asked = visit()
    page.goto(f"{url}members/")
    settled(page)
    asked.clear()
    page.context.clear_cookies(name="zone")

    page.get_by_role("button", name="Send invitation").click()

    expect(page.locator("body[data-posted]")).to_be_attached()
    settled(page)
    expect(page.get_by_text("Times are in UTC.")).to_be_visible()
    assert asked == ["POST"]
