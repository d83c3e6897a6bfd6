"""Request the erasure of a person, who is forgotten in the identity map at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from streams.audit.services import record
from streams.delivery.wake import wake_erasures_after_commit
from streams.events.erasure.models import Erasure
from streams.events.models import Feed, QuarantinedEvent
from streams.identity.forgetting import forget
from streams.identity.map_lock import locked_map
from streams.privacy.people import NoPerson, digests_of_person, given_digests
from streams.uploads.services import stop_uploads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from streams.identity.identifiers import Identifier
    from streams.tenancy.models import User

REQUESTED = "erasure.requested"  # the activity log's entry


def request_erasure(
    feed: Feed,
    *,
    origin: Erasure.Origin,
    user_id: str = "",
    identifiers: Sequence[Identifier] = (),
    actor: User | None,
) -> Erasure:
    """Erase the person with this userId; if it is "", with these identifiers, in a feed.

    Removes the person's links now, and wakes a worker for everything else. Events that are
    received later aren't affected. If an erasure of the same person covers all events
    already, returns that one. Raises NoPerson.
    """
    # Segment sends a deletion once for each source.
    is_repeated = origin == Erasure.Origin.INBOUND
    with transaction.atomic():
        # The map before the feed, as when events arrive from Segment.
        locked_map(feed.pk)
        stop_uploads(feed.pk)
        feed = _locked(feed)
        given = given_digests(feed.pk, user_id, identifiers)
        earlier = Erasure.objects.filter(feed=feed, digest=given[0])
        person = digests_of_person(feed, user_id=user_id, identifiers=identifiers)
        if same := _same(earlier, feed, is_repeated=is_repeated):
            forget(feed.pk, user_id=user_id, identifiers=identifiers, by=actor)
            return same
        erasure = Erasure.objects.create(
            feed=feed,
            digest=given[0],
            person=person.stored(),
            origin=origin,
            requested_by=actor,
            **_range(feed, earlier if is_repeated else ()),
        )
        links = forget(feed.pk, user_id=user_id, identifiers=identifiers, by=actor)
        Erasure.objects.filter(pk=erasure.pk).update(links=links)
        _record(erasure, feed, actor)
        wake_erasures_after_commit()
    return erasure


def _locked(feed: Feed) -> Feed:
    """Return the feed, locked as in an append: no event is numbered meanwhile."""
    locked = Feed.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("stream", "workspace").get(pk=feed.pk)


def erase_as_in_segment(
    feed_id: int, *, user_id: str, identifiers: Sequence[Identifier]
) -> None:
    """Erase the person of a delete event from Segment. Does nothing if it names no one."""
    with suppress(NoPerson):
        request_erasure(
            Feed(pk=feed_id),
            origin=Erasure.Origin.INBOUND,
            user_id=user_id,
            identifiers=identifiers,
            actor=None,
        )


def _same(
    earlier: QuerySet[Erasure], feed: Feed, *, is_repeated: bool
) -> Erasure | None:
    """Return an erasure of the same events that is running, or has just ended."""
    same = earlier.filter(last_seq=feed.head_seq)
    if QuarantinedEvent.objects.filter(feed=feed).exists() or not is_repeated:
        same = same.filter(ended_at=None)
    return same.first()


def _range(feed: Feed, earlier: Iterable[Erasure]) -> dict[str, int]:
    """Return what to search: what is stored, except what `earlier` erasures search."""
    first = max([feed.expired_seq, *(one.last_seq for one in earlier)])
    rows = QuarantinedEvent.objects.filter(feed=feed)
    return {
        "first_seq": first,
        "position": first,
        "last_seq": feed.head_seq,
        "last_id": rows.aggregate(last=Max("pk"))["last"] or 0,
    }


def _record(erasure: Erasure, feed: Feed, actor: User | None) -> None:
    record(
        REQUESTED,
        actor=actor,
        workspace=feed.workspace,
        stream=feed.stream.slug,
        feed=feed.pk,
        erasure=erasure.public_id,
        origin=str(erasure.origin),
    )
