"""Count the events in quarantine that a search matches, in bounded time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from streams.events import quarantine_search
from streams.events.quarantine import QuarantineFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from streams.events.models import Feed
    from streams.events.search.event_filter import EventFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineMatches:
    """How many events in quarantine match, by the ID of their feed.

    If the count isn't complete, more events may match.
    """

    by_feed: Mapping[int, int]
    is_complete: bool

    @property
    def total(self) -> int:
        return sum(self.by_feed.values())


def count_matches(
    feeds: Iterable[Feed], wanted: EventFilter, *, budget_s: float
) -> QuarantineMatches:
    """Count the matching events in the quarantines of these feeds.

    One statement searches up to SCAN events. Starts none after `budget_s`, except the first.
    """
    found, is_complete, ends = Counter[int](), True, monotonic() + budget_s
    for number, group in enumerate(_groups(feeds)):
        if number and monotonic() >= ends:
            return QuarantineMatches(by_feed=found, is_complete=False)
        is_complete &= _count(group, wanted, found)
    return QuarantineMatches(by_feed=found, is_complete=is_complete)


def _groups(feeds: Iterable[Feed]) -> Iterator[list[Feed]]:
    """Yield feeds with events in quarantine, up to SCAN events together."""
    group: list[Feed] = []
    for feed in feeds:
        if not feed.quarantined:
            continue
        if (
            group
            and sum(one.quarantined for one in [*group, feed]) > quarantine_search.SCAN
        ):
            yield group
            group = []
        group.append(feed)
    if group:
        yield group


def _count(group: list[Feed], wanted: EventFilter, found: Counter[int]) -> bool:
    """Add the matches of some feeds; return whether all of their events were searched."""
    held = QuarantineFilter(matching=wanted)
    if len(group) == 1:
        most = quarantine_search.SCAN
        page = quarantine_search.page(group[0].pk, held, limit=most)
        found[group[0].pk] += len(page.events)
        return page.next_before is None
    matching = held.of([feed.pk for feed in group])
    if not held.reads_content:
        found.update(matching.values_list("feed_id", flat=True))
        return True
    rows = list(matching.order_by("-pk")[: quarantine_search.CHECKED])
    found.update(row.feed_id for row in rows if held.accepts(row))
    return len(rows) < quarantine_search.CHECKED
