"""The changes to a connection, on its page."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from streams.connections.action_log import record_action
from tests import factories


@pytest.fixture
def current(cast):
    """A connection that delivers to Segment."""
    return factories.cursor(factories.connection(cast.feed)).connection


def page_of(cast, page: str = "connection") -> str:
    return reverse(f"portal:{page}", args=[cast.workspace.public_id])


@pytest.mark.parametrize("name", ["bob", "sam"])
def test_everyone_sees_who_changed_the_connection(client, cast, current, name):
    client.force_login(cast.alice)
    client.post(page_of(cast, "connection-pause"))
    client.force_login(getattr(cast, name))

    page = client.get(page_of(cast))

    (change,) = page.context["changes"]
    assert (change.who, change.what) == (cast.alice.email, "Paused the connection")
    assert "Recent changes" in page.text
    assert cast.alice.email in page.text


def test_the_newest_change_is_first_and_includes_a_deleted_connection(as_alice, cast):
    deleted = factories.connection(cast.feed, deleted_at=factories.NOW)
    record_action("connection.deleted", deleted, cast.anna)
    record_action("connection.made", factories.connection(cast.feed), cast.alice)

    page = as_alice.get(page_of(cast))

    assert [change.who for change in page.context["changes"]] == [
        cast.alice.email,
        cast.anna.email,
    ]


def test_operators_are_not_named(as_alice, cast, current):
    record_action("connection.paused", current, cast.olga)
    record_action("connection.needs_attention", current, None, reason="Unauthorized")

    page = as_alice.get(page_of(cast))

    assert [change.who for change in page.context["changes"]] == ["Portal", "Operator"]
    assert cast.olga.email not in page.text


def test_replays_are_not_among_the_changes(as_alice, cast, current):
    record_action("connection.paused", current, cast.anna)
    record_action("replay.started", current, cast.alice, events="1-6")

    page = as_alice.get(page_of(cast))

    assert [change.who for change in page.context["changes"]] == [cast.anna.email]


def test_changes_to_the_connection_of_another_stream_are_not_listed(
    as_alice, cast, current
):
    other = factories.feed(factories.stream(cast.partner), workspace=cast.workspace)
    record_action("connection.paused", factories.connection(other), cast.anna)

    page = as_alice.get(page_of(cast))

    assert page.context["changes"] == []
    assert "Recent changes" not in page.text


def test_more_changes_take_no_more_queries(as_alice, cast, current):
    record_action("connection.paused", current, cast.anna)
    one = queries(as_alice, page_of(cast))
    for _ in range(12):
        record_action("connection.paused", current, factories.user())

    assert queries(as_alice, page_of(cast)) == one
    assert len(as_alice.get(page_of(cast)).context["changes"]) == 10


def queries(client, url: str) -> int:
    with CaptureQueriesContext(database) as captured:
        assert client.get(url).status_code == 200
    return len(captured)
