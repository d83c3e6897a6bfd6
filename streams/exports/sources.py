"""The rows of an export: the same as the list that it comes from, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import msgspec

from streams.base.clock import iso_ms
from streams.delivery.event_status import EventState, statuses
from streams.events.retention.past_retention import oldest_retained
from streams.observability.event_search import EventSearch

if TYPE_CHECKING:
    from streams.delivery.event_status import EventStatus
    from streams.events.models import Event, Feed
    from streams.exports.formats import Row

# States whose names for people differ.
WORDS = {
    EventState.PENDING: "queued",
    EventState.HELD: "queued",
    EventState.FILTERED: "skipped",
}
STEP_S = 0.5  # of searching, for one part


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows. `next_before`: where the search continues; None: these are the last."""

    rows: Sequence[Row]
    next_before: int | None


class RowSource(Protocol):
    """The filtered rows of a list."""

    columns: ClassVar[tuple[str, ...]]

    def bounds(self) -> tuple[int, int]:
        """Return the numbers to search now: from the second to below the first."""

    def page(self, before: int, limit: int) -> RowPage:
        """Return up to `limit` rows below `before`, after one bounded step."""


@dataclass(frozen=True, slots=True)
class EventRows:
    """The events of a feed that match a search, with their status."""

    columns: ClassVar[tuple[str, ...]] = (
        "number", "receivedAt", "status", "reason", "call", "name", "userId", "messageId",
        "event",
    )  # fmt: skip
    feed: Feed
    wanted: EventSearch

    def bounds(self) -> tuple[int, int]:
        self.feed.refresh_from_db(fields=["head_seq", "expired_seq"])
        return self.feed.head_seq + 1, oldest_retained(self.feed)

    def page(self, before: int, limit: int) -> RowPage:
        page = self.wanted.page(
            self.feed, before=before, limit=limit, budget_s=STEP_S, payloads=True
        )
        known = statuses(self.feed, page.events)
        rows = [_event_row(event, known[event.seq]) for event in page.events]
        return RowPage(rows, page.next_before)


def source_of(kind: str, feed: Feed, wanted: Mapping[str, object]) -> RowSource:
    """Return the rows that an export's filter selects."""
    return EventRows(feed, msgspec.convert(wanted, EventSearch))


def stored_filter(wanted: EventSearch) -> dict[str, object]:
    """Return a filter as an export stores it, with only the fields that are set."""
    fields: dict[str, object] = msgspec.to_builtins(wanted)
    return {name: value for name, value in fields.items() if value}


def _event_row(event: Event, status: EventStatus) -> Row:
    return {
        "number": event.seq,
        "receivedAt": iso_ms(event.received_at),
        "status": WORDS.get(status.state, status.state.value),
        "reason": status.reason,
        "call": event.type,
        "name": event.name,
        "userId": event.user_id,
        "messageId": event.message_id,
        "event": msgspec.Raw(bytes(event.payload)),
    }
