"""Request the erasure of a person, who is forgotten in the identity map at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import transaction

from streams.audit.services import record
from streams.delivery.wake import wake_erasures_after_commit
from streams.events import quarantine
from streams.events.erasure.models import Erasure
from streams.events.models import Feed
from streams.identity.forgetting import forget
from streams.identity.identifiers import NoPerson
from streams.identity.map_lock import locked_map
from streams.privacy.people import digests_of_person, given_digests
from streams.uploads.services import stop_uploads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    is_repeated = origin == Erasure.Origin.INBOUND  # Segment sends one for each source
    given = given_digests(feed.pk, user_id, identifiers)
    # Without savepoints: one request from Segment can delete hundreds of people.
    with transaction.atomic(savepoint=False):
        # The map before the feed, as when events arrive from Segment.
        locked_map(feed.pk)
        stop_uploads(feed.pk)
        feed = _locked(feed)
        earlier = list(Erasure.objects.filter(feed=feed, digest=given[0]))
        last_id = quarantine.last_id(feed.pk)
        person = digests_of_person(feed, user_id=user_id, identifiers=identifiers)
        links = forget(feed.pk, user_id=user_id, identifiers=identifiers, by=actor)
        if same := _same(earlier, feed, must_run=not is_repeated or last_id > 0):
            return same
        erasure = Erasure.objects.create(
            feed=feed,
            digest=given[0],
            person=person.stored(),
            origin=origin,
            requested_by=actor,
            last_id=last_id,
            links=links,
            **_range(feed, earlier if is_repeated else ()),
        )
        _announce(erasure, feed, actor)
        return erasure


def _locked(feed: Feed) -> Feed:
    """Return the feed, locked as in an append: no event is numbered meanwhile."""
    locked = Feed.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("stream", "workspace__partner").get(pk=feed.pk)


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


def _same(earlier: Iterable[Erasure], feed: Feed, *, must_run: bool) -> Erasure | None:
    """Return an erasure of the same events that is running, or has just ended."""
    same = (one for one in earlier if one.last_seq == feed.head_seq)
    return next((one for one in same if not must_run or one.ended_at is None), None)


def _range(feed: Feed, earlier: Iterable[Erasure]) -> dict[str, int]:
    """Return what to search: what is stored, except what `earlier` erasures search."""
    first = max([feed.expired_seq, *(one.last_seq for one in earlier)])
    return {"first_seq": first, "position": first, "last_seq": feed.head_seq}


def _announce(erasure: Erasure, feed: Feed, actor: User | None) -> None:
    """Record the request, and wake a worker. Of many from Segment, the sweep wakes one."""
    if erasure.origin != Erasure.Origin.INBOUND:
        wake_erasures_after_commit()
    record(
        REQUESTED,
        actor=actor,
        workspace=feed.workspace,
        stream=feed.stream.slug,
        feed=feed.pk,
        erasure=erasure.public_id,
        origin=str(erasure.origin),
    )
