"""Open the list of events with every filter, and search a whole feed, as a member would.

Prints the figures as JSON. The feed was filled by `bench.load.backfill`; some of its events
are rejected here, and one is added that only a search finds.
"""

from __future__ import annotations

import json
import sys
from time import monotonic

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - needs the app registry
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.urls import reverse  # noqa: E402

from bench.load import events  # noqa: E402
from streams.base.clock import now  # noqa: E402
from streams.base.ids import public_id  # noqa: E402
from streams.delivery.append import accept  # noqa: E402
from streams.events.log import FeedAddition, NewEvent  # noqa: E402
from streams.events.models import Feed  # noqa: E402
from streams.tenancy.models import User, WorkspaceMembership  # noqa: E402

REQUESTS = 5  # for each filter; the median counts
MISSING = "nobody"
# One of a hundred events was rejected by Segment.
REJECTED = """
INSERT INTO streams_rejection (connection_id, cursor_id, seq, reason, created_at)
SELECT cursor.connection_id, cursor.id, seq, 'Invalid', now()
FROM streams_cursor cursor, generate_series(1, cursor.position, 100) AS seq
WHERE cursor.feed_id = %s ON CONFLICT DO NOTHING
"""
# With rows that exist everywhere, rarely, and nowhere.
FILTERS = {
    "outcome": ("queued", "delivered", "rejected", "recovered", "skipped", "expired"),
    "name": ("Email Opened", MISSING),
    "type": ("track", "alias"),
    "user_id": ("user-1", MISSING),
    "message_id": ("the-newest", MISSING),
    "anonymous_id": (MISSING,),
    "email": (MISSING,),
    "property": ("properties.property_1 = nothing", "type = track"),
    "rule": ("SPEC-NAME-001", "PLAN-EVENT-001"),
    "last": ("1h", "24h", "7d"),
    "until": ("2000-01-01",),
}


def main() -> None:
    setup_test_environment()
    feed = Feed.objects.select_related("workspace").order_by("pk")[0]
    make_ready(feed)
    client = member(feed)
    url = reverse("portal:events", args=[feed.workspace.public_id])
    plain = first_rows_ms(client, url, {})
    slowest = max(
        first_rows_ms(client, url, {name: value})
        for name, values in FILTERS.items()
        for value in values
    )
    figures = {
        "search_list_ms": plain,
        "search_first_rows_ms": slowest,
        "search_person_s": whole_feed_s(client, url, {"user_id": MISSING}),
        "search_property_s": whole_feed_s(
            client, url, {"property": "properties.property_1 = nothing"}
        ),
        "search_alone_s": alone_s(feed),
    }
    json.dump(figures, sys.stdout)


def make_ready(feed: Feed) -> None:
    with connection.cursor() as cursor:
        cursor.execute(REJECTED, [feed.pk])
    body = events.single_body(0, 300, "search") % 0
    newest = NewEvent("track", "Email Opened", "user-2", "the-newest", body)
    with transaction.atomic():
        accept([FeedAddition(feed.pk, [newest])], now=now())


def member(feed: Feed) -> Client:
    user = User.objects.create(email=f"{public_id()}@example.com")
    WorkspaceMembership.objects.create(
        workspace=feed.workspace, user=user, role=WorkspaceMembership.Role.VIEWER
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def first_rows_ms(client: Client, url: str, query: dict[str, str]) -> float:
    return sorted(seconds(client, url, query) for _ in range(REQUESTS))[2] * 1e3


def seconds(client: Client, url: str, query: dict[str, str]) -> float:
    began = monotonic()
    status = client.get(url, query).status_code
    if status != 200:
        sys.exit(f"{url} with {query} gave {status}.")
    return monotonic() - began


def whole_feed_s(client: Client, url: str, query: dict[str, str]) -> float:
    """Return the duration of a search that finds nothing, with all its requests."""
    began = monotonic()
    page = client.get(url, query)
    while page.context["page"].next_before is not None:
        page = client.get(page.context["more"])
    return monotonic() - began


def alone_s(feed: Feed) -> float:
    """Return the duration of the same search in one statement, without a bound."""
    began = monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "SELECT count(*) FROM streams_event WHERE feed_id = %s AND user_id = %s",
            [feed.pk, MISSING],
        )
    return monotonic() - began


if __name__ == "__main__":
    main()
