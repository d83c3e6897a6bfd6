"""Release the events that wait for a link, once the identity map has their userId.

All events of a person are released together, in the order in which they arrived. Each chunk is
one transaction under the feed's lock, so a worker that dies neither loses nor repeats events,
and what it left is found again: the rows alone say which events can be released.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from streams.base.clock import now
from streams.delivery.append import accept_released
from streams.delivery.person_completion import with_user_id
from streams.events.log import FeedAddition, NewEvent
from streams.events.models import Feed, QuarantinedEvent, WaitingEvent
from streams.events.people.waiting import stop_waiting
from streams.identity.models import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

CHUNK = 500  # events per transaction, which locks their feed for hundredths of a second
MOST_PEOPLE = 500  # of a chunk
# Pause twenty times as long as a search took, so that many events that wait cost 5% of a
# processor.
REST = 20

type Row = tuple[int, bytes]  # an event's ID in quarantine, and its person


class _Search:
    """When this process may search again. The search reads all events that wait."""

    next_at = float("-inf")  # monotonic

    @classmethod
    def finds(cls) -> bool:
        began = time.monotonic()
        if began < cls.next_at:
            return False
        try:
            return _releasable().exists()
        finally:  # also after a timeout
            ended = time.monotonic()
            cls.next_at = ended + REST * (ended - began)


def is_due() -> bool:
    """Whether events that wait can be released. False soon after a long search."""
    return _Search.finds()


def work(stop: Callable[[], bool]) -> None:
    """Release events, one chunk at a time, until none can be released."""
    while not stop() and _release_some():
        pass


def _releasable() -> QuerySet[WaitingEvent]:
    """Return rows of people whose userId is known."""
    link = Link.objects.filter(feed=OuterRef("feed_id"), digest=OuterRef("digest"))
    return WaitingEvent.objects.filter(Q(Exists(link)) | ~Q(user_id=""))


def _release_some() -> bool:
    """Release a chunk of one feed. False: there is none."""
    feed_id = _releasable().values_list("feed_id", flat=True).first()
    if feed_id is None:
        return False
    with transaction.atomic():
        # Like an append: nothing is added, expires or is decided about meanwhile.
        locked = Feed.objects.select_for_update(no_key=True, of=("self",))
        feed = locked.filter(pk=feed_id).first()
        if feed is not None:
            _release(feed)
    return feed is not None


def _release(feed: Feed) -> None:
    found = _releasable().filter(feed_id=feed.pk).values_list("person", flat=True)
    people = {bytes(one) for one in found.distinct()[:MOST_PEOPLE]}
    heads = WaitingEvent.objects.filter(feed_id=feed.pk, digest__in=people, rank=0)
    rows = heads.order_by("event_id").values_list("event_id", "person")[:CHUNK]
    chunk = [(pk, bytes(person)) for pk, person in rows]
    if not chunk:
        return
    user_ids = _user_ids(feed.pk, chunk)
    if len(chunk) == CHUNK:
        _mark_rest(feed.pk, chunk, user_ids)
    events = QuarantinedEvent.objects.in_bulk([pk for pk, _ in chunk])
    released: list[NewEvent] = []
    for pk, user_id in user_ids.items():
        new = with_user_id(events[pk], user_id)
        if new is None:  # stays until someone decides
            events.pop(pk).save(update_fields=["rule"])
        else:
            released.append(new)
    QuarantinedEvent.objects.filter(pk__in=events).delete()
    stop_waiting([pk for pk, _ in chunk])
    Feed.objects.filter(pk=feed.pk).update(quarantined=F("quarantined") - len(events))
    if released:
        accept_released(FeedAddition(feed.pk, released), now=now())


def _user_ids(feed_id: int, chunk: Sequence[Row]) -> dict[int, str]:
    """Return the userId of each event: by its own identifiers, or else by its person."""
    own = _linked(feed_id, event_id__in=[pk for pk, _ in chunk])
    by_event: dict[int, str] = {}
    by_person: dict[bytes, str] = {}
    for pk, person, user_id in own:
        by_event.setdefault(pk, user_id)
        by_person.setdefault(person, user_id)
    lacking = {person for pk, person in chunk if person not in by_person}
    for person in lacking:  # linked by a later event than those of the chunk
        [(_pk, _person, user_id)] = _linked(feed_id, person=person, most=1)
        by_person[person] = user_id
    return {pk: by_event.get(pk) or by_person[person] for pk, person in chunk}


def _linked(
    feed_id: int, *, most: int | None = None, **of: object
) -> list[tuple[int, bytes, str]]:
    """Return events and people with their userIds, the identifiers that count most first."""
    link = Link.objects.filter(feed=OuterRef("feed_id"), digest=OuterRef("digest"))
    rows = _releasable().filter(feed_id=feed_id, **of).order_by("event_id", "rank")
    linked = rows.annotate(linked=Subquery(link.values("user_id")[:1]))
    values = linked.values_list("event_id", "person", "linked", "user_id")[:most]
    return [
        (pk, bytes(person), from_link or user_id)
        for pk, person, from_link, user_id in values
    ]


def _mark_rest(feed_id: int, chunk: Iterable[Row], user_ids: Mapping[int, str]) -> None:
    """Store the userId for the person's later events, which may have no link themselves."""
    last: dict[bytes, str] = {person: user_ids[pk] for pk, person in chunk}
    for person, user_id in last.items():
        rest = WaitingEvent.objects.filter(feed_id=feed_id, digest=person, rank=0)
        rest.filter(user_id="").update(user_id=user_id)
