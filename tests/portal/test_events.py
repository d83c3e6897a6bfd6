from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.delivery.append import accept
from streams.delivery.explanation.explanation import Cause
from streams.delivery.models import Cursor
from streams.delivery.retention.expiry import expire
from streams.events import quarantine_search
from streams.events.log import FeedAddition
from streams.events.models import Event
from streams.events.search import scan
from tests import factories


def url(cast, page: str = "events", *args: object) -> str:
    return reverse(f"portal:{page}", args=[cast.workspace.public_id, *args])


def add(cast, *events: dict[str, object]) -> None:
    made = [factories.event(cast.stream, **event) for event in events]
    accept([FeedAddition(cast.feed.pk, made)], now=factories.NOW)


def seqs(page) -> list[int]:
    return [event.seq for event, *_ in page.context["rows"]]


@pytest.fixture
def mixed(cast):
    add(
        cast,
        {"event": "Email Opened", "userId": "ada", "properties": {"plan": "pro"}},
        {"event": "Email Bounced", "anonymousId": "anon", "messageId": "m-2"},
        {"type": "identify", "event": None, "userId": "ada",
         "traits": {"email": "ada@example.com"}},
    )  # fmt: skip
    factories.published_plan(cast.stream, "Email Opened")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [3, 2, 1]),
        ({"name": "email"}, [2, 1]),
        ({"name": "email b"}, [2]),
        ({"type": "identify"}, [3]),
        ({"user_id": "ada"}, [3, 1]),
        ({"message_id": "m-2"}, [2]),
        ({"anonymous_id": "anon"}, [2]),
        ({"email": "ada@example.com"}, [3]),
        ({"property": "properties.plan = pro"}, [1]),
        ({"rule": "plan-event-001"}, [3, 2]),
        ({"outcome": "queued"}, [3, 2, 1]),
        ({"outcome": "delivered"}, []),
        ({"since": "2026-03-02T10:00"}, [3, 2, 1]),
        ({"since": "2026-03-02T12:00+02:00"}, [3, 2, 1]),
        ({"since": "2026-03-02T10:01"}, []),
        ({"until": "2026-03-02T10:00"}, []),
        ({"last": "24h"}, []),
        ({"last": "24h", "since": "2026-03-02T10:00"}, [3, 2, 1]),
        ({"before": "3"}, [2, 1]),
        ({"before": "-1"}, [3, 2, 1]),
        ({"before": "9" * 30}, [3, 2, 1]),
    ],
)
def test_the_list_is_filtered_as_requested(as_alice, cast, mixed, query, expected):
    page = as_alice.get(url(cast), query)

    assert seqs(page) == expected


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"type": "nonsense"}, "nonsense is not one of the available choices."),
        ({"outcome": "lost"}, "lost is not one of the available choices."),
        ({"since": "yesterday"}, "Enter a valid date/time."),
        ({"until": "0001-01-01T00:00"}, "Enter a valid date/time."),
        ({"last": "9y"}, "9y is not one of the available choices."),
        ({"since": "2026-03-02", "until": "2026-03-01"},
         "Enter a time after the start of the range."),
        ({"rule": "SPEC-NONE-001"}, "No rule has this ID."),
        ({"property": "plan"}, "Enter a path, =, and a value"),
        ({"user_id": "x" * 1001}, "at most 1000 characters"),
    ],
)  # fmt: skip
def test_an_invalid_filter_is_reported_and_nothing_is_listed(
    as_alice, cast, mixed, query, error
):
    page = as_alice.get(url(cast), query)

    assert error in unescape(page.text)
    assert seqs(page) == []
    assert "Correct or remove the invalid filter." in page.text


def test_a_search_goes_on_until_the_page_is_full_or_all_is_searched(
    as_alice, cast, monkeypatch
):
    monkeypatch.setattr(scan, "FIRST_WINDOW", 2)
    monkeypatch.setattr(scan, "FIRST_S", 0)
    monkeypatch.setattr(scan, "NEXT_S", 0)
    add(cast, *[{"userId": "ada" if n in (1, 2, 5) else "bea"} for n in range(1, 7)])

    page = as_alice.get(url(cast), {"user_id": "ada"})
    second = as_alice.get(page.context["more"])
    third = as_alice.get(second.context["more"])

    assert [seqs(part) for part in (page, second, third)] == [[5], [], [2, 1]]
    assert "10:00</time>: 2 of 6 events" in page.text
    assert "4 of 6 events" in second.text
    assert "Search complete: 3 matches in 6 events" in third.text
    assert page.context["older"] == "?user_id=ada&before=5"


def test_expired_events_are_listed_by_number(as_alice, cast):
    factories.due_cursor(3, factories.connection(cast.feed))
    expire([cast.feed.pk], cutoff=factories.NOW.replace(day=20))

    page = as_alice.get(url(cast), {"outcome": "expired"})

    assert "1–3" in page.text


def test_events_in_quarantine_are_listed_there_with_the_same_filter(as_alice, cast):
    query = {"outcome": "quarantined", "name": "Mail", "rule": "X", "email": "a@b.c"}

    page = as_alice.get(url(cast), query)

    filters = "?email=a%40b.c&name_start=Mail&breaks=X#list"
    assert page.url == url(cast, "quarantine") + filters


PERSON = {"userId": "ada", "anonymousId": "a-1", "context": {"traits": {"email": "ada@example.com"}}}  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        {"email": "ada@example.com"},
        {"email": "Ada@Example.com"},
        {"user_id": "ada"},
        {"anonymous_id": "a-1"},
        {"message_id": "m-9"},
        {"name": "mail"},
        {"type": "track"},
        {"rule": "PLAN-EVENT-001"},
        {"property": "properties.plan = pro"},
        {"user_id": "ada", "since": "2026-03-02T10:00"},
    ],
)
def test_events_that_are_only_in_quarantine_are_never_denied(as_bob, cast, query):
    factories.published_plan(cast.stream, "Email Opened")
    made = {**PERSON, "messageId": "m-9", "properties": {"plan": "pro"}}
    factories.quarantined(cast.feed, event="Mail Opened", **made)
    factories.append(cast.feed, type="identify", event=None, userId="other")

    text = as_bob.get(url(cast), query).text
    link = unescape(re.search(r'href="([^"]*quarantine/[^"]*#list)"', text)[1])
    listed = as_bob.get(link)

    assert "1 more event is in quarantine." in text
    assert "wasn't sent" not in text
    assert len(set(re.findall(r"quarantine/(\d+)/", listed.text))) == 1
    chips = re.findall(r'<bdi class="chip-value">', listed.text)
    assert len(chips) == len(query)


@pytest.mark.parametrize(
    "query", [{"user_id": "bea"}, {"email": "bea@example.com"}, {"name": "Other"}]
)
def test_quarantined_events_of_others_are_not_counted(as_bob, cast, query):
    factories.quarantined(cast.feed, event="Mail Opened", **PERSON)

    page = as_bob.get(url(cast), query)

    assert page.context["quarantined"] is None
    assert "No matching events" in page.text


def test_an_unfiltered_list_counts_the_events_in_quarantine(as_bob, cast):
    factories.quarantined(cast.feed, 2)
    assert "2 events in quarantine" in as_bob.get(url(cast)).text
    factories.append(cast.feed)

    assert "2 more events are in quarantine." in as_bob.get(url(cast)).text


def test_a_list_of_one_status_leaves_no_quarantined_events_out(as_bob, cast):
    factories.quarantined(cast.feed, 2, **PERSON)

    page = as_bob.get(url(cast), {"outcome": "queued", "user_id": "ada"})

    assert page.context["quarantined"] is None
    assert "This list has only events with the chosen status." in page.text
    assert "wasn't sent" not in page.text


def test_a_large_quarantine_is_counted_in_part_and_the_page_says_so(
    as_bob, cast, monkeypatch
):
    monkeypatch.setattr(quarantine_search, "CHECKED", 2)
    factories.quarantined(cast.feed, 3, **PERSON)

    text = as_bob.get(url(cast), {"email": "ada@example.com"}).text

    assert "At least 2 more events are in quarantine." in text


def test_without_a_match_in_a_large_quarantine_the_page_leads_to_the_rest(
    as_bob, cast, monkeypatch
):
    monkeypatch.setattr(quarantine_search, "SCAN", 1)
    factories.quarantined(cast.feed, **PERSON)
    factories.quarantined(cast.feed, 2)

    text = as_bob.get(url(cast), {"user_id": "ada"}).text

    assert "More events in quarantine may match." in text
    assert "wasn't sent" not in text


def test_a_search_that_goes_on_ends_with_the_count_of_the_quarantine(
    as_bob, cast, monkeypatch
):
    monkeypatch.setattr(scan, "FIRST_WINDOW", 2)
    monkeypatch.setattr(scan, "FIRST_S", 0)
    monkeypatch.setattr(scan, "NEXT_S", 0)
    factories.quarantined(cast.feed, **PERSON)
    factories.append(cast.feed, 3)

    page = as_bob.get(url(cast), {"user_id": "ada"})
    last = as_bob.get(page.context["more"])

    assert "1 more event is in quarantine." in page.text
    assert "Search complete: 0 match" in last.text
    assert "1 more event is in quarantine." in last.text


def test_times_are_in_the_readers_zone(as_alice, cast, mixed):
    assert "Times are in UTC." in as_alice.get(url(cast)).text
    as_alice.cookies["zone"] = "Europe/Berlin"

    page = as_alice.get(url(cast), {"since": "2026-03-02T11:00"})

    assert seqs(page) == [3, 2, 1]
    assert "11:00:00" in page.text
    assert "Times are in Europe/Berlin." in page.text


def test_the_next_page_has_older_events_with_the_same_filter(as_alice, cast):
    factories.append(cast.feed, 51)

    page = as_alice.get(url(cast), {"name": "Email"})

    assert len(seqs(page)) == 50
    assert page.context["older"] == "?name=Email&before=2"


def test_the_list_says_how_many_events_arrived_since(as_alice, cast):
    factories.append(cast.feed, 2)

    part = as_alice.get(url(cast, "events-new", 1))

    assert "Show 1 new event" in part.text


@pytest.mark.parametrize("page", ["http://[", "//[x"])
def test_an_invalid_page_address_has_no_effect(as_alice, cast, page):
    factories.append(cast.feed, 2)
    headers = {"HX-Request": "true", "HX-Current-URL": page}

    part = as_alice.get(url(cast, "events-new", 1), headers=headers)

    assert "Show 1 new event" in part.text


def test_an_event_shows_its_json_and_the_portals_additions(as_alice, cast):
    add(cast, {"messageId": "m-1"})

    page = as_alice.get(url(cast, "event", 1))

    assert '<span class="s">&quot;Email Opened&quot;</span>' in page.text
    assert page.context["stamps"].context.integration.name == cast.stream.slug


def test_markup_in_an_event_is_shown_as_text(as_alice, cast):
    add(cast, {"event": "<img src=x onerror=alert(1)>", "userId": "<b>ada</b>"})

    pages = as_alice.get(url(cast)).text + as_alice.get(url(cast, "event", 1)).text

    assert "<img" not in pages
    assert "<b>" not in pages


def test_an_export_is_requested_without_any_secret(as_alice, cast):
    page = as_alice.get(url(cast, "export-new") + "?user_id=ada").text

    assert '<bdi class="chip-value">ada</bdi>' in page
    assert "store it in a safe place" not in page


def test_an_event_of_another_feed_is_not_found(client, cast):
    client.force_login(cast.charlie)
    other = factories.feed(cast.stream, cast.elsewhere)
    factories.append(other, 1)
    factories.append(cast.feed, 2)

    answer = client.get(reverse("portal:event", args=[cast.elsewhere.public_id, 2]))

    assert answer.status_code == 404


def test_a_delivery_attempt_of_another_workspace_is_not_found(client, cast):
    client.force_login(cast.charlie)
    factories.cursor(factories.connection(factories.feed(cast.stream, cast.elsewhere)))
    delivery = factories.delivery(
        factories.cursor(factories.connection(cast.feed)), 1, 1
    )

    answer = client.get(
        reverse("portal:delivery", args=[cast.elsewhere.public_id, delivery.pk])
    )

    assert answer.status_code == 404


def test_each_stream_of_a_workspace_has_its_own_events(as_alice, cast):
    other = factories.feed(factories.stream(cast.partner), cast.workspace)
    factories.append(other, 2)

    page = as_alice.get(url(cast), {"stream": other.stream.slug})

    assert seqs(page) == [2, 1]
    assert page.context["access"].query == {"stream": other.stream.slug}


def test_another_partners_stream_is_not_found(as_alice, cast):
    answer = as_alice.get(url(cast), {"stream": factories.feed().stream.slug})

    assert answer.status_code == 404


def test_a_row_says_why_its_event_is_queued_and_when_the_next_attempt_is(
    as_alice, cast
):
    retry_at = now() + timedelta(minutes=4)
    cursor = factories.due_cursor(2, factories.connection(cast.feed))
    cursor.due_at, cursor.failures, cursor.failing_since = retry_at, 3, factories.NOW
    cursor.save()
    factories.delivery(cursor, 1, 2, outcome="retry", status_code=503)

    page = as_alice.get(url(cast))

    [(_event, why, _received), _older] = page.context["rows"]
    assert (why.cause, why.next_attempt_at) == (Cause.RETRYING, retry_at)
    assert why.reason in unescape(page.text)
    assert f">{retry_at:%H:%M:%S}</time>" in page.text


def test_without_rejected_events_the_list_leads_to_those_that_were_recovered(
    as_bob, cast
):
    live = factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed, 1)
    before = as_bob.get(url(cast), {"outcome": "rejected"})
    rejection = factories.rejected(live)
    replay = factories.replay(live, position=1, due_at=None, ended_at=factories.NOW)
    rejection.recovered_by, rejection.recovered_at = replay.cursor, factories.NOW
    rejection.save()
    Cursor.objects.filter(pk=live.pk).update(recovered=1)

    page = as_bob.get(url(cast), {"outcome": "rejected"})
    link = unescape(re.search(r'href="([^"]*)">View recovered events', page.text)[1])

    assert "View recovered events" not in before.text
    assert seqs(as_bob.get(url(cast) + link)) == [1]


@pytest.mark.parametrize(
    ("query", "says_to_ask", "says_to_search"),
    [
        ({"email": "eve@example.com"}, True, True),
        ({"user_id": "eve"}, True, False),
        ({"name": "sent"}, False, False),
    ],
)
def test_a_search_for_a_person_without_events_says_what_that_means(
    as_bob, cast, mixed, query, says_to_ask, says_to_search
):
    page = as_bob.get(url(cast), query).text

    assert "No matching events" in page
    assert (f"Ask {cast.stream.name} whether it was sent" in page) is says_to_ask
    assert ("Search for the userId, too." in page) is says_to_search


def test_a_viewer_sees_who_can_replay_events(as_bob, cast):
    factories.append(cast.feed, 1)

    assert (
        "An editor or admin of this workspace can replay" in as_bob.get(url(cast)).text
    )


def test_the_list_shows_when_a_released_event_was_received(as_alice, cast):
    add(cast, {"event": "Email Opened"})
    received = b'{"type":"track","receivedAt":"2020-02-03T04:05:06.000Z"}'
    Event.objects.update(payload=received)

    assert "2020-02-03T04:05:06" in as_alice.get(url(cast)).text
