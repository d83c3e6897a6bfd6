"""Erase people from quarantines and logs, chunk by chunk, in any worker.

A chunk is searched without a lock, and stored with the progress in one short transaction. A
worker that dies loses at most its search. Two workers with the same chunk count it once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now

from streams.base.clock import now
from streams.delivery.models import Rejection
from streams.events.erasure.models import Erasure
from streams.events.erasure.person import PeopleSearch, PersonDigests
from streams.events.erasure.tombstones import ERASED, overwrite
from streams.events.models import Feed, QuarantinedEvent, QuarantineJob
from streams.events.people.waiting import stop_waiting
from streams.events.queries import between
from streams.privacy.kept_outside import keep
from streams.privacy.leftovers import erase_leftovers
from streams.privacy.user_id_column import payload_if_needed

log = structlog.get_logger()

CHUNK = 4_000  # events searched at once, which takes about 50 ms
QUARANTINE_CHUNK = 500
AT_ONCE = 500  # events in one statement
SILENT = timedelta(seconds=5)  # without a chunk: the erasure has lost its worker


def work(stop: Callable[[], bool]) -> None:
    """Work on all erasures, one chunk of each feed in turn, until none is left."""
    while not stop() and (erasures := _next()):
        try:
            _work_on(erasures)
        except DatabaseError:
            raise  # the sweep wakes another worker
        except Exception:
            # Other feeds come first next time, and the pages show these as running.
            log.exception("erasure.failed", feed=erasures[0].feed_id)
            return


def has_lost_its_worker() -> bool:
    """Whether there are erasures that no worker has touched for a while."""
    to_do = Erasure.objects.filter(ended_at=None)
    return to_do.exists() and not to_do.filter(worked_at__gt=Now() - SILENT).exists()


def _next() -> list[Erasure]:
    """Return the erasures of the feed that has waited longest; empty: there are none."""
    to_do = Erasure.objects.filter(ended_at=None).select_related(
        "feed__stream", "feed__workspace"
    )
    first = to_do.order_by(F("worked_at").asc(nulls_first=True), "pk").first()
    if first is None:
        return []
    of_feed = to_do.filter(feed=first.feed_id).order_by("pk")
    erasures = list(of_feed)
    # Before the first chunk, so that each erased event has a record.
    keep([one for one in erasures if one.worked_at is None])
    of_feed.update(worked_at=Now())
    return erasures


def _work_on(erasures: Sequence[Erasure]) -> None:
    """Take the next step for a feed: in its quarantine, then in its log, then elsewhere."""
    if some := [one for one in erasures if one.quarantine_position < one.last_id]:
        _search_quarantine(_furthest(some, "quarantine_position"))
    elif some := [one for one in erasures if one.position < one.last_seq]:
        _search_log(_furthest(some, "position"))
    else:
        for erasure in erasures:
            _end(erasure)


def _furthest(erasures: Sequence[Erasure], column: str) -> list[Erasure]:
    """Return those that share the highest position: one search serves them all.

    The others wait until these are done, and then start together, too. So a thousand
    deletions take a few searches of the log.
    """
    top = max(getattr(one, column) for one in erasures)
    return [one for one in erasures if getattr(one, column) == top]


def _search_of(erasures: Sequence[Erasure]) -> PeopleSearch:
    people = {one.pk: PersonDigests.read(one.person) for one in erasures}
    return PeopleSearch(erasures[0].feed, people)


def _search_quarantine(erasures: Sequence[Erasure]) -> None:
    first, search = erasures[0], _search_of(erasures)
    last_id = min(one.last_id for one in erasures)
    rows = QuarantinedEvent.objects.filter(
        feed=first.feed_id, pk__gt=first.quarantine_position, pk__lte=last_id
    )
    some = list(rows.order_by("pk").values_list("pk", "payload")[:QUARANTINE_CHUNK])
    found = {pk: search.owners(bytes(payload)) for pk, payload in some}
    to = some[-1][0] if len(some) == QUARANTINE_CHUNK else last_id
    with transaction.atomic():
        # Like an append: nothing is added, released or expires while we count.
        feed = Feed.objects.select_for_update(no_key=True).get(pk=first.feed_id)
        # Some may have been released meanwhile, and are at the end of the log.
        moved = _advance(erasures, "quarantine_position", to, last_seq=feed.head_seq)
        for pk in moved:
            _discard(feed, pk, [one for one, owners in found.items() if pk in owners])


def _discard(feed: Feed, erasure_id: int, found: Sequence[int]) -> None:
    """Delete events in quarantine, as if someone had discarded them."""
    left = QuarantinedEvent.objects.filter(pk__in=found)
    deleted = left.delete()[0] if found else 0
    if not deleted:
        return
    stop_waiting(found)
    Feed.objects.filter(pk=feed.pk).update(
        quarantined=F("quarantined") - deleted, discarded=F("discarded") + deleted
    )
    QuarantineJob.objects.create(
        feed=feed,
        action=QuarantineJob.Action.DISCARD,
        events=deleted,
        discarded=deleted,
        last_id=max(found),
        position=max(found),
        worked_at=Now(),
        ended_at=now(),
    )
    _count(erasure_id, quarantined=deleted)


def _search_log(erasures: Sequence[Erasure]) -> None:
    first, search = erasures[0], _search_of(erasures)
    to = min(first.position + CHUNK, *(one.last_seq for one in erasures))
    events = between(first.feed, first.position + 1, to + 1).exclude(type=ERASED)
    content = payload_if_needed() if search.by_user_id else F("payload")
    rows = events.order_by("seq").annotate(content=content)
    found: dict[int, list[tuple[int, datetime]]] = {one.pk: [] for one in erasures}
    for seq, received_at, user_id, payload in rows.values_list(
        "seq", "received_at", "user_id", "content"
    ).iterator(AT_ONCE):
        owners = (
            search.owners_of_user(user_id)
            if payload is None
            else search.owners(bytes(payload))
        )
        for owner in owners:
            found[owner].append((seq, received_at))
    with transaction.atomic():
        for pk in _advance(erasures, "position", to):
            _overwrite(first.feed_id, pk, found[pk])


def _overwrite(
    feed_id: int, erasure_id: int, found: Sequence[tuple[int, datetime]]
) -> None:
    erased = 0
    for first in range(0, len(found), AT_ONCE):
        some = found[first : first + AT_ONCE]
        seqs = [seq for seq, _at in some]
        erased += overwrite(feed_id, seqs, since=some[0][1], until=some[-1][1])
        # Segment's reason can repeat a value of the event.
        rejections = Rejection.objects.filter(cursor__feed=feed_id, seq__in=seqs)
        rejections.update(reason="")
    if erased:
        _count(erasure_id, events=erased)


def _advance(
    erasures: Sequence[Erasure], column: str, to: int, **more: int
) -> list[int]:
    """Store the progress; return the IDs of those that no other worker has moved."""
    unmoved = Erasure.objects.filter(
        pk__in=[one.pk for one in erasures],
        ended_at=None,
        **{column: getattr(erasures[0], column)},
    )
    locked = unmoved.select_for_update(no_key=True).order_by("pk")
    ids = list(locked.values_list("pk", flat=True))
    Erasure.objects.filter(pk__in=ids).update(**{column: to, **more}, worked_at=Now())
    return ids


def _count(erasure_id: int, **erased: int) -> None:
    counts = {name: F(name) + count for name, count in erased.items()}
    Erasure.objects.filter(pk=erasure_id).update(**counts)


@transaction.atomic
def _end(erasure: Erasure) -> None:
    # Not if it was just started again (repetition.py).
    done = Erasure.objects.filter(
        pk=erasure.pk,
        ended_at=None,
        position__gte=F("last_seq"),
        quarantine_position__gte=F("last_id"),
    )
    if done.update(ended_at=now()):
        _count(erasure.pk, **erase_leftovers(erasure))
