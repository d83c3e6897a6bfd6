"""A search of events that continues automatically, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from streams.events.search import scan
from tests import factories
from tests.browser.page_actions import barriers, sign_in

pytestmark = pytest.mark.browser

EVENTS = 60
HELD_BACK = "**/events/search/**"


@pytest.fixture
def cast(transactional_db, monkeypatch):
    monkeypatch.setattr(scan, "FIRST_WINDOW", 10)
    monkeypatch.setattr(scan, "FIRST_S", 0)
    monkeypatch.setattr(scan, "NEXT_S", 0)
    cast = factories.cast()
    factories.append(cast.feed, 1, userId="ada")
    factories.append(cast.feed, EVENTS - 1, userId="bea")
    cast.alice.set_password(factories.PASSWORD)
    cast.alice.save()
    return cast


def test_a_search_goes_on_stops_and_continues(page, cast, live_server):
    sign_in(page, live_server.url, cast.alice.email)
    waiting = []
    page.route(
        HELD_BACK, lambda route: waiting.append(route)
    )  # the first step waits for us
    page.get_by_role("link", name="Events", exact=True).click()
    page.wait_for_load_state()  # until then, no script removes empty fields
    page.locator("#id_user_id").fill("ada")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("10 of 60 events")).to_be_visible()

    # Stopped: the step in progress still shows what it finds.
    page.get_by_role("button", name="Stop").click()
    waiting.pop().continue_()
    expect(page.get_by_text("20 of 60 events")).to_be_visible()
    more = page.get_by_role("link", name="Search older events")
    expect(more).to_be_focused()
    assert barriers(page) == []

    # It continues from there, to the end.
    page.unroute(HELD_BACK)
    more.click()
    expect(page.get_by_text("Search complete: 1 match in 60 events")).to_be_visible()
    assert page.get_by_role("link", name="Email Opened").count() == 1
    assert page.url.endswith("/events/?user_id=ada")  # without empty fields

    # One key clears the filters, except where one types.
    page.locator("#id_user_id").press("x")
    page.locator("h1").click()
    page.keyboard.press("x")
    expect(page.get_by_role("link", name="Clear all")).to_be_hidden()
    assert page.url.endswith("/events/?")


def test_new_events_appear_in_the_gap_above_the_table(page, cast, live_server):
    sign_in(page, live_server.url, cast.alice.email)
    page.get_by_role("link", name="Events", exact=True).click()
    table, bar = page.locator("table.table"), page.locator(".filter-bar")
    above, below = bar.bounding_box(), table.bounding_box()
    factories.append(cast.feed, 1, userId="cem")
    button = page.get_by_role("link", name="Show 1 new event")
    expect(button).to_be_visible()
    shown = button.bounding_box()

    assert table.bounding_box()["y"] == below["y"]
    # No more than the gap between any two parts of a page.
    assert below["y"] - (above["y"] + above["height"]) <= 24
    assert shown["y"] + shown["height"] <= below["y"] + 4
    assert barriers(page) == []

    button.click()
    expect(page.get_by_role("cell", name="cem", exact=True)).to_be_visible()
