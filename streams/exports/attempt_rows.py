"""The rows of an export of delivery attempts of one connection, newest first.

They contain neither headers of the request nor payloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Max, Min

from streams.base.clock import iso_ms
from streams.connections.models import Connection
from streams.delivery.attempts import search
from streams.delivery.attempts.filter import AttemptFilter
from streams.delivery.models import Delivery
from streams.exports.row_page import RowPage

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.exports.formats import Row

COLUMNS: Sequence[str] = (
    "id", "sentAt", "outcome", "status", "error", "response", "events", "firstEvent",
    "lastEvent", "bodyBytes", "durationMs", "nextAttemptAt",
)  # fmt: skip
CSV_COLUMNS = COLUMNS
CONNECTION = "connection"  # the field of a stored filter with the connection's ID


def span(_feed: Feed, wanted: Mapping[str, Any]) -> tuple[int, int]:
    """Return the IDs to search: from below the first down to the second."""
    own = Delivery.objects.filter(connection=wanted[CONNECTION])
    ids = own.aggregate(newest=Max("pk"), oldest=Min("pk"))
    return (ids["newest"] or 0) + 1, ids["oldest"] or 1


def page(_feed: Feed, wanted: Mapping[str, Any], *, before: int, limit: int) -> RowPage:
    """Return up to `limit` attempts that match a stored filter, after one bounded step."""
    fields = dict(wanted)
    connection = Connection.objects.get(pk=fields.pop(CONNECTION))
    filters = msgspec.convert(fields, AttemptFilter)
    found = search.page(connection, before=before, wanted=filters, limit=limit)
    return RowPage([_row(attempt) for attempt in found.deliveries], found.next_before)


def csv_row(row: Row) -> Row:
    return row


def stored_filter(connection: Connection, wanted: AttemptFilter) -> dict[str, object]:
    """Return a filter as an export stores it, with only the fields that are set."""
    fields: dict[str, object] = msgspec.to_builtins(wanted)
    given = {name: value for name, value in fields.items() if value}
    return {CONNECTION: connection.pk, **given}


def _row(attempt: Delivery) -> Row:
    values = (
        attempt.pk,
        iso_ms(attempt.started_at),
        attempt.outcome,
        attempt.status_code,
        attempt.error,
        attempt.answer,
        attempt.events,
        attempt.first_seq,
        attempt.last_seq,
        attempt.body_bytes,
        attempt.duration_ms,
        iso_ms(attempt.retry_at) if attempt.retry_at else None,
    )
    return dict(zip(COLUMNS, values, strict=True))
