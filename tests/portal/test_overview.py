"""What a customer is told of the time for which events are kept."""

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


def test_events_that_wait_are_told_of_before_they_are_deleted(as_alice, cast):
    factories.cursor(factories.connection(cast.feed, status="paused"), held=True)
    factories.append(cast.feed, 1204, now=now() - 25 * DAY)

    shown = page(as_alice, cast)

    assert "1,204 events will expire unless they are sent soon" in shown
    assert "and expires on <strong>" in shown


def test_one_event_is_told_of_in_the_singular_and_too_late_is_said_so(as_alice, cast):
    factories.append(cast.feed, 1, now=now() - 40 * DAY)

    shown = page(as_alice, cast)

    assert "1 event will expire unless it is sent soon" in shown
    assert "can expire at any moment" in shown


def test_what_waits_for_less_than_that_is_no_matter(as_alice, cast):
    factories.append(cast.feed, 3, now=now() - 20 * DAY)

    assert "will expire" not in page(as_alice, cast)


def test_what_was_deleted_unsent_stays_in_the_ledger(as_alice, cast):
    factories.append(cast.feed, 1204, now=now() - 40 * DAY)
    factories.append(cast.feed, 2, now=now())
    prune(now=now())

    shown = page(as_alice, cast)

    assert "<dt>Expired</dt>" in shown
    assert "deleted unsent after 30 days" in shown
    assert "The oldest event available is number 1,205" in page(
        as_alice, cast, "events"
    )


def test_an_event_says_until_when_it_is_kept(as_alice, cast):
    factories.append(cast.feed, 1)

    assert "2 April 2026, 00:00" in page(as_alice, cast, "event", 1)


def test_a_list_that_is_empty_says_that_all_is_over(as_alice, cast):
    factories.append(cast.feed, 3, now=now() - 40 * DAY)
    prune(now=now())

    assert "No older events" in page(as_alice, cast, "events")


def test_what_lies_in_quarantine_leads_to_where_it_is_decided_about(as_alice, cast):
    factories.quarantined(cast.feed, 3)

    home = reverse("portal:quarantine", args=[cast.workspace.public_id])
    decide = f'<a href="{home}">Review</a>'
    assert decide in page(as_alice, cast, "overview-fresh")
