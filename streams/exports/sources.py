"""Where the rows of each kind of export come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from streams.exports import attempt_rows, event_rows
from streams.exports.models import Export

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.exports.row_page import RowPage


class Source(Protocol):
    """A list that can be exported, newest row first."""

    COLUMNS: Sequence[str]  # the names of the values of a row, in order

    def span(self, feed: Feed, wanted: Mapping[str, object], /) -> tuple[int, int]:
        """Return the positions to search: from below the first down to the second."""

    def page(
        self, feed: Feed, wanted: Mapping[str, object], /, *, before: int, limit: int
    ) -> RowPage:
        """Return up to `limit` rows below a position, after one bounded step."""


SOURCES: Mapping[str, Source] = {
    Export.Kind.EVENTS: event_rows,
    Export.Kind.ATTEMPTS: attempt_rows,
}
