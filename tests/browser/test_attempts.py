"""The panel with one delivery attempt beside the list, by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from streams.delivery.models import Cursor
from tests import factories
from tests.browser.page_actions import barriers
from tests.browser.test_pages import be
from tests.portal.access_table import set_scene

pytestmark = pytest.mark.browser


def test_attempts_are_inspected_one_after_the_other_by_keyboard(
    page, transactional_db, settings, segment, live_server
):
    settings.SANDBOX_URL = segment.url
    scene = set_scene()
    cursor = Cursor.objects.get(feed=scene.cast.feed, end_seq=None)
    factories.delivery(cursor, 3, 3)
    be(page, scene, live_server, "anna")
    page.goto(f"{live_server.url}/w/{scene.cast.workspace.public_id}/attempts/")
    panel = page.locator("#inspector")
    newest = panel.get_by_role("heading", name="Delivery attempt with 1 event")
    oldest = panel.get_by_role("heading", name="Delivery attempt with 3 events")

    page.keyboard.press("j")
    expect(newest).to_be_focused()
    page.keyboard.press("j")
    expect(oldest).to_be_focused()
    assert barriers(page) == []
    page.reload()
    expect(oldest).to_be_visible()
    page.keyboard.press("k")
    expect(newest).to_be_focused()
    page.keyboard.press("Escape")

    expect(panel).to_be_hidden()
    expect(page.locator("[data-inspected-list] a").first).to_be_focused()
    assert "attempt=" not in page.url


def test_the_parts_of_a_split_are_folded_away_until_it_is_opened(
    page, transactional_db, settings, segment, live_server
):
    settings.SANDBOX_URL = segment.url
    scene = set_scene()
    cursor = Cursor.objects.get(feed=scene.cast.feed, end_seq=None)
    factories.delivery(cursor, 1, 2, outcome="split", status_code=400)
    factories.delivery(cursor, 1, 1)
    factories.delivery(cursor, 2, 2, outcome="rejected", status_code=400)
    be(page, scene, live_server, "anna")
    page.goto(f"{live_server.url}/w/{scene.cast.workspace.public_id}/attempts/")
    listed = page.locator("[data-inspected-list]")
    panel = page.locator("#inspector")

    expect(listed.get_by_text("1 event rejected")).to_be_visible()
    expect(listed.locator(".part").first).to_be_hidden()
    page.keyboard.press("j")
    expect(
        panel.get_by_role("heading", name="Delivery attempt with 2 events")
    ).to_be_focused()
    page.keyboard.press("Escape")
    listed.get_by_text("2 smaller requests").click()
    expect(listed.locator(".part")).to_have_count(2)
    expect(listed.locator(".part").first).to_be_visible()
    assert barriers(page) == []
    listed.locator(".part a").first.click()
    expect(
        panel.get_by_role("heading", name="Delivery attempt with 1 event")
    ).to_be_focused()
    page.reload()

    expect(listed.locator(".part").first).to_be_visible()
