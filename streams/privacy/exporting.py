"""Export everything that a feed has about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.audit.services import record
from streams.base.clock import iso_ms
from streams.exports import formats
from streams.exports.models import Export
from streams.exports.person_rows import page, span, stored_filter
from streams.exports.services import PART_ROWS, request_export
from streams.identity.identifiers import NoPerson
from streams.identity.suppression.services import SuppressionScope, suppressed_with
from streams.privacy.people import digests_of_person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.events.models import Feed
    from streams.identity.identifiers import Identifier
    from streams.tenancy.models import User


def records_of(
    feed: Feed, *, user_id: str = "", identifiers: Sequence[Identifier] = ()
) -> Iterator[bytes]:
    """Yield the lines of the same file, for an operator. Raises NoPerson."""
    wanted = _wanted(feed, user_id, identifiers)
    record(
        "export.person_requested",
        actor=None,
        workspace=feed.workspace,
        stream=feed.stream.slug,
        format=str(Export.Format.JSON_LINES),
    )
    before: int | None
    before, _bottom = span(feed, wanted)
    while before is not None:
        found = page(feed, wanted, before=before, limit=PART_ROWS)
        yield formats.body(Export.Format.JSON_LINES, found.rows, is_first=False)
        before = found.next_before


def export_person(
    feed: Feed,
    *,
    user_id: str = "",
    identifiers: Sequence[Identifier] = (),
    actor: User | None,
) -> Export:
    """Start an export of the person's links and events, and wake a worker.

    If `user_id` is "", the identifiers count. The file is JSON Lines; the export stores only
    digests of the person. Raises NoPerson and ExportRunning.
    """
    return request_export(
        feed=feed,
        wanted=_wanted(feed, user_id, identifiers),
        form=Export.Format.JSON_LINES,
        actor=actor,
        kind=Export.Kind.PERSON,
    )


def _wanted(
    feed: Feed, user_id: str, identifiers: Sequence[Identifier]
) -> dict[str, object]:
    person = digests_of_person(feed, user_id=user_id, identifiers=identifiers)
    return stored_filter(feed, person, _suppressions(feed, user_id, identifiers))


def _suppressions(
    feed: Feed, user_id: str, identifiers: Sequence[Identifier]
) -> list[dict[str, str]]:
    """Return where and since when the person is suppressed."""
    scope = SuppressionScope(feed.workspace, feed)
    try:
        people = suppressed_with(scope, user_id=user_id, identifiers=identifiers)
    except NoPerson:  # a userId that no one is suppressed by
        return []
    return [
        {
            "scope": "workspace" if one.feed_id is None else "stream",
            "origin": str(one.origin),
            "suppressedAt": iso_ms(one.suppressed_at),
        }
        for one in people
    ]
