"""The bell and the inbox, with the keyboard and on a phone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.browser.test_pages import PHONE, be
from tests.portal.access_table import set_scene

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(transactional_db, settings, segment):
    settings.SANDBOX_URL = segment.url
    return set_scene()


@pytest.mark.parametrize("phone", [False, True])
def test_the_bell_counts_what_is_unread_and_leads_to_the_page_that_fixes_it(
    page, scene, live_server, phone
):
    if phone:
        page.set_viewport_size(PHONE)
    be(page, scene, live_server, "anna")
    home = reverse("portal:overview", args=[scene.cast.workspace.public_id])
    page.goto(live_server.url + home)

    page.get_by_role("link", name="Inbox: 1 unread notice").click()
    page.get_by_role("link", name="Delivery stopped").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Change key or region")
    expect(page.get_by_role("link", name="Inbox: no unread notices")).to_be_visible()


def test_all_notices_can_be_marked_as_read(page, scene, live_server):
    factories.in_inbox(scene.notice.alert, scene.cast.anna, transition="closed")
    be(page, scene, live_server, "anna")
    page.goto(live_server.url + reverse("portal:inbox"))
    expect(page.get_by_text("Unread", exact=True)).to_have_count(2)

    page.get_by_role("button", name="Mark all as read").click()

    expect(page.get_by_text("Marked 2 notices as read.")).to_be_visible()
    expect(page.get_by_text("Unread", exact=True)).to_have_count(0)


def test_an_editor_acknowledges_an_alert_and_a_viewer_sees_it(page, scene, live_server):
    cast = scene.cast
    url = live_server.url + reverse("portal:alerts", args=[cast.workspace.public_id])
    be(page, scene, live_server, "alice")
    page.goto(url)

    page.get_by_role("button", name="Acknowledge").click()

    expect(page.get_by_text("You acknowledged the alert.")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    be(page, scene, live_server, "bob")
    page.goto(url)
    expect(page.get_by_text(f"Acknowledged by {cast.alice.email}")).to_be_visible()


def test_choices_are_kept_with_the_keyboard(page, scene, live_server):
    be(page, scene, live_server, "anna")
    page.goto(live_server.url + reverse("portal:notifications"))

    page.get_by_label("Delivery stopped: Email").select_option("Daily digest")
    page.get_by_role("button", name="Save settings").press("Enter")

    expect(page.get_by_text("Saved your notification settings.")).to_be_visible()
    expect(page.get_by_label("Delivery stopped: Email")).to_have_value("daily")
