"""Issues are counted in memory, written down so that they add up, and bounded."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.rules import EVENT, PROPERTY, REQUIRED
from streams.observability.issues import counter as counting
from streams.observability.issues import flusher as flushing
from streams.observability.issues.counter import IssueCounter
from streams.observability.issues.expiry import forget
from streams.observability.issues.flusher import CountFlusher, flush
from streams.observability.issues.models import IssueKind
from streams.observability.issues.redaction import MOST_BYTES, sample_of
from tests import factories

HOUR = timedelta(hours=1)
FOUND = EVENT.issue("event", "Not planned.", "Plan it.")


def count(counter, feed, name="Mail Opened", *issues, at=factories.NOW, times=1):
    for _ in range(times):
        counter.count(
            feed.pk, name, issues or [FOUND], at=at, sample=lambda: '{"a": "text"}'
        )


def written(**of):
    """Rule, name and count of each kind of feeds, or of what is given, by slot."""
    kinds = IssueKind.objects.filter(**(of or {"stream": None}))
    kinds = kinds.order_by("slot").prefetch_related("hours")
    return [(k.rule, k.name, sum(h.count for h in k.hours.all())) for k in kinds]


@pytest.mark.django_db
def test_counts_of_several_processes_and_flushes_add_up_by_the_hour():
    feed, one, other = factories.feed(), IssueCounter(), IssueCounter()

    for at in (factories.NOW, factories.NOW + HOUR):
        count(one, feed, at=at, times=2)
        count(other, feed, at=at, times=3)
        flush(one)
        flush(other)

    kind = IssueKind.objects.get(feed=feed)
    hours = kind.hours.order_by("at").values_list("at", "count")
    assert list(hours) == [(factories.NOW, 5), (factories.NOW + HOUR, 5)]
    assert (kind.rule, kind.severity, kind.path) == (EVENT.id, "error", "event")
    assert (kind.first_seen_at, kind.last_seen_at) == (
        factories.NOW,
        factories.NOW + HOUR,
    )
    assert (kind.message, kind.sample) == ("Not planned.", '{"a": "text"}')


def unplanned(*paths: str):
    return [PROPERTY.issue(path, f"{path} is not in the plan.", "?") for path in paths]


@pytest.mark.django_db
def test_the_message_names_each_property_with_the_issue():
    feed, counter = factories.feed(), IssueCounter()

    count(counter, feed, "A", *unplanned("properties.a", "properties.b"))
    count(counter, feed, "A", *unplanned("properties.b", "properties.list.0.c"))
    count(counter, feed, "A", *unplanned("properties.list.7.c"))
    flush(counter)

    kind = IssueKind.objects.get(feed=feed)
    assert kind.path == "properties.a"
    assert kind.message == (
        "properties.a is not in the plan."
        " The same issue is at properties.b, properties.list.$.c."
    )


@pytest.mark.django_db
def test_a_property_that_follows_within_the_hour_is_added():
    feed, counter = factories.feed(), IssueCounter()
    both = unplanned("properties.a", "properties.b")

    for issues in (both[:1], both, both[1:]):
        count(counter, feed, "A", *issues)
        flush(counter)

    kind = IssueKind.objects.get(feed=feed)
    assert kind.message.endswith("The same issue is at properties.b.")


@pytest.mark.django_db
def test_many_properties_with_the_issue_are_counted():
    feed, counter = factories.feed(), IssueCounter()
    paths = [f"properties.{'x' * 40}{n}" for n in range(18)]

    count(counter, feed, "A", *unplanned(*paths))
    flush(counter)

    message = IssueKind.objects.get(feed=feed).message
    assert len(message) <= 300
    assert f"{paths[1]}, {paths[2]}, {paths[3]} and 14 more." in message


@pytest.mark.django_db
def test_a_stream_has_the_sums_of_its_feeds():
    counter, stream = IssueCounter(), factories.stream()
    feeds = [factories.feed(stream), factories.feed(stream), factories.feed()]

    for n, feed in enumerate(feeds, 1):
        count(counter, feed, times=n)
    flush(counter)

    assert written(stream=stream) == [(EVENT.id, "Mail Opened", 3)]
    assert written(feed=feeds[0]) == [(EVENT.id, "Mail Opened", 1)]


@pytest.mark.django_db
def test_an_event_counts_once_for_each_rule_it_broke():
    feed, counter = factories.feed(), IssueCounter()
    missing = [REQUIRED.issue(path, "Missing.", "Send it.") for path in ("a", "b")]

    count(counter, feed, "Mail Opened", *missing, PROPERTY.issue("c", "No.", "No."))
    flush(counter)

    assert {(rule, n) for rule, _, n in written()} == {
        (REQUIRED.id, 1),
        (PROPERTY.id, 1),
    }
    assert feed.issue_kinds.get(rule=REQUIRED.id).path == "a"


@pytest.mark.django_db
def test_a_feed_has_at_most_200_kinds_and_the_rest_count_as_others():
    feed, one, other = factories.feed(), IssueCounter(), IssueCounter()

    for n in range(250):
        count(one, feed, f"Clicked {n}")
        count(other, feed, f"Clicked {n + 100}")
    flush(one)
    flush(other)

    found = written()
    assert len(found) == 201
    assert found[-1][:2] == ("", "")
    assert sum(n for *_, n in found) == 500


@pytest.mark.django_db
def test_memory_is_bounded_and_counts_without_room_are_reported(monkeypatch, caplog):
    monkeypatch.setattr(counting, "MOST_TALLIES", 3)
    feed, counter = factories.feed(), IssueCounter()

    for n in range(5):
        count(counter, feed, f"Clicked {n}")

    tallies, left_out = counter.take()
    assert (len(tallies), left_out) == (3, 2)


@pytest.mark.django_db
def test_counts_that_could_not_be_written_are_written_later(monkeypatch):
    feed, counter = factories.feed(), IssueCounter()
    count(counter, feed, times=2)

    def down(_):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(flushing, "write", down)
        # It would close the test's own connection.
        patch.setattr(flushing.connection, "close", lambda: None)
        flush(counter)
    assert written() == []
    count(counter, feed)
    flush(counter)

    assert written() == [(EVENT.id, "Mail Opened", 3)]


@pytest.mark.django_db
def test_a_removed_feed_does_not_affect_the_others():
    feed, gone, counter = factories.feed(), factories.feed(), IssueCounter()
    count(counter, gone)
    count(counter, feed)
    gone.delete()

    flush(counter)

    assert written(feed=feed) == [(EVENT.id, "Mail Opened", 1)]
    assert counter.take() == ({}, 0)


@pytest.mark.django_db
def test_week_old_counts_are_deleted_and_their_slots_are_free_again():
    feed, counter = factories.feed(), IssueCounter()
    count(counter, feed, "Old")
    count(counter, feed, "Kept")
    count(counter, feed, "Kept", at=factories.NOW + HOUR)
    flush(counter)

    gone = forget(factories.NOW + HOUR + timedelta(days=7))

    assert gone == 6  # an hour of each, and a kind; the stream's too
    assert written() == [(EVENT.id, "Kept", 1)]
    count(counter, feed, "New", at=factories.NOW + timedelta(days=8))
    flush(counter)
    assert sorted(kind.slot for kind in feed.issue_kinds.all()) == [0, 1]


@pytest.mark.django_db
def test_keys_with_a_nul_and_long_ones_are_written_too():
    feed, counter = factories.feed(), IssueCounter()

    count(counter, feed, "N", PROPERTY.issue("a\0" * 300, "m\0" * 300, "Fix."))
    flush(counter)

    kind = feed.issue_kinds.get()
    assert (len(kind.path), len(kind.message)) == (200, 300)
    assert "\0" not in kind.path + kind.message


@pytest.mark.django_db(transaction=True)
def test_the_thread_writes_the_remaining_counts_when_it_is_closed():
    feed, counter = factories.feed(), IssueCounter()
    flusher = CountFlusher(partial(flush, counter))
    flusher.start()
    count(counter, feed)

    flusher.close()

    assert written() == [(EVENT.id, "Mail Opened", 1)]


# --- Samples -------------------------------------------------------------------------

SECRET = "Zq7xW2kP9mL4vN8tR3yB6cD1fG5hJ0sK"
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    | st.just(SECRET) | st.text()
)  # fmt: skip
keys = st.text(max_size=40) | st.just(SECRET) | st.sampled_from(["email", "properties"])
json_values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=8) | st.dictionaries(keys, inner, max_size=8)
    ),
    max_leaves=60,
)


@given(
    event=st.dictionaries(keys, json_values, max_size=30),
    call=st.sampled_from(["track", "page", "identify", SECRET]),
)
def test_a_sample_contains_no_value_and_no_secret_and_is_bounded(event, call):
    sample = sample_of({**event, "type": call, "marked": f"secret-{SECRET}"})

    assert len(sample.encode()) <= MOST_BYTES
    assert SECRET not in sample
    assert isinstance(json.loads(sample), dict)


def test_keys_types_and_the_name_stay_and_sensitive_properties_are_removed():
    properties = (
        PlannedProperty(path="email", sensitive=True),
        PlannedProperty(path="products.$.note", sensitive=True),
    )
    plan = CompiledPlan(
        TrackingPlan(
            events=(PlannedEvent(name="Order Completed", properties=properties),)
        )
    )
    event = {
        "type": "track",
        "event": "Order Completed",
        "userId": "7",
        "properties": {
            "email": "ada@example.com",
            "total": 9.9,
            "gift": True,
            "products": [{"sku": "A-1", "note": "for Ada"}] * 3,
            "ada@example.com": 1,
        },
    }

    sample = sample_of(event, plan.hidden("track", "Order Completed"))

    assert json.loads(sample) == {
        "type": "track",
        "event": "Order Completed",
        "userId": "text, 1 character",
        "properties": {
            "total": "number",
            "gift": "true or false",
            "products": [{"sku": "text, 3 characters"}] * 2 + ["1 more"],
            "…": "number",
        },
    }
