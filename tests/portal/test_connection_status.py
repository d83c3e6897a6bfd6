from __future__ import annotations

from datetime import timedelta

import pytest

from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
from streams.delivery.limits.send_policy import SendBlock, SendPolicy
from streams.delivery.models import Cursor
from streams.observability.ledger import Ledger
from streams.portal.status.actions import Action
from streams.portal.status.decision import decide
from streams.portal.status.loading import snapshot_of
from streams.tenancy.models import Workspace
from tests.factories import NOW

IDLE = Ledger(accepted=5, delivered=5)


def connection_status(*rows):
    return decide(snapshot_of(*rows))


def word(connection, cursor, ledger=IDLE) -> str:
    return connection_status(connection, cursor, ledger, NOW).word


def connected(**fields) -> Connection:
    return Connection(**{"known": True, "known_at": NOW, "seen_at": NOW, **fields})


def blocked(connection, *, halts=(), stage=Stage.LIVE) -> SendBlock | None:
    """The block of this connection of stream 1."""
    return SendPolicy(tuple(halts)).block(
        connection, stream=Stream(pk=1, stage=stage), workspace=Workspace()
    )


def test_without_a_connection_it_says_how_many_events_are_queued():
    shown = connection_status(None, None, Ledger(accepted=1204, held=1204), NOW)

    assert shown.word == "Not connected"
    assert shown.detail.startswith("1,204 events are queued. ")


def test_one_queued_event_is_in_the_singular():
    shown = connection_status(None, None, Ledger(accepted=1, held=1), NOW)

    assert shown.detail.startswith("1 event is queued. ")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Working"),
        ({"status": "paused"}, "Paused"),
        ({"status": "attention", "known": False}, "Needs attention"),
        ({"known": False}, "Write key not recognized"),
        ({"known": None}, "Working"),  # it could not be asked, and was seen
        ({"seen_at": None}, "Not verified"),
    ],
)
def test_the_most_urgent_status_is_shown(fields, expected):
    assert word(connected(**fields), Cursor()) == expected


def test_a_connection_that_delivers_is_asked_to_confirm_once_that_events_arrive():
    cursor = Cursor(last_delivered_at=NOW)

    shown = connection_status(connected(seen_at=None), cursor, IDLE, NOW)

    assert (shown.word, shown.title, shown.primary) == (
        "Not verified",
        "Sending events, not verified yet",
        Action.VERIFY,
    )
    assert "even if the write key is wrong" in shown.detail


def test_attention_says_why_and_that_nothing_is_lost():
    connection = connected(status="attention", status_reason="Segment returned 403.")

    shown = connection_status(
        connection, Cursor(held=True), Ledger(accepted=2, held=2), NOW
    )

    assert shown.detail == "Segment returned 403. 2 events are queued."


def test_a_segment_that_does_not_respond_is_retried():
    later = Cursor(failures=3, due_at=NOW + timedelta(seconds=1))

    assert word(connected(), later) == "Retrying"


def test_events_in_progress_are_counted():
    shown = connection_status(connected(), Cursor(), Ledger(accepted=9, pending=4), NOW)

    assert (shown.word, shown.detail) == (
        "Sending",
        "4 events are on the way to Segment.",
    )


@pytest.mark.parametrize(
    ("halt", "expected"),
    [
        ({}, "Halted by operator"),
        ({"region": "us"}, "Halted by operator"),
        ({"stream_id": 1}, "Halted by operator"),
        ({"region": "eu"}, "Working"),
        ({"stream_id": 2}, "Working"),
    ],
)
def test_only_a_halt_of_this_connection_is_shown(halt, expected):
    connection, cursor = connected(region="us"), Cursor(stream_id=1)
    block = blocked(connection, halts=[Halt(reason="Drill", **halt)])

    shown = connection_status(connection, cursor, IDLE, NOW, block)

    assert shown.word == expected


@pytest.mark.parametrize(
    "reason", ["Maintenance at Segment", "Maintenance at Segment. "]
)
def test_the_reason_of_a_halt_is_a_separate_sentence(reason):
    connection, cursor = connected(region="us"), Cursor(stream_id=1)
    block = blocked(connection, halts=[Halt(reason=reason)])

    shown = connection_status(connection, cursor, IDLE, NOW, block)

    assert shown.detail.startswith("Maintenance at Segment. New events ")


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage.DRAFT, ("Awaiting approval", "Stream awaiting approval")),
        (Stage.SUSPENDED, ("Suspended", "Stream suspended")),
    ],
)
def test_the_stage_is_named_with_the_number_of_queued_events(stage, expected):
    ledger, connection = Ledger(accepted=2, pending=2), connected(region="us")
    block = blocked(connection, stage=stage)

    shown = connection_status(connection, Cursor(), ledger, NOW, block)

    assert (shown.word, shown.title) == expected
    assert "2 events are queued." in shown.detail


def test_a_pause_by_the_operator_says_who_paused_and_why():
    paused = connected(status="paused", status_reason="Their server floods us.")

    shown = connection_status(paused, Cursor(stream_id=1), IDLE, NOW, None)

    assert shown.title == "Delivery paused by the operator"
    assert "The operator's reason: “Their server floods us”. No events" in shown.detail


def test_a_paused_connection_shows_the_pause_and_not_a_halt():
    paused = connected(status="paused", region="us")
    block = blocked(paused, halts=[Halt(reason="Drill")])

    shown = connection_status(paused, Cursor(stream_id=1), IDLE, NOW, block)

    assert shown.word == "Paused"
