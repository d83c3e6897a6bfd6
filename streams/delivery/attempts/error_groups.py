"""Failed attempts of one connection, grouped by fault."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from streams.delivery.attempts.search import reach
from streams.delivery.models import Delivery
from streams.delivery.segment.stored_responses import message_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.connections.models import Connection

SCAN = 50_000  # attempts searched
MOST_FAILED = 3_000  # failed ones that are read; retries are at most hours apart
MESSAGES = 3  # shown of each group


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Attempts that failed in the same way."""

    outcome: str
    status_code: int | None
    error: str
    attempts: int
    events: int  # each counts once, however often it was sent
    first_at: datetime
    last_at: datetime
    messages: list[str]  # the most frequent ones of the response bodies

    @property
    def outcome_label(self) -> str:
        """The outcome for people."""
        return str(Delivery.Outcome(self.outcome).label)


@dataclass(frozen=True, slots=True)
class ErrorGroups:
    """The groups, most attempts first, and how far the search went."""

    groups: list[ErrorGroup]
    searched_to: datetime | None  # None: as far as requested


def error_groups(connection: Connection, *, since: datetime) -> ErrorGroups:
    """Group the attempts that failed since then, among the newest SCAN attempts."""
    bound = reach(connection, None, rows=SCAN)
    failed = (
        Delivery.objects.filter(
            connection=connection, pk__gte=bound.lowest, started_at__gte=since
        )
        .exclude(outcome=Delivery.Outcome.DELIVERED)
        .order_by("-pk")
        .values_list(*_Row._fields)
    )
    rows = [_Row(*columns) for columns in failed[:MOST_FAILED]]
    collected: dict[tuple[str, int | None, str], _Collected] = {}
    for row in rows:
        key = (row.outcome, row.status_code, row.error)
        collected.setdefault(key, _Collected()).add(row)
    groups = [one.group(*key) for key, one in collected.items()]
    searched_to = None
    if len(rows) == MOST_FAILED:
        searched_to = rows[-1].started_at
    elif bound.at is not None and bound.at > since:
        searched_to = bound.at
    return ErrorGroups(sorted(groups, key=lambda g: -g.attempts), searched_to)


class _Row(NamedTuple):
    """The columns of a failed attempt: thousands of model instances would take too long."""

    outcome: str
    status_code: int | None
    error: str
    answer: str
    cursor_id: int
    first_seq: int
    last_seq: int
    events: int
    started_at: datetime


@dataclass(slots=True)
class _Collected:
    times: list[datetime] = field(default_factory=list)
    sent: int = 0
    ranges: dict[int, set[tuple[int, int]]] = field(default_factory=dict)  # by cursor
    bodies: Counter[str] = field(default_factory=Counter)

    def add(self, row: _Row) -> None:
        self.times.append(row.started_at)
        self.sent += row.events
        span = (row.first_seq, row.last_seq)
        self.ranges.setdefault(row.cursor_id, set()).add(span)
        self.bodies[row.answer] += 1

    def group(self, outcome: str, status_code: int | None, error: str) -> ErrorGroup:
        messages: Counter[str] = Counter()
        for body, count in self.bodies.items():
            messages[message_in(body)[:200]] += count
        del messages[""]
        covered = sum(_covered(spans) for spans in self.ranges.values())
        return ErrorGroup(
            outcome=outcome,
            status_code=status_code,
            error=error,
            attempts=len(self.times),
            # The range of a filtered replay has more numbers than events.
            events=min(covered, self.sent),
            first_at=min(self.times),
            last_at=max(self.times),
            messages=[text for text, _ in messages.most_common(MESSAGES)],
        )


def _covered(spans: Iterable[tuple[int, int]]) -> int:
    """Count the numbers in at least one of the ranges."""
    count, end = 0, 0
    for first, last in sorted(spans):
        count += max(0, last - max(first - 1, end))
        end = max(end, last)
    return count
