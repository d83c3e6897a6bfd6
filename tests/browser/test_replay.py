"""A replay from its form to its end, in a real browser, on real processes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from streams.base.clock import now
from streams.delivery.models import Cursor
from streams.delivery.replay.models import Replay
from streams.events.models import Event
from tests import factories
from tests.browser.page_actions import barriers, sign_in
from tests.portal_processes import until

pytestmark = [pytest.mark.browser, pytest.mark.processes]

EVENTS = 30_000


@pytest.fixture
def cast(portal, settings):
    """Alice's workspace has sent EVENTS, every third of which is a click."""
    cast = factories.cast()
    # Unlike the tests, the web process supports no other hash.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    cast.alice.set_password(factories.PASSWORD)
    cast.alice.save()
    live = factories.cursor(
        factories.connection(cast.feed, known=True, seen_at=factories.NOW)
    )
    for _ in range(0, EVENTS, 5_000):
        factories.append(cast.feed, 5_000, now=now())  # beat would expire older events
    factories.delivered(live, EVENTS, now=now())
    clicks = Event.objects.filter(feed=cast.feed, seq__in=range(3, EVENTS + 1, 3))
    clicks.update(name="Email Clicked")
    return cast


def test_a_replay_is_previewed_started_watched_and_canceled(
    portal, far_segment, cast, page
):
    far_segment.behave({"answers": [], "then": {"delay_s": 1, "take": True}})
    sign_in(page, portal.web(), cast.alice.email)

    preview(page)
    assert not Replay.objects.exists()
    assert barriers(page) == []

    # It runs, and the page updates automatically.
    page.get_by_role("button", name="Replay 9,667 events").click()
    expect(page.get_by_role("heading", name="0% done", exact=True)).to_be_visible()
    assert barriers(page) == []
    portal.worker()
    portal.beat()
    expect(page.get_by_role("heading", name="0% done", exact=True)).to_be_hidden()
    expect(page.get_by_text("Running")).to_be_visible()

    # Canceled: it stops at its position.
    page.get_by_role("button", name="Cancel replay").click()
    expect(page.get_by_text("Replay canceled. Events sent before then")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel replay")).to_be_hidden()
    until(lambda: far_segment.stats()["requests"] == requests_of(cast))
    cursor = Cursor.objects.get(kind="replay")
    assert 1_000 < cursor.position < EVENTS
    assert far_segment.stats()["unique_message_ids"] == cursor.delivered

    see_canceled_replay(page)


def preview(page) -> None:
    """Fill in the form, with an error first, and preview the replay."""
    page.get_by_role("link", name="Replays", exact=True).click()
    expect(page.get_by_text("No replays yet")).to_be_visible()
    page.get_by_role("link", name="New replay").click()
    page.get_by_label("Full event name").fill("Email Clicked")
    page.get_by_label("From event number").fill("1,001")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Enter a whole number.")).to_be_visible()
    page.get_by_label("From event number").fill("1001")
    page.get_by_role("radio", name="Generate new messageId").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Replay 9,667 events?")).to_be_visible()
    expect(page.get_by_text("Segment already has may be counted twice")).to_be_visible()


def see_canceled_replay(page) -> None:
    """See the replay in the history, and its requests marked."""
    page.get_by_role("link", name="Replays", exact=True).click()
    row = page.get_by_role("row", name="Event: Email Clicked")
    expect(row.get_by_text("Canceled")).to_be_visible()
    page.get_by_role("link", name="Delivery attempts", exact=True).click()
    expect(page.get_by_role("row").nth(1).get_by_text("Replay")).to_be_visible()
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_text("Up to date")).to_be_visible()


def requests_of(cast) -> int:
    """Return the recorded delivery attempts of replays."""
    return cast.feed.connections.get().deliveries.filter(cursor__kind="replay").count()
