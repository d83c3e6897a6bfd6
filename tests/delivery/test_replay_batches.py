"""Batches of a replay: which events it sends or skips, and with which messageIds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.engine.batch_reader import BatchReader
from streams.delivery.models import Cursor
from streams.delivery.replay import batches
from streams.delivery.replay.batches import (
    NothingMatched,
    skip_to,
    sparse_batch,
    with_new_id,
)
from streams.delivery.replay.models import Replay
from streams.delivery.segment.batch import MAX_BODY_BYTES
from streams.events.models import Event, Feed
from streams.spec.decode.structure import MalformedEvent, read_event
from tests import factories

NAMES = ("Email Opened", "Email Clicked")


def sent(events: int) -> Cursor:
    """Return a live cursor that has sent this many events.

    Every second one is a click.
    """
    live = factories.due_cursor(events)
    Event.objects.filter(feed=live.feed, seq__in=range(2, events + 1, 2)).update(
        name="Email Clicked", type="page", user_id="clicker"
    )
    factories.delivered(live, events)
    return live


def read(replay: Replay):
    """Return the next batch, or None if nothing matched and the replay moved on."""
    cursor = Cursor.objects.select_related("feed").get(pk=replay.pk)
    try:
        return BatchReader().read(cursor)
    except NothingMatched as passed:
        skip_to(cursor, passed.up_to, now=factories.NOW)
        return None


def seqs(batch) -> list[int]:
    ids = [json.loads(payload)["messageId"] for payload in batch.payloads]
    numbers = dict(Event.objects.values_list("message_id", "seq"))
    return [numbers[one] for one in ids]


def test_a_batch_of_events_with_gaps_fits_segments_limit():
    rows = [(2 * n, factories.NOW, b"x" * 20_000) for n in range(1, 100)]

    batch = sparse_batch(rows)

    assert len(batch.body(factories.NOW)) <= MAX_BODY_BYTES
    assert batch.last_seq == 2 * len(batch) == 48


def test_without_rows_there_is_no_batch():
    assert sparse_batch([]) is None


@pytest.mark.django_db
def test_without_a_filter_everything_up_to_the_end_is_read():
    batch = read(factories.replay(sent(5), start=1, end=4))

    assert (seqs(batch), batch.first_seq, batch.last_seq) == ([2, 3, 4], 2, 4)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ({"name": "Email Clicked"}, [2, 4]),
        ({"name": "Email"}, None),
        ({"type": "page"}, [2, 4]),
        ({"user_id": "clicker"}, [2, 4]),
        ({"user_id": "clicker", "type": "track"}, None),
    ],
)
def test_a_filter_matches_all_columns_it_names(wanted, taken):
    replay = factories.replay(sent(5), **wanted)

    batch = read(replay)

    assert (seqs(batch) if batch else None) == taken


@pytest.mark.django_db
def test_a_batch_ends_where_its_events_would_span_more_than_a_live_one_can(monkeypatch):
    monkeypatch.setattr(batches, "MAX_EVENTS", 5)
    replay = factories.replay(sent(12), name="Email Clicked", start=3)

    batch = read(replay)

    assert (seqs(batch), batch.first_seq, batch.last_seq) == ([4, 6, 8], 4, 8)


@pytest.mark.django_db
def test_rejected_only_selects_the_events_that_segment_rejected_the_first_time():
    live = factories.due_cursor(events=5)
    factories.rejected(live)
    factories.delivered(live, 3)
    factories.rejected(live)
    factories.delivered(live, 5)

    batch = read(factories.replay(live, rejected_only=True))

    assert seqs(batch) == [1, 4]


@pytest.mark.django_db
def test_a_range_without_matching_events_is_skipped(monkeypatch):
    monkeypatch.setattr(batches, "WINDOW", 3)
    replay = factories.replay(sent(5), name="No such event")

    assert read(replay) is None
    cursor = Cursor.objects.get(pk=replay.pk)
    assert (cursor.position, cursor.filtered, cursor.due_at) == (3, 3, factories.NOW)
    assert cursor.ended_at is None

    assert read(replay) is None
    cursor.refresh_from_db()
    assert (cursor.position, cursor.filtered, cursor.delivered) == (5, 5, 0)
    assert (cursor.due_at, cursor.ended_at) == (None, factories.NOW)


@pytest.mark.django_db
def test_a_canceled_replay_does_not_move_on():
    replay = factories.replay(sent(5), name="No such event")
    Cursor.objects.filter(pk=replay.pk).update(ended_at=factories.NOW, due_at=None)

    skip_to(replay.cursor, 5, now=factories.NOW)

    replay.cursor.refresh_from_db()
    assert replay.cursor.position == 0


@pytest.mark.django_db
@pytest.mark.parametrize("rows_are_gone", [True, False])
def test_deleted_events_are_skipped(rows_are_gone):
    live = sent(5)
    if rows_are_gone:
        factories.expired(live.feed, 3)
    else:
        Feed.objects.update(expired_seq=3)

    batch = read(factories.replay(live))

    assert (seqs(batch), batch.first_seq) == ([4, 5], 4)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("expired", "counted"), [(0, (5, 0)), (3, (2, 3)), (5, (0, 5)), (6, (0, 5))]
)
def test_expired_events_are_not_counted_as_filtered(expired, counted):
    replay = factories.replay(sent(6), end=5, name="No such event")
    Feed.objects.update(expired_seq=expired)

    read(replay)

    cursor = Cursor.objects.get(pk=replay.pk)
    assert (cursor.filtered, cursor.expired) == counted
    assert (cursor.delivered, cursor.position) == (0, 5)


@pytest.mark.django_db
def test_halving_counts_events_and_not_numbers():
    replay = factories.replay(sent(16), name="Email Clicked")
    Cursor.objects.filter(pk=replay.pk).update(suspect_seq=16)

    batch = read(replay)

    assert seqs(batch) == [2, 4, 6, 8]


@pytest.mark.django_db
def test_with_new_ids_only_the_message_id_changes():
    live = sent(1)
    same, new = read(factories.replay(live)), None
    Cursor.objects.filter(kind="replay").update(due_at=None, ended_at=factories.NOW)
    new = read(factories.replay(live, new_ids=True))

    [before], [after] = map(json.loads, same.payloads), map(json.loads, new.payloads)
    assert before.pop("messageId") != after.pop("messageId")
    assert before == after


def test_a_replay_always_gives_an_event_the_same_new_id_and_no_two_replays_agree():
    payload = factories.event().payload
    one, other = Replay(), Replay()

    again = [with_new_id(payload, replay) for replay in (one, one, other)]

    assert again[0] == again[1] != again[2]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(properties=st.dictionaries(st.text(), JSON, max_size=4))
def test_no_other_byte_of_a_stored_event_changes(properties):
    stored = {"type": "track", "messageId": "m" * 32, "properties": properties}
    try:
        event = read_event(json.dumps(stored).encode("utf-8", "surrogatepass"))
    except MalformedEvent:  # ingest would refuse it
        return
    payload = batches._encode(event)

    rewritten = with_new_id(payload, Replay())

    name = json.loads(rewritten)["messageId"].encode()
    assert rewritten == payload.replace(b"m" * 32, name, 1)
