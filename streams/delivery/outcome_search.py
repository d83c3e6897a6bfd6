"""Where a feed's events with an outcome are: events store no status."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from streams.delivery.event_status import live_cursors
from streams.delivery.models import Rejection
from streams.delivery.skips import skips_of
from streams.events.search.spans import Picked, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from streams.delivery.models import Cursor
    from streams.delivery.skips import Skip
    from streams.events.models import Feed

PICKED = 500  # rejections read at a time


class EventOutcome(TextChoices):
    """The outcome of an event, as people search for it."""

    QUEUED = "queued", _("Queued")
    DELIVERED = "delivered", _("Delivered")
    REJECTED = "rejected", _("Rejected by Segment")
    RECOVERED = "recovered", _("Recovered")
    EXPIRED = "expired", _("Expired")
    SKIPPED = "skipped", _("Skipped")
    QUARANTINED = "quarantined", _("In quarantine")


def spans_of(feed: Feed, outcome: EventOutcome) -> list[Span]:
    """Return the numbers of the stored events with an outcome, newest first.

    Expired events and those in quarantine have none.
    """
    cursors = live_cursors(feed)
    if outcome == EventOutcome.QUEUED:
        sent = cursors[0].position if cursors else 0
        return [Span(low=sent + 1, top=feed.head_seq + 1)]
    skips = skips_of(cursors)
    if outcome == EventOutcome.SKIPPED:
        return list(_skipped(cursors, skips, feed.head_seq))
    settled = [
        (cursor, span)
        for cursor, last in _accountable(cursors, feed.head_seq)
        for span in _settled(cursor, last, skips.get(cursor.pk, []))
    ]
    match outcome:
        case EventOutcome.DELIVERED:
            return [replace(s, drop=_rejected_among(c)) for c, s in settled]
        case EventOutcome.REJECTED:
            return [
                replace(s, pick=_rejections(c, recovered=False)) for c, s in settled
            ]
        case EventOutcome.RECOVERED:
            return [replace(s, pick=_rejections(c, recovered=True)) for c, s in settled]
    return []


def _accountable(cursors: Sequence[Cursor], head: int) -> Iterator[tuple[Cursor, int]]:
    """Yield each cursor that accounts for events, and the last of them, newest first.

    An event belongs to the newest cursor that started before it.
    """
    last = head
    for cursor in cursors:
        if cursor.start < last:
            yield cursor, last
            last = cursor.start


def _settled(cursor: Cursor, last: int, skips: Sequence[Skip]) -> Iterator[Span]:
    """Yield what a cursor sent up to event `last`, without its skips, newest first."""
    top = min(cursor.position, last) + 1
    for skip in reversed(skips):
        if skip.end + 1 < top:
            yield Span(low=skip.end + 1, top=top)
        top = min(top, skip.start + 1)
    if cursor.start + 1 < top:
        yield Span(low=cursor.start + 1, top=top)


def _skipped(
    cursors: Sequence[Cursor], skips: Mapping[int, Sequence[Skip]], head: int
) -> Iterator[Span]:
    """Yield what an older cursor left unsent, skips, and what is before the first start."""
    first_start = head
    for cursor, last in _accountable(cursors, head):
        if cursor is not cursors[0]:
            yield Span(low=max(cursor.position, cursor.start) + 1, top=last + 1)
        for skip in reversed(skips.get(cursor.pk, [])):
            if skip.start < min(skip.end, last):
                yield Span(low=skip.start + 1, top=min(skip.end, last) + 1)
        first_start = cursor.start
    if cursors:
        yield Span(low=1, top=min(first_start, cursors[0].start) + 1)


def _rejected_among(cursor: Cursor) -> Callable[[Sequence[int]], set[int]]:
    def rejected(seqs: Sequence[int]) -> set[int]:
        found = Rejection.objects.filter(cursor=cursor, seq__in=seqs)
        return set(found.values_list("seq", flat=True))

    return rejected


def _rejections(cursor: Cursor, *, recovered: bool) -> Callable[[int, int], Picked]:
    def pick(low: int, top: int) -> Picked:
        older = Rejection.objects.filter(cursor=cursor, seq__gte=low, seq__lt=top)
        newest = older.order_by("-seq").values_list("seq", "recovered_at")
        rows = list(newest[:PICKED])
        seqs = [seq for seq, at in rows if (at is not None) == recovered]
        return Picked(seqs, low=rows[-1][0] if len(rows) == PICKED else low)

    return pick
