"""The retention of events, as customers see it."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from streams.base.clock import now
from streams.delivery.retention.pruning import prune
from tests import factories

DAY = timedelta(days=1)


def page(client, cast, name: str = "overview", *args: object) -> str:
    return client.get(
        reverse(f"portal:{name}", args=[cast.workspace.public_id, *args])
    ).text


def test_queued_events_that_will_be_deleted_are_announced(as_alice, cast):
    factories.cursor(factories.connection(cast.feed, status="paused"), held=True)
    factories.append(cast.feed, 1204, now=now() - 25 * DAY)

    shown = page(as_alice, cast)

    assert "1,204 events will expire unless they are sent soon" in shown
    assert "and expires on <strong>" in shown


def test_the_warning_has_a_singular_and_names_an_expiry_in_the_past(as_alice, cast):
    factories.append(cast.feed, 1, now=now() - 40 * DAY)

    shown = page(as_alice, cast)

    assert "1 event will expire unless it is sent soon" in shown
    assert "can expire at any moment" in shown


def test_recently_queued_events_cause_no_warning(as_alice, cast):
    factories.append(cast.feed, 3, now=now() - 20 * DAY)

    assert "will expire" not in page(as_alice, cast)


def test_events_that_expired_unsent_stay_in_the_ledger(as_alice, cast):
    factories.append(cast.feed, 1204, now=now() - 40 * DAY)
    factories.append(cast.feed, 2, now=now())
    prune(now=now())

    shown = page(as_alice, cast)

    assert "<dt>Expired</dt>" in shown
    assert "deleted unsent after 30 days" in shown
    assert "The oldest event available is number 1,205" in page(
        as_alice, cast, "events"
    )


def test_an_event_shows_until_when_it_is_kept(as_alice, cast):
    factories.append(cast.feed, 1)

    assert "2 April 2026, 00:00" in page(as_alice, cast, "event", 1)


def test_an_empty_list_says_that_everything_expired(as_alice, cast):
    factories.append(cast.feed, 3, now=now() - 40 * DAY)
    prune(now=now())

    assert "No older events" in page(as_alice, cast, "events")


def test_quarantined_events_link_to_the_page_that_resolves_them(as_alice, cast):
    factories.quarantined(cast.feed, 3)

    home = reverse("portal:quarantine", args=[cast.workspace.public_id])
    decide = f'<dd><a href="{home}" aria-label="3 events in quarantine">'
    assert decide in page(as_alice, cast, "overview-fresh")
