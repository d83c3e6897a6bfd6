"""The activity log as a file: CSV or JSON Lines, written while it is downloaded.

Not by a worker, as other exports: a log belongs to no feed, and its rows need no search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from streams.audit.details import reason
from streams.audit.sentences import describe
from streams.base.clock import iso_ms
from streams.exports import formats
from streams.exports.models import Export

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.audit.models import AuditEntry
    from streams.exports.formats import Row

COLUMNS: Sequence[str] = (
    "id", "time", "person", "action", "activity", "details", "partner", "workspace",
    "stream", "member", "address", "device",
)  # fmt: skip
CONTENT_TYPES: Mapping[str, str] = {
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.JSON_LINES: "application/x-ndjson",
}
PAGE_ROWS = 1_000  # at once
MAX_ROWS = 100_000  # the newest


def lines(pages: Iterable[Sequence[Row]], form: str) -> Iterator[bytes]:
    """Yield a file in a format of CONTENT_TYPES in pieces, up to MAX_ROWS rows of `pages`."""
    yield formats.opening(form, COLUMNS)
    written = 0
    for rows in pages:
        yield formats.body(form, rows[: MAX_ROWS - written], is_first=written == 0)
        written += len(rows)
        if written >= MAX_ROWS:
            break
    yield formats.closing(form)


def row(entry: AuditEntry, *, person: str, has_origin: bool) -> Row:
    """Return the row of an entry; `has_origin`: with its address and device."""
    values = (
        entry.pk,
        iso_ms(entry.at),
        person,
        entry.action,
        describe(entry.action, entry.detail),
        reason(entry.action, entry.detail),
        entry.partner.slug if entry.partner else "",
        entry.workspace.external_id if entry.workspace else "",
        entry.stream,
        str(entry.detail.get("member") or ""),
        entry.address if has_origin else "",
        entry.device if has_origin else "",
    )
    return dict(zip(COLUMNS, values, strict=True))
