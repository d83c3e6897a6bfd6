"""The rows of an export: the events of the list that it comes from, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from streams.delivery.event_status import EventState, statuses
from streams.delivery.outcome_search import EventOutcome
from streams.events.erasure.tombstones import ERASED
from streams.events.receipt import receipt_text
from streams.events.retention.past_retention import oldest_retained
from streams.exports.row_page import RowPage
from streams.observability.event_search import EventSearch

if TYPE_CHECKING:
    from streams.delivery.event_status import EventStatus
    from streams.events.models import Event, Feed
    from streams.exports.formats import Row, Value

COLUMNS: Sequence[str] = (
    "number", "receivedAt", "status", "reason", "call", "name", "userId", "messageId",
    "event",
)  # fmt: skip
CAMPAIGN = ("name", "source", "medium", "term", "content")  # keys of context.campaign
CSV_COLUMNS: Sequence[str] = (
    *COLUMNS[:-1], *(f"campaign_{key}" for key in CAMPAIGN), "event",
)  # fmt: skip
# States that people know by another name.
OUTCOMES = {
    EventState.PENDING: EventOutcome.QUEUED,
    EventState.HELD: EventOutcome.QUEUED,
    EventState.FILTERED: EventOutcome.SKIPPED,
}
STEP_S = 0.5  # of searching, for one part


def span(feed: Feed, _wanted: Mapping[str, object]) -> tuple[int, int]:
    """Return the numbers to search: from below the first down to the second."""
    feed.refresh_from_db(fields=["head_seq", "expired_seq"])
    return feed.head_seq + 1, oldest_retained(feed)


def page(
    feed: Feed, wanted: Mapping[str, object], *, before: int, limit: int
) -> RowPage:
    """Return up to `limit` events that match a stored filter, after one bounded step."""
    search = msgspec.convert(wanted, EventSearch)
    found = search.page(
        feed, before=before, limit=limit, budget_s=STEP_S, payloads=True
    )
    known = statuses(feed, found.events)
    rows = [
        _row(event, known[event.seq]) for event in found.events if event.type != ERASED
    ]
    return RowPage(rows, found.next_before)


def csv_row(row: Row) -> Row:
    """Return a row with the event's campaign in columns, for people who use spreadsheets."""
    event = row["event"]
    content = msgspec.json.decode(event) if isinstance(event, msgspec.Raw) else None
    campaign = _object(_object(_object(content).get("context")).get("campaign"))
    columns = {f"campaign_{key}": _cell(campaign.get(key)) for key in CAMPAIGN}
    cells = {**row, **columns}
    return {name: cells[name] for name in CSV_COLUMNS}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _cell(value: object) -> Value:
    """Return a value of any JSON type for one cell."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.Raw(msgspec.json.encode(value))


def stored_filter(wanted: EventSearch) -> dict[str, object]:
    """Return a filter as an export stores it, with only the fields that are set."""
    fields: dict[str, object] = msgspec.to_builtins(wanted)
    return {name: value for name, value in fields.items() if value}


def _row(event: Event, status: EventStatus) -> Row:
    values = (
        event.seq,
        receipt_text(event),
        str(OUTCOMES.get(status.state, status.state)),
        status.reason,
        event.type,
        event.name,
        event.user_id,
        event.message_id,
        msgspec.Raw(bytes(event.payload)),
    )
    return dict(zip(COLUMNS, values, strict=True))
