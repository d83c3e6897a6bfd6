"""The numbers and the report of a pass through a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.exports.formats import body, opening
from streams.exports.models import Export
from streams.identity.identifiers import NAMES
from streams.uploads.models import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.exports.formats import Row as ReportRow
    from streams.identity.links import FactResult
    from streams.uploads.rows import Row

PEOPLE, NEW, KNOWN, CONFLICTS, REFUSED = COUNTS
REPORT_COLUMNS = (
    "line", "result", "code", "identifier", "userId in the file", "other userId", "reason",
)  # fmt: skip
MOST_REPORTED = 200_000  # rows of the report of one file
_CSV = Export.Format.CSV


def added(
    counts: dict[str, int], results: Iterable[tuple[Row, FactResult]]
) -> dict[str, int]:
    """Return the counts with those of more rows. `refused` counts rows; the others links."""
    total = {name: counts.get(name, 0) for name in COUNTS}
    for _row, done in results:
        total[PEOPLE] += 1
        total[REFUSED] += done.problem is not None
        total[NEW] += done.new
        total[KNOWN] += done.seen
        total[CONFLICTS] += len(done.conflicts)
    return total


def report_rows(results: Iterable[tuple[Row, FactResult]]) -> list[ReportRow]:
    """Return the refused rows and the conflicts. They contain no identifier."""
    rows: list[ReportRow] = []
    for row, done in results:
        if done.problem:
            reason = f"{done.problem.message} {done.problem.fix}"
            rows.append(_report_row(row, "refused", done.problem.rule, "", "", reason))
        for kind, other in zip(done.conflicts, done.kept, strict=True):
            rows.append(_report_row(row, "conflict", "", NAMES[kind], other, ""))
    return rows


def report_text(rows: list[ReportRow], *, is_first: bool) -> bytes:
    """Return the text of some rows of the report; `is_first`: with the names of the columns."""
    head = opening(_CSV, REPORT_COLUMNS) if is_first else b""
    return head + body(_CSV, rows, is_first=is_first)


def _report_row(
    row: Row, result: str, code: str, identifier: str, other: str, reason: str
) -> ReportRow:
    # A refused userId can be anything, also an email: the line is enough to find it.
    user_id = row.user_id if result == "conflict" else ""
    values = (row.line, result, code, identifier, str(user_id), other, reason)
    return dict(zip(REPORT_COLUMNS, values, strict=True))
