"""One step of a search: newest first, bounded in time and in events.

Events have no index except their key, so a search walks back by number, in windows, and
reports how far it got. The next step continues there.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from django.db.models import FETCH_RAISE

from streams.events.queries import between
from streams.events.search.event_filter import EventFilter
from streams.events.search.message_id import span_of_message
from streams.events.search.spans import Span, reach, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.events.models import Event, Feed

FIRST_S = 0.05  # then a page shows what was found
NEXT_S = 0.5  # of a search that continues automatically

# Events searched by one statement. Windows grow while they are fast.
FIRST_WINDOW = 5_000
LARGEST_WINDOW = 320_000
FAST_S, SLOW_S = 0.03, 0.12
CHECKED = 200  # events read at a time whose content or outcome is checked one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """The result of one step, newest first.

    All events from `searched_to` on have been searched; 0 if there are none. If the page
    has fewer events than requested and a `next_before`, the step reached its bound, and
    the search continues from there.
    """

    events: list[Event]
    next_before: int | None  # `before` of the next page; None: this is the last page
    searched_to: int
    searched: int = 0  # how many events the search has gone through so far
    total: int = 0  # how many it has to go through in all

    @property
    def goes_on(self) -> bool:
        """Whether the step reached its bound before it had enough events."""
        return self.next_before is not None and self.total > 0


def page(
    feed: Feed,
    *,
    before: int | None = None,
    filters: EventFilter | None = None,
    spans: Sequence[Span] | None = None,
    limit: int = 50,
    budget_s: float = FIRST_S,
    payloads: bool = False,
) -> EventPage:
    """Return the matching events with a number below `before`; None: from the feed's head.

    Only of `spans`, newest first; None: of the whole feed. Starts no window after
    `budget_s`, so a step takes little longer. Reads the payloads only if asked to, or if the
    filter needs them.
    """
    search = _Search(feed, filters or EventFilter(), limit, payloads)
    whole = reach(feed, search.wanted)
    allowed = within([whole] if spans is None else spans, whole.low, whole.top)
    todo = within(allowed, 0, feed.head_seq + 1 if before is None else before)
    if before is None and (found := search.by_message_id(todo)):
        return EventPage(
            events=found, next_before=found[-1].seq, searched_to=found[-1].seq
        )
    return search.step(todo, budget_s, total=_size(allowed))


@dataclass(frozen=True, slots=True)
class _Window:
    """The matching events from `low` on, and how many numbers are left to search."""

    events: list[Event]
    low: int
    left: int


@dataclass(frozen=True, slots=True)
class _Search:
    feed: Feed
    wanted: EventFilter
    limit: int
    payloads: bool

    def step(self, todo: Sequence[Span], budget_s: float, *, total: int) -> EventPage:
        found: list[Event] = []
        window, ends = _Window([], low=0, left=0), monotonic() + budget_s
        for window in self._windows(todo):
            found += window.events
            if len(found) > self.limit:
                last = found[self.limit - 1].seq
                return EventPage(
                    events=found[: self.limit], next_before=last, searched_to=last
                )
            if monotonic() >= ends:
                break
        return EventPage(
            events=found,
            next_before=window.low if window.left else None,
            searched_to=window.low,
            searched=total - window.left,
            total=total,
        )

    def by_message_id(self, todo: Sequence[Span]) -> list[Event]:
        """Return the event that deduplication knows, without a search; empty: none."""
        if not self.wanted.message_id:
            return []
        near = span_of_message(self.feed, self.wanted.message_id)
        spans = within(todo, near.low, near.top) if near else []
        return [event for window in self._windows(spans) for event in window.events]

    def _windows(self, todo: Sequence[Span]) -> Iterator[_Window]:
        size, left = FIRST_WINDOW, _size(todo)
        for span in todo:
            top = span.top
            while top > span.low:
                began = monotonic()
                found, low = self._matches(span, top, size)
                took = monotonic() - began
                left -= top - low
                top = low
                yield _Window(found, low=low, left=left)
                if took < FAST_S:
                    size = min(2 * size, LARGEST_WINDOW)
                elif took > SLOW_S:
                    size = max(size // 2, FIRST_WINDOW)

    def _matches(self, span: Span, top: int, size: int) -> tuple[list[Event], int]:
        low = max(span.low, top - size)
        if span.pick is None:
            events = between(self.feed, low, top)
        else:
            picked = span.pick(span.low, top)
            if not picked.seqs:
                return [], picked.low
            low = picked.low
            events = between(self.feed, picked.seqs[-1], picked.seqs[0] + 1)
            events = events.filter(seq__in=picked.seqs)
        events = events.filter(*self.wanted.conditions()).order_by("-seq")
        one_by_one = self.wanted.reads_content or span.drop is not None
        most = CHECKED if one_by_one else self.limit + 1
        if not (self.payloads or self.wanted.reads_content):
            events = events.defer("payload").fetch_mode(FETCH_RAISE)
        rows = list(events[:most])
        if len(rows) == most:
            low = rows[-1].seq
        return self._checked(span, rows), low

    def _checked(self, span: Span, rows: list[Event]) -> list[Event]:
        if self.wanted.reads_content:
            rows = [row for row in rows if self.wanted.accepts(row)]
        if rows and span.drop is not None:
            dropped = span.drop([row.seq for row in rows])
            rows = [row for row in rows if row.seq not in dropped]
        return rows


def _size(spans: Sequence[Span]) -> int:
    return sum(span.size for span in spans)
