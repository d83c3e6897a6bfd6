"""A replay of selected events, or of all that a search of the list of events matches."""

from __future__ import annotations

import json

import pytest

from streams.delivery.engine.batch_reader import BatchReader
from streams.delivery.models import Cursor
from streams.delivery.replay import batches
from streams.delivery.replay.batches import NothingMatched, skip_to
from streams.delivery.replay.filter import ReplayFilter, ReplaySelection
from streams.delivery.replay.services import count, select, start_replay
from streams.events.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def live() -> Cursor:
    live, ada = factories.cursor(), {"email": "ada@example.com"}
    for content in (
        {"anonymousId": "anon"},
        {"event": "Email Clicked", "context": {"traits": ada}},
        {"properties": {"anonymousId": "anon", "plan": "pro"}},
        {"properties": {"plan": 'say "hi" 😀'}, "messageId": "m-4"},
        {"type": "identify", "event": None, "traits": ada},
        {"event": "Email Bounced"},
    ):
        factories.append(live.feed, 1, **content)
    factories.delivered(live, 6)
    return live


def sent_by(live: Cursor, wanted: ReplaySelection) -> list[int]:
    """Start the replay, and return the numbers that it sends until its end."""
    replay, _is_new = start_replay(
        connection=live.connection, wanted=wanted, new_ids=False, actor=None
    )
    seqs = dict(Event.objects.values_list("message_id", "seq"))
    sent: list[int] = []
    running = Cursor.objects.select_related("feed").filter(ended_at=None)
    while cursor := running.filter(pk=replay.pk).first():
        try:
            batch = BatchReader().read(cursor)
        except NothingMatched as passed:
            skip_to(cursor, passed.up_to, now=factories.NOW)
            continue
        sent += [seqs[json.loads(payload)["messageId"]] for payload in batch.payloads]
        at_end = batch.last_seq == cursor.end_seq
        Cursor.objects.filter(pk=replay.pk).update(
            position=batch.last_seq,
            **({"ended_at": factories.NOW, "due_at": None} if at_end else {}),
        )
    return sent


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ReplayFilter(seqs=(2, 4, 5)), [2, 4, 5]),
        (ReplayFilter(seqs=(2, 99)), [2]),
        (ReplayFilter(seqs=(1, 2, 3), name="Email Clicked"), [2]),
        (ReplayFilter(name_start="email b"), [6]),
        (ReplayFilter(message_id="m-4"), [4]),
        (ReplayFilter(anonymous_id="anon"), [1]),
        (ReplayFilter(email="ada@example.com"), [2, 5]),
        (ReplayFilter(property_is="properties.plan = pro"), [3]),
        (ReplayFilter(property_is='properties.plan = say "hi" 😀'), [4]),
    ],
)
def test_a_replay_sends_exactly_the_events_that_were_counted(
    live, monkeypatch, wanted, expected
):
    monkeypatch.setattr(batches, "WINDOW", 2)
    selection = ReplaySelection(filter=wanted)

    span = select(live.connection, selection)
    counted = count(live.connection, span, wanted)

    assert (counted.events, counted.is_exact) == (len(expected), True)
    assert sent_by(live, selection) == expected


def test_the_activity_log_says_what_was_selected():
    wanted = ReplayFilter(seqs=(1, 2), email="ada@example.com")

    assert wanted.summary == "Person's email: ada@example.com · 2 selected events"
    assert (
        wanted.words == "Person's email: … · 2 selected events"
    )  # for the activity log
