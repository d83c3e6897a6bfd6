"""Why an event is in its state: each state, its exact sentence, and the action that helps."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from streams.base.clock import now
from streams.catalog.models import Stream
from streams.connections.action_log import REPLACED, record_action
from streams.connections.write_keys import UNREADABLE
from streams.delivery.connection.skipping import skip
from streams.delivery.event_status import statuses
from streams.delivery.explanation.delivery_now import DeliveryNow
from streams.delivery.explanation.explain import explain
from streams.delivery.explanation.explanation import Cause
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.events.models import Event, Feed
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

AT = "2 Mar 2026, 10:00:00 UTC"
SOON = "2 Mar 2026, 10:00:30 UTC"
BAD = 'Segment returned 400. {"success":false,"message":"Too large."}'
RETRY = ("Retry now", "connection-retry")


def queued(events: int = 1, **connection) -> Cursor:
    """Create a real source whose cursor has these events to send."""
    feed = factories.feed()
    source = factories.connection(feed, region="us", **connection)
    cursor = factories.due_cursor(events, source)
    Cursor.objects.filter(pk=cursor.pk).update(held=source.status != "active")
    return cursor


def retrying(*, failures: int, events: int = 1, due_in_s: int = 30) -> Feed:
    """Create a source whose first event failed, in a separate batch."""
    cursor = queued(events)
    factories.delivery(
        cursor, 1, 1, outcome="retry", status_code=503, error="Segment returned 503."
    )
    Cursor.objects.filter(pk=cursor.pk).update(
        failures=failures,
        failing_since=NOW,
        due_at=NOW + timedelta(seconds=due_in_s),
    )
    return cursor.feed


def stopped(reason: str) -> Feed:
    return queued(status="attention", status_reason=reason).feed


def halted() -> Feed:
    Halt.objects.create(stream=None, region="", reason="Maintenance at Segment")
    return queued().feed


def at_stage(stage: str) -> Feed:
    feed = queued().feed
    Stream.objects.filter(pk=feed.stream_id).update(stage=stage)
    return Feed.objects.get(pk=feed.pk)


def with_unreadable_key() -> Feed:
    cursor = queued(status_reason=UNREADABLE)
    Cursor.objects.filter(pk=cursor.pk).update(failures=2)
    return cursor.feed


def unconnected() -> Feed:
    feed = factories.feed()
    factories.append(feed)
    return feed


def deleted() -> Feed:
    feed = queued(deleted_at=NOW).feed
    Cursor.objects.filter(feed=feed).update(held=True)
    return feed


def expiring() -> Feed:
    feed = queued(status="paused").feed
    Event.objects.filter(feed=feed).update(received_at=NOW - timedelta(days=28))
    return feed


def rejected(reason: str = BAD) -> Feed:
    cursor = queued()
    factories.rejected(cursor, reason=reason)
    return cursor.feed


def delivered() -> Feed:
    cursor = queued()
    factories.delivered(cursor, 1)
    return cursor.feed


def delivered_with_unknown_key() -> Feed:
    cursor = queued(known=False, known_at=NOW)
    factories.delivered(cursor, 1)
    return cursor.feed


def delivered_before_a_replacement() -> Feed:
    feed = delivered_with_unknown_key()
    record_action(REPLACED, feed.connections.get(), None)
    return feed


def delivered_after_a_replacement() -> Feed:
    cursor = queued(known=False, known_at=NOW)
    record_action(REPLACED, cursor.connection, None)
    factories.delivered(cursor, 1, now=now() + timedelta(seconds=1))
    return cursor.feed


def delivered_before_a_test_event() -> Feed:
    later = NOW + timedelta(seconds=1)
    cursor = queued(known=False, known_at=NOW, seen_at=later)
    factories.delivered(cursor, 1)
    return cursor.feed


def recovered() -> Feed:
    cursor = queued()
    rejection = factories.rejected(cursor, reason=BAD)
    replay = factories.replay(cursor, end=1)
    Rejection.objects.filter(pk=rejection.pk).update(
        recovered_by=replay.cursor, recovered_at=NOW + timedelta(seconds=30)
    )
    return cursor.feed


def before_connection() -> Feed:
    feed = unconnected()
    factories.cursor(factories.connection(feed), start=1, position=1)
    return feed


def left_unsent() -> Feed:
    feed = queued(deleted_at=NOW, write_key="a" * 28 + "1234").feed
    factories.cursor(factories.connection(feed), start=1, position=1)
    return feed


STATES = {
    "first in line": (
        lambda: queued().feed,
        ("Queued", "On its way: it is the first event of the next request to Segment."),
        None,
    ),
    "retrying": (
        lambda: retrying(failures=3),
        (
            "Queued: retrying",
            (
                "Not delivered yet: 3 attempts failed, the last one with “Segment returned"
                f" 503”, and the next one is at {SOON}."
            ),
        ),
        RETRY,
    ),
    "retrying, due": (
        lambda: retrying(failures=1, due_in_s=-5),
        (
            "Queued: retrying",
            (
                "Not delivered yet: 1 attempt failed with “Segment returned 503”, and the"
                " next one is due now."
            ),
        ),
        RETRY,
    ),
    "paused by the operator": (
        lambda: queued(status="paused", status_reason="Their server floods us.").feed,
        (
            "Queued: paused",
            (
                f"Not sent yet, because the operator of this portal paused delivery on {AT}:"
                " Their server floods us."
            ),
        ),
        ("Resume delivery", "connection-resume"),
    ),
    "paused": (
        lambda: queued(status="paused").feed,
        ("Queued: paused", f"Not sent yet, because delivery was paused on {AT}."),
        ("Resume delivery", "connection-resume"),
    ),
    "halted": (
        halted,
        (
            "Queued: halted by operator",
            "Not sent yet, because the operator halted delivery: Maintenance at Segment.",
        ),
        None,
    ),
    "suspended": (
        lambda: at_stage("suspended"),
        (
            "Queued: suspended",
            "Not sent yet, because the operator suspended the stream.",
        ),
        None,
    ),
    "awaiting approval": (
        lambda: at_stage("submitted"),
        (
            "Queued: awaiting approval",
            "Not sent yet, because the stream is awaiting approval.",
        ),
        None,
    ),
    "key refused": (
        lambda: stopped("Segment rejected the write key (401)."),
        (
            "Queued: key refused",
            f"Not sent yet, because Segment refused the write key on {AT}.",
        ),
        ("Replace write key", "connection-change"),
    ),
    "needs attention": (
        lambda: stopped("Segment rejected 20 events in a row."),
        (
            "Queued: needs attention",
            (
                f"Not sent yet, because delivery stopped on {AT}: Segment rejected 20 events"
                " in a row."
            ),
        ),
        ("Check connection", "connection"),
    ),
    "waiting for operator": (
        with_unreadable_key,
        (
            "Queued: waiting for operator",
            (
                "Not sent yet, because the portal can't read the write key until its operator"
                " fixes that. You don't need to do anything."
            ),
        ),
        None,
    ),
    "not connected": (
        unconnected,
        (
            "Queued: not connected",
            "Not sent yet, because Segment isn't connected.",
        ),
        ("Connect Segment", "connection"),
    ),
    "connection deleted": (
        deleted,
        (
            "Queued: not connected",
            "Not sent yet, because the connection to Segment was deleted.",
        ),
        ("Connect Segment", "connection"),
    ),
    "rejected": (
        rejected,
        (
            "Rejected by Segment",
            "Not delivered, because Segment rejected it with “Too large” (400).",
        ),
        ("Replay…", "replay-new"),
    ),
    "rejected, cut reason": (
        lambda: rejected(BAD[:-4]),
        (
            "Rejected by Segment",
            "Not delivered, because Segment rejected it with “Too larg” (400).",
        ),
        ("Replay…", "replay-new"),
    ),
    "delivered": (
        delivered,
        ("Delivered", f"Segment accepted this event on {AT}."),
        None,
    ),
    "delivered, unknown key": (
        delivered_with_unknown_key,
        (
            "Delivered",
            (
                "Segment accepted this event but doesn't recognize the write key, so it"
                " probably dropped the event."
            ),
        ),
        ("Check connection", "connection"),
    ),
    "delivered with an earlier key, present key unknown": (
        delivered_before_a_replacement,
        (
            "Delivered",
            (
                f"Segment accepted this event on {AT}, before the write key or the region"
                " was replaced."
            ),
        ),
        None,
    ),
    "delivered with the present key, which is unknown": (
        delivered_after_a_replacement,
        (
            "Delivered",
            (
                "Segment accepted this event but doesn't recognize the write key, so it"
                " probably dropped the event."
            ),
        ),
        ("Check connection", "connection"),
    ),
    "delivered, key unknown until a test event": (
        delivered_before_a_test_event,
        ("Delivered", f"Segment accepted this event on {AT}."),
        None,
    ),
    "recovered": (
        recovered,
        (
            "Recovered",
            (
                "Segment rejected this event at first (400), then accepted it from a"
                f" replay on {SOON}."
            ),
        ),
        None,
    ),
    "before the connection": (
        before_connection,
        (
            "Skipped",
            (
                "Not sent, because it came before the connection, which started with event"
                " number 2."
            ),
        ),
        ("Send this event…", "replay-new"),
    ),
    "left by an earlier connection": (
        left_unsent,
        (
            "Skipped",
            (
                "Not sent, because the connection with the write key …1234 was deleted"
                " first, and the next one started with event number 2."
            ),
        ),
        ("Send this event…", "replay-new"),
    ),
}


def explained(feed: Feed, seq: int = 1):
    [event] = Event.objects.filter(feed=feed, seq=seq)
    delivery = DeliveryNow.load(feed, workspace=feed.workspace, now=NOW)
    status = statuses(feed, [event])[seq]
    attempt = Delivery.objects.filter(pk=status.delivery_id or 0).first()
    with timezone.override(UTC):
        return explain(
            event,
            status,
            delivery,
            delivered_at=attempt.started_at if attempt else None,
        )


@pytest.mark.parametrize("name", STATES)
def test_each_state_has_one_sentence_and_the_action_that_helps(name):
    prepare, texts, action = STATES[name]

    found = explained(prepare())

    assert (found.label, found.reason) == texts
    assert (found.action and (found.action.label, found.action.page)) == action


def test_an_event_behind_others_says_how_many_are_sent_first():
    assert explained(queued(events=3).feed, 3).reason == (
        "On its way: 2 events are sent before it."
    )


def test_an_event_behind_a_retried_batch_says_that_others_failed():
    found = explained(retrying(failures=1, events=2), 2)

    assert found.reason == (
        "Not sent yet: the events before it failed with “Segment returned 503”, and their"
        f" next attempt is at {SOON}."
    )


def test_an_event_that_expires_soon_says_when():
    assert explained(expiring()).warning == (
        "It expires on 5 Mar 2026, 00:00:00 UTC unless it is sent before."
    )


def test_a_retried_event_has_the_time_of_the_next_attempt():
    found = explained(retrying(failures=3))

    assert found.next_attempt_at == NOW + timedelta(seconds=30)


def test_the_delivery_of_a_feed_takes_four_queries(django_assert_num_queries):
    pk = retrying(failures=2, events=3).pk
    feed = Feed.objects.select_related("stream", "workspace").get(pk=pk)

    with django_assert_num_queries(4):
        DeliveryNow.load(feed, workspace=feed.workspace, now=NOW)


def test_an_event_in_a_skipped_queue_says_who_skipped_it():
    cursor, alice = queued(events=2), factories.user("alice@example.com")
    skip(connection=cursor.connection, up_to=2, actor=alice)

    found = explained(cursor.feed)

    assert found.cause is Cause.QUEUE_SKIPPED
    assert found.reason.startswith(
        "Not sent, because alice@example.com skipped the queue on "
    )
    assert found.action.page == "replay-new"
