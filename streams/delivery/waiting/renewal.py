"""Compare all events that wait with the identity map again, a range at a time.

Finds what no change of the map leads to: events that were set aside before a rotation of
IDENTITY_KEYS, and links of processes with another ring. The identifiers are read from the
events, so their digests by every key of the ring are known again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from streams.events.models import Feed, QuarantinedEvent, WaitingEvent
from streams.events.people.identifiers import IdentityRules, identifiers_of
from streams.events.people.waiting import digests_of, renew, store_user_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.events.people.waiting import PersonDigests

log = structlog.get_logger()

RANGE = 200  # events
# Pause twenty times as long as a range took, so that many events cost 5% of a processor.
REST = 20
PAUSE_S = 30.0  # after the last event

_decode = msgspec.json.Decoder().decode


class _Walk:
    """Where this process continues, and when (monotonic)."""

    after = 0  # the ID of an event in quarantine
    next_at = 0.0


def is_due() -> bool:
    """Whether this process may compare another range of events."""
    return time.monotonic() >= _Walk.next_at and WaitingEvent.objects.exists()


def work() -> None:
    """Compare a range of events, if it is time."""
    began = time.monotonic()
    if began < _Walk.next_at:
        return
    rows = WaitingEvent.objects.filter(event_id__gt=_Walk.after, rank=0)
    in_order = rows.order_by("event_id").values_list("event_id", "feed_id")
    some = list(in_order.distinct()[:RANGE])
    by_feed: dict[int, list[int]] = {}
    for pk, feed_id in some:
        by_feed.setdefault(feed_id, []).append(pk)
    for feed_id, pks in by_feed.items():
        try:
            _compare(feed_id, pks)
        except Exception:  # one feed must not block the others
            log.exception("waiting.renewal_failed", feed=feed_id)
    ended = time.monotonic()
    _Walk.after = some[-1][0] if len(some) == RANGE else 0
    _Walk.next_at = ended + (REST * (ended - began) if _Walk.after else PAUSE_S)


def _compare(feed_id: int, pks: list[int]) -> None:
    feed = Feed.objects.select_related("stream").get(pk=feed_id)
    rules = IdentityRules.of(feed.stream)
    events = list(QuarantinedEvent.objects.filter(pk__in=pks))
    people: dict[int, PersonDigests] = {
        row.pk: digests_of(feed_id, identifiers_of(_decode(bytes(row.payload)), rules))
        for row in events
    }
    with transaction.atomic():
        # Like an append: no event is added, or leaves quarantine, meanwhile.
        locked = Feed.objects.select_for_update(no_key=True, of=("self",))
        locked.get(pk=feed_id)
        renew(feed_id, people)
        _let_go(feed_id, {row.pk: row.user_id for row in events if row.user_id})


def _let_go(feed_id: int, user_ids: Mapping[int, str]) -> None:
    """Store the userIds that events have, unless earlier ones of their person wait.

    Those may have expired, or someone decided about them.
    """
    heads = WaitingEvent.objects.filter(feed_id=feed_id, rank=0)
    earlier = heads.filter(digest=OuterRef("digest"), event_id__lt=OuterRef("event_id"))
    behind = heads.filter(Exists(earlier), event_id__in=user_ids)
    still = set(behind.values_list("event_id", flat=True))
    store_user_ids({pk: own for pk, own in user_ids.items() if pk not in still})
