"""Events that wait for the userId of their person are released together and in order."""

from __future__ import annotations

import base64
import json

import pytest

from streams.base.clock import now
from streams.catalog.identity_settings import choose_identity
from streams.delivery.append import accept
from streams.delivery.quarantine_decisions import decide
from streams.delivery.quarantine_jobs import work as work_on_decisions
from streams.delivery.retention.pruning import prune
from streams.delivery.waiting import release as waiting_release
from streams.delivery.waiting import renewal as waiting_renewal
from streams.events.event_preparation import (
    RequestFields,
    StreamFields,
    complete,
    message_ids,
)
from streams.events.log import FeedAddition
from streams.events.models import Event, QuarantinedEvent, QuarantineJob, WaitingEvent
from streams.events.people.identifiers import IdentityRules, identifiers_of
from streams.events.people.waiting import digests_of
from streams.events.quarantine import QuarantineFilter
from streams.identity import lookup
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind
from streams.observability import ledger
from streams.observability.reconcile import inconsistencies
from tests import factories

pytestmark = pytest.mark.django_db

TOOL_ID, EMAIL = IdentifierKind.TOOL_ID, IdentifierKind.EMAIL
SEGMENT = Origin(OriginKind.INBOUND, "project-1", "message-1")
RULE = "IDENTITY-UNRESOLVED"


@pytest.fixture(autouse=True)
def fresh_cache():
    lookup.clear_cache()


@pytest.fixture
def feed():
    """A connected feed of a stream that sets events of unknown people aside."""
    feed = factories.cursor(factories.connection()).feed
    choose(feed, "tool_id", "email")
    return feed


def choose(feed, *order):
    choose_identity(
        stream=feed.stream,
        identify_by=order,
        unresolved="set_aside",
        check_user_ids=False,
        actor=None,
    )


def waiting(feed, *people, at=None, rule=RULE):
    """Put an event of each person into quarantine, as ingest does; return their messageIds."""
    source = StreamFields(feed.stream.slug, "1.0.0")
    fields = RequestFields(source=source, received_at=factories.NOW)
    rules, ids = IdentityRules.of(feed.stream), message_ids(len(people))
    events = []
    for person in people:
        sent = {"type": "track", "event": "Email Opened", "person": person}
        own = digests_of(feed.pk, identifiers_of(sent, rules))
        event = complete(sent, fields, ids=ids, person=own, held_by=rule)
        events.append(event if rule == RULE else event.quarantined(rule))
    accept([FeedAddition(feed.pk, events)], now=at or factories.NOW)
    return [event.message_id for event in events]


def known_event(feed, user_id, *person):
    """Append an event whose userId was found by the person's identifiers."""
    source = StreamFields(feed.stream.slug, "1.0.0")
    fields = RequestFields(source=source, received_at=factories.NOW)
    sent = {"type": "track", "event": "Email Opened", "userId": user_id}
    known = digests_of(feed.pk, person[:1])
    event = complete(sent, fields, ids=message_ids(1), person=known)
    return accept([FeedAddition(feed.pk, [event])], now=factories.NOW)


def link(feed, user_id, kind, value):
    facts = [IdentityFact(user_id, [Identifier(kind, value)], factories.NOW, SEGMENT)]
    learn(feed.pk, facts)


def work():
    waiting_release.work(lambda: False)


def release(feed, action="release", **of):
    held = QuarantineFilter(**of)
    decide(
        feeds=[feed], held=held, action=action, actor=None, new_name=NEW_NAMES[action]
    )
    work_on_decisions(lambda: False)


NEW_NAMES = {"release": "", "discard": "", "rename": "Email Clicked"}


def in_log(feed):
    rows = Event.objects.filter(feed=feed).order_by("seq")
    return list(rows.values_list("message_id", flat=True))


def payloads(feed):
    rows = Event.objects.filter(feed=feed).order_by("seq")
    return [json.loads(bytes(row.payload)) for row in rows]


def books(feed):
    assert inconsistencies(feed) == []
    counts = ledger.of(feed)
    return counts.received, counts.accepted, counts.quarantined, counts.discarded


def test_events_are_released_in_order_once_their_user_id_is_known(feed, monkeypatch):
    monkeypatch.setattr(waiting_release, "CHUNK", 2)
    alice, bob = {"id": "7"}, {"id": "8"}
    a1, b1, a2, a3, a4, a5 = waiting(feed, alice, bob, alice, alice, alice, alice)

    link(feed, " Ü ", TOOL_ID, "7")
    work()

    assert in_log(feed) == [a1, a2, a3, a4, a5]
    assert {payload["userId"] for payload in payloads(feed)} == {" Ü "}
    assert not any("person" in payload for payload in payloads(feed))
    assert QuarantinedEvent.objects.get().message_id == b1
    assert WaitingEvent.objects.count() == 1
    assert books(feed) == (6, 5, 1, 0)
    assert feed.cursors.get().due_at is not None


def test_nothing_is_released_twice_or_without_a_link(feed):
    waiting(feed, {"id": "7"}, {"id": "8"})
    work()
    assert in_log(feed) == []

    link(feed, "u7", TOOL_ID, "7")
    work()
    work()

    assert len(in_log(feed)) == 1
    assert books(feed) == (2, 1, 1, 0)


def test_a_link_of_a_later_event_releases_the_earlier_ones_of_the_person(
    feed, monkeypatch
):
    monkeypatch.setattr(waiting_release, "CHUNK", 2)
    ids = waiting(
        feed,
        {"id": "7"},
        {"id": "7"},
        {"id": "7", "email": "a@example.com"},
        {"id": "7"},
        {"id": "7"},
    )

    link(feed, "u7", EMAIL, "a@example.com")
    work()

    assert in_log(feed) == ids
    assert {payload["userId"] for payload in payloads(feed)} == {"u7"}
    assert not WaitingEvent.objects.exists()
    assert books(feed) == (5, 5, 0, 0)


def test_earlier_events_of_a_person_are_released_before_a_later_one_with_a_link(
    feed, monkeypatch
):
    monkeypatch.setattr(waiting_release, "MOST_LINKS", 1)
    ids = waiting(feed, {"id": "7"}, {"id": "7", "email": "a@example.com"})

    link(feed, "u7", EMAIL, "a@example.com")
    link(feed, "u7", TOOL_ID, "7")  # is read by a later step
    work()

    assert in_log(feed) == ids


def test_events_of_two_workspaces_are_released_in_turn_each_to_its_own(
    feed, monkeypatch
):
    monkeypatch.setattr(waiting_release, "CHUNK", 2)
    other = factories.cursor(factories.connection(factories.feed(feed.stream))).feed
    people = [{"id": "7"}] * 4 + [{"id": "7", "email": "a@example.com"}]
    ids = {one: waiting(one, *people) for one in (feed, other)}

    for one, user_id in ((feed, "u7"), (other, "other")):
        link(one, user_id, EMAIL, "a@example.com")
    work()

    for one, user_id in ((feed, "u7"), (other, "other")):
        assert in_log(one) == ids[one]
        assert {payload["userId"] for payload in payloads(one)} == {user_id}
        assert books(one) == (5, 5, 0, 0)


def test_people_who_share_a_weaker_identifier_stay_apart(feed):
    shared = "info@example.com"
    first, second = waiting(feed, {"id": "7", "email": shared}, {"id": "8"})

    link(feed, "u8", TOOL_ID, "8")
    work()

    assert in_log(feed) == [second]
    assert QuarantinedEvent.objects.get().message_id == first


def test_links_of_other_workspaces_release_nothing(feed):
    waiting(feed, {"id": "7"})
    other = factories.feed(feed.stream)

    link(other, "u7", TOOL_ID, "7")
    work()

    assert in_log(feed) == []


def test_an_event_that_waits_behind_others_is_released_after_them(feed):
    [first] = waiting(feed, {"id": "7"})
    link(feed, "u7", TOOL_ID, "7")

    result = known_event(feed, "u7", Identifier(TOOL_ID, "7"))
    work()

    assert result.seqs == [[0]]
    assert in_log(feed)[0] == first
    assert books(feed) == (2, 2, 0, 0)


def test_a_discarded_event_is_not_released_and_holds_up_no_one(feed):
    [first, second] = waiting(feed, {"id": "7"}, {"id": "7"})
    pk = QuarantinedEvent.objects.get(message_id=first).pk
    QuarantineJob.objects.update(requested_at=factories.NOW)
    decide(
        feeds=[feed],
        held=QuarantineFilter(ids=[pk]),
        action="discard",
        actor=None,
    )
    QuarantineJob.objects.update(requested_at=factories.NOW)
    work_on_decisions(lambda: False)

    link(feed, "u7", TOOL_ID, "7")
    work()

    assert in_log(feed) == [second]
    assert not WaitingEvent.objects.exists()
    assert books(feed) == (2, 1, 0, 1)


def test_an_event_that_expires_in_quarantine_waits_no_more(feed):
    waiting(feed, {"id": "7"})

    prune(now=now())

    assert not QuarantinedEvent.objects.exists()
    assert not WaitingEvent.objects.exists()
    assert inconsistencies(feed) == []


def test_someone_releases_an_event_that_waits_with_an_anonymous_id(feed):
    waiting(feed, {"id": "7"}, {"id": "7"})

    release(feed)

    first, second = payloads(feed)
    assert first["anonymousId"] == second["anonymousId"]
    assert not {"userId", "person"} & first.keys()
    assert not WaitingEvent.objects.exists()
    assert books(feed) == (2, 2, 0, 0)


def test_someone_releases_an_event_with_the_anonymous_id_that_it_has_for_its_person(
    feed,
):
    waiting(feed, {"id": "7", "anonymousId": "own"})

    release(feed)

    [payload] = payloads(feed)
    assert payload["anonymousId"] == "own"


def test_someone_releases_an_event_whose_user_id_is_known_by_now(feed):
    waiting(feed, {"id": "7"})
    link(feed, "u7", TOOL_ID, "7")

    release(feed)

    [payload] = payloads(feed)
    assert payload["userId"] == "u7"
    assert not {"anonymousId", "person"} & payload.keys()
    assert Event.objects.get().user_id == "u7"


def test_an_event_that_broke_the_plan_waits_for_its_user_id_after_its_release(feed):
    waiting(feed, {"id": "7"}, rule="PLAN-EVENT-001")

    release(feed, rule="PLAN-EVENT-001")

    assert QuarantinedEvent.objects.get().rule == RULE
    job = QuarantineJob.objects.get()
    assert (job.released, job.kept, bool(job.ended_at)) == (0, 1, True)
    link(feed, "u7", TOOL_ID, "7")
    work()
    assert [payload["userId"] for payload in payloads(feed)] == ["u7"]
    assert books(feed) == (1, 1, 0, 0)


def test_an_event_that_broke_the_plan_gets_a_user_id_that_is_known_at_its_release(feed):
    choose(feed, "email", "tool_id")
    person = {"id": "7", "email": "a@example.com"}
    waiting(feed, person, rule="PLAN-EVENT-001")
    link(feed, "by-id", TOOL_ID, "7")
    link(feed, "by-email", EMAIL, "a@example.com")

    release(feed, rule="PLAN-EVENT-001")

    assert [payload["userId"] for payload in payloads(feed)] == ["by-email"]
    assert not QuarantinedEvent.objects.exists()
    assert not WaitingEvent.objects.exists()


def test_a_renamed_event_goes_on_waiting(feed):
    factories.published_plan(feed.stream, "Email Clicked")
    waiting(feed, {"id": "7"})

    release(feed, "rename", name="Email Opened")

    held = QuarantinedEvent.objects.get()
    assert (held.name, held.rule) == ("Email Clicked", RULE)
    link(feed, "u7", TOOL_ID, "7")
    work()
    [payload] = payloads(feed)
    assert (payload["event"], payload["userId"]) == ("Email Clicked", "u7")


def test_an_event_with_an_error_under_its_new_name_waits_for_a_decision(feed):
    factories.published_plan(feed.stream, "Email Delivered")
    waiting(feed, {"id": "7"})

    release(feed, "rename", name="Email Opened")
    link(feed, "u7", TOOL_ID, "7")
    work()

    assert QuarantinedEvent.objects.get().rule == "PLAN-EVENT-001"
    assert in_log(feed) == []


def test_an_event_that_is_too_large_with_its_user_id_waits_for_a_decision(
    feed, monkeypatch
):
    waiting(feed, {"id": "7"})
    size = len(bytes(QuarantinedEvent.objects.get().payload))
    monkeypatch.setattr("streams.delivery.person_completion.MAX_EVENT_BYTES", size - 20)

    link(feed, "u" * 200, TOOL_ID, "7")
    work()

    assert QuarantinedEvent.objects.get().rule == "SPEC-SIZE-001"
    assert not WaitingEvent.objects.exists()
    assert books(feed) == (1, 0, 1, 0)


def test_the_sweep_finds_events_that_can_be_released(feed):
    waiting(feed, {"id": "7"})
    assert not waiting_release.is_due()

    link(feed, "u7", TOOL_ID, "7")

    assert waiting_release.is_due()


def rotate(settings):
    """Add a new key to the ring, as an operator does."""
    settings.IDENTITY_KEYS = [
        f"newest:{base64.b64encode(bytes(32)).decode()}",
        *settings.IDENTITY_KEYS,
    ]


def test_a_process_that_lacks_the_newest_key_releases_events_that_wait(feed, settings):
    before = settings.IDENTITY_KEYS
    rotate(settings)
    ids = waiting(feed, {"id": "7"}, {"id": "7"})
    settings.IDENTITY_KEYS = before

    link(feed, "u7", TOOL_ID, "7")
    work()

    assert in_log(feed) == ids
    assert not WaitingEvent.objects.exists()
    assert books(feed) == (2, 2, 0, 0)


def test_an_event_waits_behind_one_from_before_a_rotation(feed, settings):
    waiting(feed, {"id": "7"})
    rotate(settings)
    link(feed, "u7", TOOL_ID, "7")

    result = known_event(feed, "u7", Identifier(TOOL_ID, "7"))

    assert result.seqs == [[0]]


def test_people_who_share_the_first_identifier_keep_their_own_user_ids(feed):
    choose(feed, "email", "tool_id")
    shared = "info@example.com"
    people = [{"email": shared, "id": "1"}, {"email": shared, "id": "2"}]
    first, second, alone = waiting(feed, *people, {"email": shared, "id": "3"})

    link(feed, "u2", TOOL_ID, "2")
    work()

    assert in_log(feed) == [second]
    link(feed, "u1", TOOL_ID, "1")
    work()
    assert in_log(feed) == [second, first]
    assert [payload["userId"] for payload in payloads(feed)] == ["u2", "u1"]
    assert QuarantinedEvent.objects.get().message_id == alone


def test_an_error_in_one_feed_delays_no_other(feed):
    broken = factories.feed(feed.stream)
    waiting(broken, {"id": "7"})
    waiting(feed, {"id": "7"})
    QuarantinedEvent.objects.filter(feed=broken).update(payload=b"{")

    link(broken, "u7", TOOL_ID, "7")
    link(feed, "u7", TOOL_ID, "7")
    work()

    assert len(in_log(feed)) == 1
    assert QuarantinedEvent.objects.get().feed_id == broken.pk


def test_a_link_that_was_learned_after_the_lookup_releases_an_event(feed):
    link(feed, "u7", TOOL_ID, "7")

    waiting(feed, {"id": "7"})
    work()

    assert [payload["userId"] for payload in payloads(feed)] == ["u7"]


def test_the_work_of_a_step_does_not_depend_on_the_events_that_wait(
    feed, django_assert_max_num_queries
):
    waiting(feed, *[{"id": str(i)} for i in range(300)])
    for i in range(100, 105):
        link(feed, f"u{i}", TOOL_ID, str(i))

    with django_assert_max_num_queries(60):
        work()

    assert len(in_log(feed)) == 5
    assert not waiting_release.is_due()


def test_a_new_link_of_no_event_that_waits_is_compared_once(feed):
    waiting(feed, {"id": "7"})
    link(feed, "u8", TOOL_ID, "8")
    assert waiting_release.is_due()

    work()

    assert not waiting_release.is_due()
    assert in_log(feed) == []


def compare_all(monkeypatch):
    """Compare all events that wait with the identity map, and release those with a link."""
    monkeypatch.setattr(waiting_renewal._Walk, "next_at", 0.0)
    monkeypatch.setattr(waiting_renewal._Walk, "after", 0)
    waiting_renewal.work()
    work()


def test_events_from_before_a_rotation_are_released_in_order(
    feed, settings, monkeypatch
):
    ids = waiting(feed, {"id": "7"}, {"id": "8"}, {"id": "7"})
    rotate(settings)
    link(feed, "u7", TOOL_ID, "7")
    work()
    assert in_log(feed) == []
    assert known_event(feed, "u7", Identifier(TOOL_ID, "7")).seqs == [[0]]

    compare_all(monkeypatch)

    assert in_log(feed)[:2] == [ids[0], ids[2]]
    assert len(in_log(feed)) == 3
    assert QuarantinedEvent.objects.get().message_id == ids[1]
    link(feed, "u8", TOOL_ID, "8")
    work()
    assert not WaitingEvent.objects.exists()
    assert books(feed) == (4, 4, 0, 0)


def test_a_link_of_a_process_with_another_ring_is_found(feed, settings, monkeypatch):
    before = settings.IDENTITY_KEYS
    rotate(settings)
    link(feed, "u7", TOOL_ID, "7")
    both, settings.IDENTITY_KEYS = settings.IDENTITY_KEYS, before
    [waits] = waiting(feed, {"id": "7"})
    settings.IDENTITY_KEYS = both

    compare_all(monkeypatch)

    assert in_log(feed) == [waits]


def test_an_event_from_before_a_change_of_the_order_is_released_with_an_id(feed):
    choose(feed, "email")
    waiting(feed, {"email": "a@example.com"}, {"email": "b@example.com"})
    choose(feed, "tool_id")
    link(feed, "u7", EMAIL, "b@example.com")

    release(feed)

    first, second = payloads(feed)
    assert first["anonymousId"]
    assert second["userId"] == "u7"
    assert books(feed) == (2, 2, 0, 0)


def test_an_event_that_nothing_identifies_stays_in_quarantine(feed):
    waiting(feed, {"id": "7"})
    held = QuarantinedEvent.objects.get()
    held.payload = bytes(held.payload).replace(b'"7"', b'"0"')
    held.save()

    release(feed)

    assert in_log(feed) == []
    assert QuarantinedEvent.objects.get().rule == RULE
    assert books(feed) == (1, 0, 1, 0)
