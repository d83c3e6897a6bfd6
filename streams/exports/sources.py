"""Where the rows of each kind of export come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from streams.exports import attempt_rows, event_rows, person_rows
from streams.exports.models import Export

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.exports.formats import Row
    from streams.exports.row_page import RowPage


class Source(Protocol):
    """A list that can be exported, newest row first."""

    COLUMNS: Sequence[str]  # the names of the values of a row, in order
    CSV_COLUMNS: Sequence[str]  # those of a row in CSV

    def span(self, feed: Feed, wanted: Mapping[str, object], /) -> tuple[int, int]:
        """Return the positions to search: from below the first down to the second."""

    def page(
        self, feed: Feed, wanted: Mapping[str, object], /, *, before: int, limit: int
    ) -> RowPage:
        """Return up to `limit` rows below a position, after one bounded step."""

    def csv_row(self, row: Row, /) -> Row:
        """Return a row with its CSV_COLUMNS."""


SOURCES: Mapping[str, Source] = {
    Export.Kind.EVENTS: event_rows,
    Export.Kind.ATTEMPTS: attempt_rows,
    Export.Kind.PERSON: person_rows,
}
