"""A partner finds an event or a person in the events of all its customers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from streams.base.clock import now
from streams.events.models import SeenMessage
from tests import factories


def search(client, cast, page="partner-events", **query):
    return client.get(reverse(f"portal:{page}", args=[cast.partner.slug]), query)


def append(feed, **changes) -> None:
    factories.append(feed, now=now() - timedelta(hours=1), **changes)


@pytest.fixture
def elsewhere(cast):
    return factories.feed(cast.stream, cast.elsewhere)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"user_id": "ada"}, ["Email Sent", "Email Opened"]),
        ({"email": "ada@example.com"}, ["Email Opened"]),
        ({"email": "Ada@Example.com"}, ["Email Opened"]),
        ({"anonymous_id": "a-1"}, ["Email Sent"]),
        ({"user_id": "ada", "anonymous_id": "a-1"}, ["Email Sent"]),
        ({"message_id": "m-1"}, ["Email Sent"]),
        ({"message_id": "m-2"}, []),
        ({"user_id": "ada", "last": "1h"}, []),
    ],
)
def test_a_person_is_found_in_the_events_of_any_customer(
    as_sam, cast, elsewhere, monkeypatch, query, found
):
    monkeypatch.setattr("streams.portal.partner.event_search.FIRST_S", 60)
    traits = {"traits": {"email": "ada@example.com"}}
    append(cast.feed, event="Email Opened", userId="ada", context=traits)
    append(
        elsewhere, event="Email Sent", userId="ada", messageId="m-1", anonymousId="a-1"
    )
    append(elsewhere, event="Email Skipped", userId="bob")

    page = search(as_sam, cast, **query)

    names = re.findall(r'<a class="whole"[^>]*>([^<]+)</a>', page.text)
    assert sorted(names) == sorted(found)


@pytest.mark.parametrize(
    "query",
    [
        {"user_id": "ada"},
        {"email": "ada@example.com"},
        {"anonymous_id": "a-1"},
        {"message_id": "m-9"},
        {"user_id": "ada", "email": "ada@example.com", "last": "7d"},
    ],
)
def test_events_of_a_person_in_quarantine_are_counted_by_workspace(
    as_sam, cast, elsewhere, query
):
    person = {"userId": "ada", "anonymousId": "a-1", "messageId": "m-9"}
    email = {"context": {"traits": {"email": "ada@example.com"}}}
    earlier = now() - timedelta(days=4)  # past the deduplication window
    factories.quarantined(elsewhere, now=earlier, **person, **email)
    factories.quarantined(elsewhere, 2, now=earlier)
    factories.quarantined(cast.feed, 2, now=earlier)
    SeenMessage.objects.all().delete()

    page = search(as_sam, cast, **query)

    held = page.context["held"]
    [(feed, count, url)] = held.rows
    assert (feed, count, held.is_complete) == (elsewhere, 1, True)
    assert "0 matches in 0 events outside quarantine" in page.text
    assert "Rejected events aren't stored" not in page.text.replace("&#x27;", "'")
    listed = as_sam.get(url)
    assert len(set(re.findall(r"quarantine/(\d+)/", listed.text))) == 1


def test_a_search_of_more_than_a_part_of_the_quarantines_says_so(
    as_sam, cast, elsewhere, monkeypatch
):
    monkeypatch.setattr("streams.portal.partner.event_search.HELD_S", 0)
    monkeypatch.setattr("streams.events.quarantine_search.SCAN", 2)
    for feed in (cast.feed, elsewhere):
        factories.quarantined(feed, 2, userId="bea")

    page = search(as_sam, cast, user_id="ada")

    assert "Not all events in quarantine could be searched" in page.text


def test_a_messageid_in_quarantine_leads_to_its_event(as_sam, cast, elsewhere):
    moment = now() - timedelta(hours=1)
    factories.quarantined(elsewhere, 3, now=moment)
    [message_id] = factories.quarantined(elsewhere, now=moment, event="Mail Opened")

    page = search(as_sam, cast, message_id=message_id)

    link = re.search(r'<a class="whole" href="([^"]+)">Mail Opened</a>', page.text)[1]
    assert message_id in as_sam.get(link).text
    assert "In quarantine" in page.text


def test_the_search_continues_automatically_from_feed_to_feed(
    as_sam, cast, elsewhere, monkeypatch
):
    monkeypatch.setattr("streams.portal.partner.event_search.FIRST_S", 0)
    for feed in (cast.feed, elsewhere):
        append(feed, userId="ada")
    address = reverse("portal:partner-events-more", args=[cast.partner.slug])

    first = search(as_sam, cast, user_id="ada")
    [onward] = re.findall(rf'"({address}[^"]+)"', first.text)
    more = as_sam.get(onward.replace("&amp;", "&"))

    assert "Searched 1 of 2 events" in first.text
    assert 'hx-trigger="load, click"' in first.text
    assert "Search complete: 2 matches in 2 events" in more.text


@pytest.mark.parametrize(
    ("came_from", "leads_back"),
    [
        ("http://testserver/p/{slug}/events/?user_id=ada&last=7d", True),
        ("http://testserver/p/rival/events/?user_id=ada", False),
        ("https://elsewhere.example/p/{slug}/events/?user_id=ada", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_an_event_leads_back_to_the_search_that_found_it(
    as_sam, cast, came_from, leads_back
):
    append(cast.feed, user_id="ada")
    page = reverse("portal:event", args=[cast.workspace.public_id, 1])
    before = came_from.format(slug=cast.partner.slug)

    text = as_sam.get(page, headers={"Referer": before}).text

    own = f'<a href="/p/{cast.partner.slug}/events/?user_id=ada&amp;last=7d">'
    assert (own in text) == leads_back
    assert ("← Find events" in text) == leads_back


def test_without_an_event_or_a_person_nothing_is_searched(as_sam, cast):
    append(cast.feed)

    page = search(as_sam, cast, last="7d")

    assert "Nothing searched yet" in page.text


def test_events_of_other_partners_are_not_found(client, cast):
    append(cast.feed, userId="ada", messageId="m-1")
    client.force_login(cast.rita)
    address = reverse("portal:partner-events", args=[cast.rival.slug])

    for query in ({"user_id": "ada"}, {"message_id": "m-1"}):
        assert "Search complete: 0 matches" in client.get(address, query).text


@pytest.mark.parametrize(
    "query", [{"at": "999999.5"}, {"at": "x"}, {"started": "yesterday"}, {"started": "9999-01-01T00:00:00Z"}]
)  # fmt: skip
def test_a_position_of_no_search_is_not_found(as_sam, cast, query):
    append(cast.feed, userId="ada")

    assert search(as_sam, cast, user_id="ada", **query).status_code == 404


@pytest.fixture
def ada_everywhere(cast, elsewhere):
    """In one workspace, Segment accepted an event and rejected the next; the other has no
    connection.
    """
    live = factories.cursor(factories.connection(cast.feed))
    append(cast.feed, event="Email Sent", userId="ada", messageId="m-1")
    append(cast.feed, event="Email Opened", userId="ada", messageId="m-2")
    factories.delivered(live, 1)
    factories.rejected(live, reason="The event is too large")
    append(elsewhere, event="Email Bounced", userId="ada", messageId="m-3")


EVERY_STATUS = {
    "Email Sent": "Delivered",
    "Email Opened": "Rejected by Segment",
    "Email Bounced": "Queued: not connected",
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"user_id": "ada"}, EVERY_STATUS),
        ({"message_id": "m-1"}, {"Email Sent": "Delivered"}),
        ({"message_id": "m-2"}, {"Email Opened": "Rejected by Segment"}),
        ({"message_id": "m-3"}, {"Email Bounced": "Queued: not connected"}),
    ],
)
def test_each_found_event_has_the_status_that_its_workspace_shows(
    as_sam, cast, ada_everywhere, monkeypatch, query, expected
):
    monkeypatch.setattr("streams.portal.partner.event_search.FIRST_S", 60)

    page = search(as_sam, cast, **query)

    assert shown_statuses(page) == expected


def test_the_reason_of_a_rejection_is_shown_with_its_status(
    as_sam, cast, ada_everywhere
):
    page = search(as_sam, cast, message_id="m-2")

    assert "because Segment rejected it: The event is too large" in page.text


def test_the_status_of_more_events_of_a_workspace_takes_no_more_queries(
    as_sam, cast, elsewhere, monkeypatch
):
    monkeypatch.setattr("streams.portal.partner.event_search.FIRST_S", 60)
    live = factories.cursor(factories.connection(cast.feed))
    append(cast.feed, userId="ada")
    factories.delivered(live, 1)
    with CaptureQueriesContext(database) as one:
        search(as_sam, cast, user_id="ada")

    append(cast.feed, events=20, userId="ada")
    with CaptureQueriesContext(database) as many:
        page = search(as_sam, cast, user_id="ada")

    assert len(page.context["rows"]) == 21
    assert len(many) == len(one)


def shown_statuses(page) -> dict[str, str]:
    """Return the status in the row of each event, by the event's name."""
    row = r'<a class="whole"[^>]*>([^<]+)</a>.*?<span class="badge[^>]*>([^<]+)</span>'
    return dict(re.findall(row, page.text, re.DOTALL))


def test_the_button_of_the_search_is_called_like_the_page(as_sam, cast):
    page = search(as_sam, cast)

    assert re.search(r'<button[^>]*type="submit">Find events</button>', page.text)


@pytest.mark.parametrize("query", [{"user_id": "ada"}, {"message_id": "m-1"}])
def test_the_stream_is_named_if_the_partner_has_several(as_sam, cast, query):
    stream = f'<span class="muted small">{cast.stream.name}</span>'
    append(cast.feed, userId="ada", messageId="m-1")
    assert stream not in search(as_sam, cast, **query).text

    factories.stream(cast.partner)

    assert stream in search(as_sam, cast, **query).text


def test_a_search_without_a_match_says_that_rejected_events_are_not_stored(
    as_dev, cast
):
    append(cast.feed, userId="ada")
    requests = reverse("portal:partner-requests", args=[cast.partner.slug])
    said = f'Rejected events aren\'t stored. <a href="{requests}">Requests</a>'

    assert said in search(as_dev, cast, user_id="nobody").text
    assert said not in search(as_dev, cast, user_id="ada").text
