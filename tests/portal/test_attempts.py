"""Delivery attempts: the list, the inspector, and errors grouped by fault."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.delivery.models import Cursor
from tests import factories
from tests.portal.test_quarantine_views import words

FAILED = {"outcome": "retry", "status_code": 503, "error": "Segment returned 503."}


def url(cast, page: str = "attempts", *args: object) -> str:
    return reverse(f"portal:{page}", args=[cast.workspace.public_id, *args])


@pytest.fixture
def cursor(cast):
    source = factories.connection(cast.feed, write_key="s" * 32)
    return factories.due_cursor(3, source)


def shown(page) -> list[int]:
    return [whole.pk for _, _, (whole, _), _ in page.context["groups"]]


def test_the_list_is_filtered_as_its_address_says(as_alice, cast, cursor):
    failed = factories.delivery(cursor, 1, 3, **FAILED)
    taken = factories.delivery(cursor, 1, 3, duration_ms=2_000)

    assert shown(as_alice.get(url(cast))) == [taken.pk, failed.pk]
    assert shown(as_alice.get(url(cast), {"outcome": "retry"})) == [failed.pk]
    assert shown(as_alice.get(url(cast), {"status": "5xx"})) == [failed.pk]
    assert shown(as_alice.get(url(cast), {"min_ms": "1000"})) == [taken.pk]


def test_an_attempt_opens_beside_the_list(as_alice, cast, cursor):
    attempt = factories.delivery(cursor, 1, 3)

    page = as_alice.get(url(cast), {"attempt": attempt.pk}).text
    part = as_alice.get(
        url(cast, "delivery", attempt.pk), headers={"HX-Request": "true"}
    )

    assert 'aria-current="true"' in page
    assert "POST /v1/batch HTTP/1.1" in page
    assert "<html" not in part.text


def test_the_inspector_shows_the_request_without_the_key(as_alice, cast, cursor):
    attempt = factories.delivery(cursor, 1, 3)

    page = as_alice.get(url(cast, "delivery", attempt.pk)).text

    assert "POST /v1/batch HTTP/1.1" in page
    assert "Authorization: Basic •••" in page
    assert "Content-Encoding: gzip" in page
    assert "s" * 32 not in page
    assert url(cast, "event", 1) in page


def test_the_inspector_shows_the_phases_and_headers_of_the_response(
    as_alice, cast, cursor
):
    measured = {"duration_ms": 90, "connect_ms": 12, "first_byte_ms": 87}
    attempt = factories.delivery(
        cursor, 1, 3, **FAILED, **measured, headers="Retry-After: 7\nVia: proxy"
    )

    page = words(as_alice.get(url(cast, "delivery", attempt.pk)))

    assert (
        "Connecting 12 ms Sending and waiting 75 ms Reading the response 3 ms" in page
    )
    assert "Retry-After: 7 Via: proxy" in page


@pytest.mark.parametrize(
    ("measured", "shown"),
    [
        ({"connect_ms": 0, "first_byte_ms": 80}, "Connecting None: open connection"),
        ({"connect_ms": 60}, "Connecting 60 ms Sending and waiting 20 ms"),
    ],
)
def test_phases_that_did_not_happen_are_not_invented(
    as_alice, cast, cursor, measured, shown
):
    attempt = factories.delivery(cursor, 1, 3, duration_ms=80, **measured)

    page = words(as_alice.get(url(cast, "delivery", attempt.pk)))

    assert shown in page
    assert ("Reading the response" in page) == ("first_byte_ms" in measured)


def test_an_attempt_before_phases_were_measured_shows_none(as_alice, cast, cursor):
    attempt = factories.delivery(cursor, 1, 3)

    assert "Connecting" not in as_alice.get(url(cast, "delivery", attempt.pk)).text


def test_the_next_and_previous_attempts_follow_the_filters(as_alice, cast, cursor):
    first = factories.delivery(cursor, 1, 3, **FAILED)
    factories.delivery(cursor, 1, 3)
    last = factories.delivery(cursor, 1, 3, **FAILED)

    page = as_alice.get(url(cast, "delivery", first.pk), {"outcome": "retry"})

    assert (
        page.context["newer_url"] == f"{url(cast, 'delivery', last.pk)}?outcome=retry"
    )
    assert page.context["older_url"] == ""


@pytest.mark.parametrize(("person", "offered"), [("alice", True), ("bob", False)])
def test_editors_can_retry_a_failed_attempt_now(client, cast, cursor, person, offered):
    client.force_login(getattr(cast, person))
    attempt = factories.delivery(cursor, 1, 3, **FAILED)
    Cursor.objects.update(failures=1, due_at=now() + timedelta(hours=1))

    page = client.get(url(cast, "delivery", attempt.pk)).text

    assert ("Retry now" in page) is offered


def test_the_body_can_be_downloaded_while_its_events_are_stored(as_alice, cast, cursor):
    attempt = factories.delivery(cursor, 1, 3)

    response = as_alice.get(url(cast, "delivery-body", attempt.pk))
    factories.expired(cast.feed, 1)

    assert len(response.json()["batch"]) == 3
    assert as_alice.get(url(cast, "delivery-body", attempt.pk)).status_code == 404


def test_errors_link_to_their_attempts(as_alice, cast, cursor):
    failed = factories.delivery(cursor, 1, 3, started_at=now(), **FAILED)
    factories.delivery(cursor, 1, 3, started_at=now())

    page = as_alice.get(url(cast, "delivery-errors"))
    [(group, fault, href)] = page.context["rows"]

    assert (group.attempts, group.events) == (1, 3)
    assert fault.meaning == "Segment had a temporary problem."
    assert shown(as_alice.get(href)) == [failed.pk]


def test_an_unknown_connection_is_not_found(as_alice, cast, cursor):
    answer = as_alice.get(url(cast), {"connection": "unknown"})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("back", "expected"),
    [("/w/x/events/1/", "/w/x/events/1/"), ("//evil.example", None), ("", None)],
)
def test_a_retry_leads_back_to_the_page_that_offered_it(
    as_alice, cast, cursor, back, expected
):
    response = as_alice.post(url(cast, "connection-retry"), {"back": back})

    assert response["Location"] == (expected or url(cast, "connection"))


def split_in_halves(cursor) -> list[int]:
    """A request of three events of which the last is rejected, as five attempts."""
    spans = [
        (1, 3, "split"),
        (1, 1, "delivered"),
        (2, 3, "split"),
        (2, 2, "delivered"),
        (3, 3, "rejected"),
    ]
    return [
        factories.delivery(cursor, first, last, outcome=outcome, status_code=400).pk
        for first, last, outcome in spans
    ]


def test_the_attempts_of_a_split_are_one_row_that_opens(as_alice, cast, cursor):
    before = factories.delivery(cursor, 1, 3, **FAILED)
    whole, *parts = split_in_halves(cursor)

    page = as_alice.get(url(cast))
    [(group, is_open, _, rows), _older] = page.context["groups"]

    assert shown(page) == [whole, before.pk]
    assert [attempt.pk for attempt, _ in rows] == parts[::-1]
    assert (group.delivered, group.rejected, is_open) == (2, 1, False)
    assert "4 smaller requests" in page.text
    assert "1 event rejected" in page.text


def test_the_row_is_open_if_it_contains_the_attempt_beside_the_list(
    as_alice, cast, cursor
):
    *_, rejected = split_in_halves(cursor)

    page = as_alice.get(url(cast), {"attempt": rejected})

    assert [is_open for _, is_open, _, _ in page.context["groups"]] == [True]


def test_a_filter_for_an_outcome_lists_each_attempt(as_alice, cast, cursor):
    *_, rejected = split_in_halves(cursor)

    assert shown(as_alice.get(url(cast), {"outcome": "rejected"})) == [rejected]


def test_a_replay_between_the_parts_of_a_split_stands_alone(as_alice, cast, cursor):
    replay = factories.replay(cursor, position=0)
    whole = factories.delivery(cursor, 1, 3, outcome="split")
    between = factories.delivery(replay.cursor, 1, 3)
    factories.delivery(cursor, 1, 2)
    factories.delivery(cursor, 3, 3)

    assert shown(as_alice.get(url(cast))) == [whole.pk, between.pk]


def test_an_event_shows_its_outcome_apart_from_the_splits(as_alice, cast, cursor):
    whole, _, half, _, rejected = split_in_halves(cursor)

    groups = as_alice.get(url(cast, "event", 3)).context["groups"]

    assert [group.whole.pk for group in groups] == [rejected, whole]
    assert [part.pk for part in groups[1].parts] == [half]
