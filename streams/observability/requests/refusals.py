"""Stores how many requests were refused with each known key, and lists them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection, transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from streams.base.text.validation import one_line
from streams.events.models import Feed, ReplacedIngestKey
from streams.events.retention.bounded_delete import delete_before
from streams.observability.issues.counter import hour_of
from streams.observability.requests.models import RefusedRequests
from streams.tenancy.models import Partner, PartnerToken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

KEPT = timedelta(days=7)
QUIET = timedelta(minutes=10)  # without a refused request, a run of them ends
LISTED = timedelta(days=1)
MOST_LISTED = 20  # keys on the page, those with the most requests first
AT_ONCE = 500  # rows in one statement
# An invalid key, a body that is too large, and a full queue.
UNAUTHORIZED, TOO_LARGE, THROTTLED = 401, 413, 429
# The functions of a database, and when a stored run ends.
_MINUTES = int(QUIET.total_seconds() // 60)
_FUNCTIONS = {
    "postgresql": (
        "least",
        "greatest",
        f"stored.last_at + interval '{_MINUTES} minutes'",
    ),
    "sqlite": (
        "min",
        "max",
        f"strftime('%Y-%m-%d %H:%M:%f', stored.last_at, '+{_MINUTES} minutes')",
    ),
}
REPLACED = "replaced"  # the kind of a subject that is a replaced ingest key
STATUSES = frozenset({UNAUTHORIZED, TOO_LARGE, THROTTLED})


class RefusedKey(NamedTuple):
    """Identifies a count: of a key, in a stream, with a status, in an hour."""

    hour: datetime
    subject: str  # as in RefusedRequests
    status: int
    stream_id: int


@dataclass(slots=True)
class RefusedTally:
    """The number of requests, and when the first and the last was refused.

    Also the number of the latest run, whose requests are at most QUIET apart, and its start.
    """

    first_at: datetime
    last_at: datetime
    run_at: datetime
    count: int = 0
    run_count: int = 0

    @classmethod
    def from_time(cls, at: datetime) -> RefusedTally:
        """Return an empty one."""
        return cls(first_at=at, last_at=at, run_at=at)

    def add(self, count: int, at: datetime) -> None:
        """Count requests that were refused at a time, not before the earlier ones."""
        if at > self.last_at + QUIET:
            self.run_at, self.run_count = at, 0
        self.last_at = at
        self.count += count
        self.run_count += count


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyName:
    """The name of a counted key, for people, with only the key's first characters."""

    text: str
    workspace: int | None = None  # of an ingest key
    is_test: bool = False  # whether that is a test workspace
    is_replaced: bool = False  # whether a new key has replaced it


@dataclass(frozen=True, slots=True)
class RefusedCount:
    """The refused requests with one key and one status in the last day."""

    key: str
    status: int
    count: int
    last_at: datetime
    partner: Partner


def add(tallies: Mapping[RefusedKey, RefusedTally]) -> None:
    """Add counts to the stored ones. If the response to a commit is lost, they count twice."""
    # All processes write in the same order, so that none waits for another in a circle.
    ordered = sorted(tallies.items(), key=lambda one: one[0])
    with transaction.atomic():
        for rows in batched(ordered, AT_ONCE):
            _add(rows)


def _add(rows: Sequence[tuple[RefusedKey, RefusedTally]]) -> None:
    table = RefusedRequests._meta.db_table
    adapted = connection.ops.adapt_datetimefield_value
    values = [
        part
        for key, tally in rows
        for part in (
            adapted(key.hour), key.subject, key.status, key.stream_id, tally.count,
            adapted(tally.first_at), adapted(tally.last_at), adapted(tally.run_at),
            tally.run_count,
        )
    ]  # fmt: skip
    row = f"({', '.join(['%s'] * 9)})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS stored"  # noqa: S608 - only our own names
            " (at, subject, status, stream_id, count, first_at, last_at, run_at, run_count)"
            f" VALUES {', '.join([row] * len(rows))}"
            f" ON CONFLICT (at, subject, status) DO UPDATE SET {_merged()}",
            values,
        )


def _merged() -> str:
    """Return the columns of a row to which the counts of a process are added.

    Processes write out of order, so each time is the earliest or the latest of both.
    """
    least, greatest, quiet_at = _FUNCTIONS[connection.vendor]
    continues = f"excluded.run_at <= {quiet_at}"
    run_at = f"{least}(coalesce(stored.run_at, stored.first_at), excluded.run_at)"
    run_count = "coalesce(stored.run_count, stored.count) + excluded.run_count"
    new_count = "ELSE excluded.run_count END"
    return ", ".join(
        [
            "count = stored.count + excluded.count",
            f"first_at = {least}(stored.first_at, excluded.first_at)",
            f"last_at = {greatest}(stored.last_at, excluded.last_at)",
            f"run_at = CASE WHEN {continues} THEN {run_at} ELSE excluded.run_at END",
            f"run_count = CASE WHEN {continues} THEN {run_count} {new_count}",
        ]
    )


def refused_of(partner: Partner, now: datetime) -> list[RefusedCount]:
    """Return the counts of a partner's keys in the last day, the highest first."""
    return _counts(RefusedRequests.objects.filter(stream__partner=partner), now)


def refused_of_all(now: datetime) -> list[RefusedCount]:
    """Return the counts of all partners' keys in the last day, the highest first."""
    return _counts(RefusedRequests.objects.all(), now)


def _counts(own: QuerySet[RefusedRequests], now: datetime) -> list[RefusedCount]:
    recent = own.filter(at__gte=hour_of(now - LISTED))
    totals = recent.values("subject", "status", "stream__partner").annotate(
        total=Sum("count"), last=Max("last_at")
    )
    rows = list(totals.order_by("-total", "subject", "status")[:MOST_LISTED])
    names = names_of(row["subject"] for row in rows)
    partners = Partner.objects.in_bulk([row["stream__partner"] for row in rows])
    return [
        RefusedCount(
            names[row["subject"]].text,
            row["status"],
            row["total"],
            row["last"],
            partners[row["stream__partner"]],
        )
        for row in rows
        if row["subject"] in names
    ]


def names_of(subjects: Iterable[str]) -> dict[str, KeyName]:
    """Return the names of counted keys. Those of deleted feeds are missing."""
    ids: dict[str, list[int]] = defaultdict(list)
    for subject in subjects:
        kind, _colon, pk = subject.partition(":")
        ids[kind].append(int(pk))
    tokens = PartnerToken.objects.filter(pk__in=ids["token"])
    feeds = Feed.objects.filter(pk__in=ids["feed"]).select_related("workspace")
    replaced = ReplacedIngestKey.objects.filter(pk__in=ids[REPLACED])
    return (
        {f"token:{one.pk}": _token_name(one) for one in tokens}
        | {f"feed:{one.pk}": _feed_name(one) for one in feeds}
        | {
            f"{REPLACED}:{one.pk}": _replaced_name(one)
            for one in replaced.select_related("feed__workspace")
        }
    )


def _token_name(token: PartnerToken) -> KeyName:
    name = {"name": one_line(token.name), "hint": token.hint}
    return KeyName(text=_("API token “%(name)s” (%(hint)s…)") % name)


def _feed_name(feed: Feed) -> KeyName:
    name = {"hint": feed.ingest_key_hint, "workspace": one_line(feed.workspace.name)}
    return KeyName(
        text=_("Ingest key of %(workspace)s (%(hint)s…)") % name,
        workspace=feed.workspace_id,
        is_test=feed.workspace.is_test,
    )


def _replaced_name(key: ReplacedIngestKey) -> KeyName:
    workspace = key.feed.workspace
    name = {"hint": key.hint, "workspace": one_line(workspace.name)}
    return KeyName(
        text=_("Replaced ingest key of %(workspace)s (%(hint)s…)") % name,
        workspace=workspace.pk,
        is_test=workspace.is_test,
        is_replaced=True,
    )


def forget(now: datetime) -> int:
    """Delete counts that are older than KEPT; return how many."""
    return delete_before(RefusedRequests._meta.db_table, "at", hour_of(now) - KEPT)
