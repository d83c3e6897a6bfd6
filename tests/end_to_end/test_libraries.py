"""An official library sends through every process to Segment: each event once."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from segment.analytics import Client

from streams.delivery.models import Cursor
from streams.events.models import Event
from streams.observability import ledger
from tests import factories
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

EVENTS = 10_000
CALLS = ["identify", "track", "page", "screen", "group", "alias"]


def say(client: Client, number: int) -> None:
    """Make one of the six calls."""
    user = f"user-{number % 500}"
    match CALLS[number % 6]:
        case "identify":
            client.identify(user, {"plan": "pro"})
        case "track":
            client.track(user, "Email Opened", {"email_id": str(number)})
        case "page":
            client.page(user, "Docs", "Start", {"path": "/start"})
        case "screen":
            client.screen(user, "App", "Home")
        case "group":
            client.group(user, "group-1", {"name": "Acme"})
        case "alias":
            client.alias(f"old-{user}", user)


@pytest.mark.parametrize("gzip", [False, True])
def test_ten_thousand_events_of_all_six_calls_arrive_once_and_in_order(
    portal, far_segment, gzip
):
    connection = factories.connection(factories.feed())
    cursor, key = factories.cursor(connection), factories.ingest_key(connection.feed)
    url = portal.ingest()
    portal.worker()
    portal.beat()
    failed = []
    client = Client(
        key.text,
        host=url,
        gzip=gzip,
        max_queue_size=EVENTS + 1,
        on_error=lambda error, batch: failed.append(error),
    )

    for number in range(EVENTS):
        say(client, number)
    client.flush()
    client.join()
    until(lambda: far_segment.stats()["unique_message_ids"] == EVENTS, within_s=60)
    until(lambda: Cursor.objects.get(pk=cursor.pk).due_at is None)

    assert failed == []
    stats = far_segment.stats()
    assert (stats["events"], stats["duplicates"], stats["discarded"]) == (EVENTS, 0, {})
    sent = far_segment.events()
    logged = Event.objects.filter(feed=connection.feed).order_by("seq")
    assert [e["messageId"] for e in sent] == list(
        logged.values_list("message_id", flat=True)
    )
    assert {json.dumps(e["context"]["integration"]) for e in sent} == {
        json.dumps({"name": connection.feed.stream.slug, "version": "1.0.0"})
    }
    assert set(Counter(e["type"] for e in sent)) == set(CALLS)
    books = ledger.of(connection.feed)
    assert (books.accepted, books.delivered) == (EVENTS, EVENTS)
    assert (books.rejected, books.filtered, books.pending, books.held) == (0, 0, 0, 0)
