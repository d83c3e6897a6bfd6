"""Release the events that wait for a link, once the identity map has their userId.

Each step is one transaction under the feed's lock. It reads a limited number of the next changes
of the feed's map, and finds the events that wait for them by an index. An append holds the same
lock, and compares the events that it sets aside with the links at that moment. So an event is
found by a link that was committed before or after it.

A worker that dies neither loses nor repeats events. An error in one feed doesn't delay others.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from streams.base.clock import now
from streams.delivery.append import accept_released
from streams.delivery.person_completion import with_user_id
from streams.delivery.waiting.people import people_to_release
from streams.events.log import FeedAddition, NewEvent
from streams.events.models import (
    Feed,
    QuarantinedEvent,
    ReleasePosition,
    WaitingEvent,
)
from streams.events.people.waiting import stop_waiting
from streams.identity.models import IdentityMap, Link, LinkChange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.delivery.waiting.people import UserIds

log = structlog.get_logger()

CHUNK = 500  # events per step, which locks their feed for hundredths of a second
CHANGES = 500  # of the identity map that a step reads
MOST_LINKS = 50  # of these that events wait for
RETRY_S = 10.0  # after an error in a feed


class _Failures:
    """Feeds that failed in this process, and when they may be tried again (monotonic)."""

    until: dict[int, float] = {}

    @classmethod
    def add(cls, feed_id: int) -> None:
        cls.until[feed_id] = time.monotonic() + RETRY_S

    @classmethod
    def has(cls, feed_id: int) -> bool:
        return cls.until.get(feed_id, 0.0) > time.monotonic()


def is_due() -> bool:
    """Whether there are changes that events may wait for, or events that can be released."""
    return _due().exists()


def work(stop: Callable[[], bool]) -> None:
    """Release events, one step of each feed in turn, until none can be released."""
    while not stop():
        feeds = [
            pk for pk in _due().values_list("pk", flat=True) if not _Failures.has(pk)
        ]
        if not feeds:
            return
        for feed_id in feeds:
            if not stop():
                _try_step(feed_id)


def _due() -> QuerySet[ReleasePosition]:
    of_feed = OuterRef("feed_id")
    newer = IdentityMap.objects.filter(pk=of_feed, last_change__gt=OuterRef("change"))
    known = WaitingEvent.objects.filter(feed_id=of_feed, rank=0).exclude(user_id="")
    return ReleasePosition.objects.filter(Q(Exists(newer)) | Q(Exists(known)))


def _try_step(feed_id: int) -> None:
    try:
        _step(feed_id)
    except Exception:  # one feed must not block the others
        log.exception("waiting.release_failed", feed=feed_id)
        _Failures.add(feed_id)


@transaction.atomic
def _step(feed_id: int) -> None:
    # Like an append: nothing is added, expires or is decided about meanwhile.
    locked = Feed.objects.select_for_update(no_key=True, of=("self",))
    feed = locked.filter(pk=feed_id).first()
    position = ReleasePosition.objects.filter(pk=feed_id).first()
    if feed is None or position is None:  # no event of it waits any more
        return
    last, learned = _learned(feed_id, position.change)
    found = people_to_release(feed_id, learned, most=CHUNK)
    _release(feed_id, found.user_ids)
    if not WaitingEvent.objects.filter(feed_id=feed_id).exists():
        position.delete()
    elif found.is_complete:
        position.change = last
        position.save(update_fields=["change"])


def _learned(feed_id: int, position: int) -> tuple[int, Mapping[bytes, str]]:
    """Return the userIds of links that events wait for, and the last change that was read."""
    newest = IdentityMap.objects.filter(pk=feed_id).values_list(
        "last_change", flat=True
    )
    last = min(newest.first() or 0, position + CHANGES)
    waiting = WaitingEvent.objects.filter(feed_id=feed_id, digest=OuterRef("digest"))
    changes = LinkChange.objects.filter(
        Exists(waiting), feed=feed_id, number__gt=position, number__lte=last
    )
    values = changes.order_by("number").values_list("number", "digest", "link_id")
    rows = list(values[:MOST_LINKS])
    if len(rows) == MOST_LINKS:
        last = rows[-1][0]
    links = Link.objects.filter(pk__in=[link for _number, _digest, link in rows])
    user_ids = dict(links.values_list("pk", "user_id"))
    return max(last, position), {
        bytes(digest): user_ids[link]
        for _number, digest, link in rows
        if link in user_ids  # not forgotten meanwhile
    }


def _release(feed_id: int, user_ids: UserIds) -> None:
    """Move events from quarantine to the log, in the order in which they arrived."""
    if not user_ids:
        return
    events = QuarantinedEvent.objects.in_bulk(list(user_ids))
    released: list[NewEvent] = []
    leave: list[int] = []
    for pk, row in sorted(events.items()):
        new = with_user_id(row, user_ids[pk])
        if new is None:  # stays until someone decides
            row.save(update_fields=["rule"])
        else:
            leave.append(pk)
            released.append(new)
    QuarantinedEvent.objects.filter(pk__in=leave).delete()
    stop_waiting(user_ids)
    Feed.objects.filter(pk=feed_id).update(quarantined=F("quarantined") - len(leave))
    if released:
        accept_released(FeedAddition(feed_id, released), now=now())
