"""A customer's first hour, in a real browser, on real processes."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import Locator, expect

from tests import factories
from tests.browser.page_actions import sign_in
from tests.portal_processes import until
from tests.secret_leaks import places_with

pytestmark = [pytest.mark.browser, pytest.mark.processes]

KEY = "WalkThroughTheBrowserWriteKey001"
TRUNCATED = KEY[:-2]  # as copied in part
MASK = "field => getComputedStyle(field).webkitTextSecurity"


def send(url: str, ingest_key: str, name: str) -> None:
    """Send one event, as the partner's tool does."""
    response = requests.post(
        f"{url}/v1/track",
        auth=(ingest_key, ""),
        json={"event": name, "userId": "user-1"},
        timeout=10,
    )
    assert response.status_code == 200


def test_from_the_first_sign_in_to_delivered_events(
    portal, far_segment, page, har, settings
):
    cast = factories.cast()
    # Unlike the tests, the web process supports no other hash.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    cast.alice.set_password(factories.PASSWORD)
    cast.alice.save()
    ingest_key = factories.ingest_key(cast.feed)
    web = portal.web()
    portal.worker()
    portal.beat()

    sign_in(page, web, cast.alice.email)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("Not connected to Segment")).to_be_visible()

    refuse_bad_key(page)
    connect(page)
    verify(page, far_segment)
    pause(page)
    send(web, ingest_key.text, "Email Opened")
    opened = see_queued_event(page)
    assert [e["event"] for e in far_segment.events(KEY)] == ["Connection Tested"]
    resume(page, opened)
    assert [e["event"] for e in far_segment.events(KEY)] == [
        "Connection Tested",
        "Email Opened",
    ]

    # No secret is anywhere.
    page.context.close()
    for secret in (KEY, TRUNCATED, ingest_key.text, factories.PASSWORD):
        assert places_with(secret, portal, har) == []


def refuse_bad_key(page) -> None:
    """Enter a bad key: the page says what is wrong, and keeps the key, masked."""
    page.get_by_role("link", name="Connect Segment").click()
    page.get_by_role("textbox", name="Write key").fill(TRUNCATED)
    page.get_by_role("radio", name="Sandbox A simulated").check()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("The text has 30 characters")).to_be_visible()
    key = page.get_by_role("textbox", name="Write key")
    expect(key).to_have_value(TRUNCATED)
    expect(key).to_be_focused()
    assert key.evaluate(MASK) == "disc"
    page.get_by_role("button", name="Reveal").click()
    assert key.evaluate(MASK) == "none"
    assert TRUNCATED not in page.content()


def connect(page) -> None:
    """Enter a good key, and a region."""
    page.get_by_role("textbox", name="Write key").fill(KEY)
    page.get_by_role("radio", name="Sandbox A simulated").check()
    page.get_by_role("button", name="Connect").click()
    expect(
        page.get_by_role("heading", name="Segment recognizes the key")
    ).to_be_visible()
    expect(page.get_by_text("Connected, but not verified")).to_be_visible()
    assert KEY not in page.content()


def verify(page, far_segment) -> None:
    """Send the test event, find it in the sandbox's debugger, and confirm it."""
    page.get_by_role("button", name="Send test event").click()
    expect(page.get_by_text("Delivered to Segment")).to_be_visible()
    code = page.locator(".test-code").inner_text()
    assert re.fullmatch(r"\d{4}", code)
    debugger = page.context.new_page()
    debugger.goto(far_segment.url)
    debugger.get_by_role("button", name="Connection Tested").click()
    expect(debugger.get_by_label("Event as JSON")).to_contain_text(code)
    page.get_by_role("button", name="Confirm test event").click()
    expect(
        page.get_by_text("Connection verified. Events arrive in Segment.")
    ).to_be_visible()


def pause(page) -> None:
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Delivery paused")).to_be_visible()
    page.get_by_role("link", name="Events", exact=True).click()
    expect(page.get_by_role("link", name="Connection Tested")).to_be_visible()


def see_queued_event(page) -> Locator:
    """See that new events are queued, and return the event's row."""
    page.get_by_role("link", name="Show 1 new event").click()
    opened = page.get_by_role("row", name="Email Opened")
    expect(opened.get_by_text("Queued: paused")).to_be_visible()
    return opened


def resume(page, opened: Locator) -> None:
    """Resume delivery, and see the event delivered."""
    page.get_by_role("link", name="Connection", exact=True).click()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("link", name="Events", exact=True).click()
    until(lambda: page.reload() and opened.get_by_text("Delivered").is_visible())
    page.get_by_role("link", name="Email Opened").click()
    expect(page.get_by_text('"name": "stream-').first).to_be_visible()
