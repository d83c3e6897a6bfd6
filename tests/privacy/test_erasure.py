"""A person is erased from the log, the quarantine and everything that names them."""

from __future__ import annotations

import threading
from contextlib import closing

import msgspec
import pytest
from django.db import connection as database

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.delivery.append import accept_released
from streams.delivery.engine.drain import drain
from streams.delivery.models import Cursor, Rejection
from streams.delivery.replay.models import Replay
from streams.events.erasure.models import Erasure
from streams.events.erasure.person import PeopleSearch
from streams.events.erasure.tombstones import ERASED
from streams.events.log import FeedAddition, NewEvent
from streams.events.models import Event, Feed, QuarantinedEvent
from streams.exports.models import Export
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind, NoPerson
from streams.identity.links import IdentityFact, learn
from streams.identity.models import Link, OriginKind
from streams.observability import ledger
from streams.observability.reconcile import inconsistencies
from streams.privacy import jobs
from streams.privacy.requests import request_erasure
from streams.tenancy.saved_filters.models import SavedFilter
from streams.uploads import services as uploads
from streams.uploads.models import Upload
from streams.uploads.reading import step
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = Identifier(IdentifierKind.EMAIL, "Ada@Example.com")
TRAITS = {"context": {"traits": {"email": "ada@example.com"}}}


@pytest.fixture(autouse=True)
def _sandbox_region(settings, segment):
    settings.SANDBOX_URL = segment.url


@pytest.fixture
def live():
    """The cursor of a connection whose feed is empty."""
    return factories.cursor(factories.connection())


@pytest.fixture
def feed(live):
    return live.feed


def append(feed, **changes) -> int:
    """Append an event; return its number."""
    factories.append(feed, now=now(), **changes)
    feed.refresh_from_db()
    return feed.head_seq


def erase(feed, **person) -> Erasure:
    """Erase a person completely; return the report."""
    erasure = request_erasure(feed, origin=Erasure.Origin.PAGE, actor=None, **person)
    jobs.work(lambda: False)
    erasure.refresh_from_db()
    assert erasure.ended_at is not None
    assert inconsistencies(feed) == []
    return erasure


def send(feed) -> None:
    due = Cursor.objects.filter(feed=feed, ended_at=None)
    due.update(due_at=now())
    while due.exclude(due_at=None).exists():
        drain(feed.stream_id, stop=threading.Event(), linger_s=0.0)


def link(feed, user_id, *identifiers) -> None:
    origin = Origin(OriginKind.API)
    learn(feed.pk, [IdentityFact(user_id, identifiers, now(), origin)])


def erased(feed) -> list[int]:
    rows = Event.objects.filter(feed=feed, type=ERASED).order_by("seq")
    return list(rows.values_list("seq", flat=True))


def contents(feed) -> str:
    """Return all that the log and the quarantine have, as one text."""
    logged = Event.objects.filter(feed=feed).values_list()
    set_aside = QuarantinedEvent.objects.filter(feed=feed).values_list()
    return repr([*logged, *set_aside])


@pytest.mark.parametrize(
    ("person", "found"),
    [
        ({"user_id": "ada"}, [1, 4]),
        ({"identifiers": [EMAIL]}, [2, 3, 4]),
        ({"identifiers": [Identifier(IdentifierKind.ANONYMOUS_ID, "a-1")]}, [5]),
        ({"user_id": "Ada"}, []),
        ({"identifiers": [Identifier(IdentifierKind.EMAIL, "adas@example.com")]}, []),
    ],
)
def test_an_event_is_erased_if_it_has_the_userid_or_the_identifier(feed, person, found):
    append(feed, userId="ada")
    append(feed, userId=None, anonymousId="x", **TRAITS)
    append(feed, userId="other", **TRAITS)
    append(feed, userId="ada", **TRAITS)
    append(feed, userId="bob", anonymousId="a-1")
    append(feed, userId="bob")

    erasure = erase(feed, **person)

    assert erased(feed) == found
    assert erasure.events == len(found)
    assert Event.objects.filter(feed=feed).count() == 6


def test_the_identity_map_leads_from_an_identifier_to_all_of_a_persons_events(feed):
    tool = Identifier(IdentifierKind.TOOL_ID, "t-1")
    link(feed, "ada", EMAIL, tool)
    append(feed, userId="ada")
    append(feed, userId=None, anonymousId="x", context={f"{feed.stream.slug}Id": "t-1"})
    # Another person with the same device, or the same ID in the tool.
    append(feed, userId="bob", context={f"{feed.stream.slug}Id": "t-1"})

    erasure = erase(feed, identifiers=[EMAIL])

    assert erased(feed) == [1, 2]
    assert (erasure.links, Link.objects.count()) == (2, 0)


def test_nothing_of_the_person_is_left_in_log_and_quarantine(feed):
    append(feed, userId="ada-lovelace", event="Ada Signed Up", **TRAITS)
    factories.quarantined(feed, userId="ada-lovelace", event="Ada Opened", **TRAITS)
    factories.quarantined(feed, userId="bob")

    erasure = erase(feed, user_id="ada-lovelace")

    assert "ada" not in contents(feed).lower()
    assert (erasure.events, erasure.quarantined) == (1, 1)
    assert ledger.of(feed).discarded == 1
    assert QuarantinedEvent.objects.get(feed=feed).user_id == "bob"


def test_queued_events_of_the_person_are_not_sent_and_count_as_erased(live, segment):
    feed = live.feed
    for number in range(6):
        append(feed, userId="ada" if number % 2 else "bob", messageId=f"m-{number}")

    erase(feed, user_id="ada")
    send(feed)

    assert [event["messageId"] for event in segment.events()] == ["m-0", "m-2", "m-4"]
    books = ledger.of(feed)
    assert (books.accepted, books.delivered, books.erased) == (6, 3, 3)
    assert books.pending == 0
    assert inconsistencies(feed) == []


def test_delivered_events_stay_delivered_and_a_replay_leaves_them_out(live, segment):
    feed = live.feed
    for user_id in ("ada", "bob", "ada"):
        append(feed, userId=user_id)
    send(feed)
    segment.reset()

    erase(feed, user_id="ada")
    replay = factories.replay(Cursor.objects.get(pk=live.pk), end=3)
    send(feed)

    assert [event["userId"] for event in segment.events()] == ["bob"]
    books = ledger.of(feed)
    assert (books.delivered, books.erased) == (3, 0)
    replay.cursor.refresh_from_db()
    assert (replay.cursor.delivered, replay.cursor.filtered) == (1, 2)
    assert inconsistencies(feed) == []


def test_thousands_of_erased_events_in_a_row_are_passed(live, segment):
    feed = live.feed
    factories.append(feed, 6_000, now=now(), userId="ada")
    append(feed, userId="bob")

    erase(feed, user_id="ada")
    send(feed)

    assert [event["userId"] for event in segment.events()] == ["bob"]
    assert ledger.of(feed).erased == 6_000


def test_later_events_of_the_person_are_kept(feed):
    append(feed, userId="ada")

    erase(feed, user_id="ada")
    append(feed, userId="ada")

    assert erased(feed) == [1]


def test_the_reason_of_a_rejection_is_emptied(live):
    feed = live.feed
    append(feed, userId="ada")
    factories.rejected(live, reason="The userId ada is invalid.")

    erase(feed, user_id="ada")

    assert Rejection.objects.get().reason == ""


def test_exports_and_filters_that_name_the_person_are_deleted(feed, live):
    cast_user = factories.user("x@example.com")
    factories.export(feed, requested_by=cast_user)
    for query in ("user_id=ada", "user_id=bob", "email=ADA%40example.com"):
        SavedFilter.objects.create(
            user=cast_user,
            workspace=feed.workspace,
            page="events",
            name=query,
            query=query,
        )
    append(feed, userId="ada")
    replay = factories.replay(live, end=1, user_id="ada")

    erasure = erase(feed, user_id="ada")

    assert not Export.objects.exists()
    assert sorted(SavedFilter.objects.values_list("query", flat=True)) == [
        "email=ADA%40example.com",
        "user_id=bob",
    ]
    assert Replay.objects.get(pk=replay.pk).user_id == "…"
    assert (erasure.exports, erasure.filters) == (1, 2)


def test_an_uploaded_file_cannot_add_the_person_again(feed, live):
    text = b"userId,email\nada,ada@example.com\n"
    upload = uploads.start_upload(feed=feed, size_bytes=len(text), actor=None)
    uploads.add_part(upload, 0, text)
    while step():
        pass
    uploads.apply_upload(upload=upload, actor=None)

    request_erasure(feed, origin=Erasure.Origin.PAGE, actor=None, user_id="ada")
    assert not step()
    upload.refresh_from_db()
    assert upload.failure == Upload.Failure.ERASED
    jobs.work(lambda: False)

    assert not Upload.objects.exists()
    assert not Link.objects.exists()


def test_no_row_about_the_erasure_contains_the_person(feed):
    append(feed, userId="ada-lovelace", **TRAITS)
    link(feed, "ada-lovelace", EMAIL)

    erase(feed, identifiers=[EMAIL])

    rows = [*Erasure.objects.values_list(), *AuditEntry.objects.values_list()]
    # Not just "ada", which a digest can contain.
    assert "lovelace" not in repr(rows).lower()
    assert "example.com" not in repr(rows).lower()
    assert AuditEntry.objects.filter(action="erasure.requested").count() == 1


def test_a_deletion_that_segment_repeats_searches_only_what_is_new(feed):
    append(feed, userId="ada")
    inbound = {"origin": Erasure.Origin.INBOUND, "user_id": "ada", "actor": None}

    first = request_erasure(feed, **inbound)
    again = request_erasure(feed, **inbound)
    append(feed, userId="ada")
    later = request_erasure(feed, **inbound)
    jobs.work(lambda: False)

    assert again == first
    assert (later.first_seq, later.last_seq) == (1, 2)
    assert erased(feed) == [1, 2]
    assert sorted(Erasure.objects.values_list("events", flat=True)) == [1, 1]


def test_many_people_are_erased_in_one_search_and_counted_apart(feed, monkeypatch):
    monkeypatch.setattr(jobs, "CHUNK", 10)
    for number in range(60):
        append(feed, userId=f"u{number % 6}")
    searched = []
    owners = PeopleSearch.owners_of_user
    monkeypatch.setattr(
        PeopleSearch,
        "owners_of_user",
        lambda self, user_id: searched.append(user_id) or owners(self, user_id),
    )
    erasures = [
        request_erasure(
            feed, origin=Erasure.Origin.INBOUND, user_id=f"u{n}", actor=None
        )
        for n in range(3)
    ]

    jobs.work(lambda: False)

    found = Erasure.objects.filter(pk__in=[one.pk for one in erasures])
    assert list(found.values_list("events", flat=True)) == [10, 10, 10]
    assert len(erased(feed)) == 30
    assert len(searched) == 60


def test_a_value_that_names_no_one_is_refused(feed):
    with pytest.raises(NoPerson):
        request_erasure(
            feed,
            origin=Erasure.Origin.PAGE,
            identifiers=[Identifier(IdentifierKind.EMAIL, "no address")],
            actor=None,
        )

    assert not Erasure.objects.exists()


def test_two_workers_count_each_event_once(feed, monkeypatch):
    monkeypatch.setattr(jobs, "CHUNK", 10)
    for number in range(100):
        append(feed, userId="ada" if number % 3 else "bob")
    erasure = request_erasure(
        feed, origin=Erasure.Origin.PAGE, user_id="ada", actor=None
    )

    def work():
        with closing(database):
            jobs.work(lambda: False)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    erasure.refresh_from_db()
    assert (erasure.events, len(erased(feed))) == (66, 66)
    assert inconsistencies(feed) == []


def test_events_that_are_released_meanwhile_are_erased_in_the_log(feed):
    """An event in quarantine is released after the request, before a worker comes to it."""

    factories.quarantined(feed, userId="ada")
    erasure = request_erasure(
        feed, origin=Erasure.Origin.PAGE, user_id="ada", actor=None
    )
    row = QuarantinedEvent.objects.get()
    released = NewEvent("track", "A", "ada", "m", bytes(row.payload))
    row.delete()
    Feed.objects.filter(pk=feed.pk).update(quarantined=0)
    accept_released(FeedAddition(feed.pk, [released]), now=now())

    jobs.work(lambda: False)

    erasure.refresh_from_db()
    assert (erasure.quarantined, erasure.events) == (0, 1)
    assert "ada" not in contents(Feed.objects.get(pk=feed.pk))


def test_an_unreadable_payload_belongs_to_the_userid_of_its_column(feed):
    append(feed, userId="ada")
    Event.objects.filter(feed=feed).update(payload=msgspec.json.encode([1]))

    assert erase(feed, identifiers=[EMAIL]).events == 0
    assert erase(feed, user_id="ada").events == 1


@pytest.mark.parametrize("user_id", ["ada", "x" * 199, "x" * 200 + "y", "\ufffd"])
def test_each_userid_of_an_event_is_found(feed, user_id):
    append(feed, userId=user_id)
    append(feed, userId="x" * 200 + "z")
    append(feed, type="alias", userId="new", previousId=user_id)
    append(feed, type="alias", userId=user_id, previousId="old")

    erase(feed, user_id=user_id)

    assert erased(feed) == [1, 3, 4]
