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
from streams.events.models import Feed
from streams.events.retention.bounded_delete import delete_before
from streams.observability.issues.counter import hour_of
from streams.observability.requests.models import RefusedRequests
from streams.tenancy.models import PartnerToken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from streams.tenancy.models import Partner

KEPT = timedelta(days=7)
LISTED = timedelta(days=1)
MOST_LISTED = 20  # keys on the page, those with the most requests first
AT_ONCE = 500  # rows in one statement
# An invalid key, a body that is too large, and a full queue.
UNAUTHORIZED, TOO_LARGE, THROTTLED = 401, 413, 429
STATUSES = frozenset({UNAUTHORIZED, TOO_LARGE, THROTTLED})


class RefusedKey(NamedTuple):
    """Identifies a count: of a key, in a stream, with a status, in an hour."""

    hour: datetime
    subject: str  # as in RefusedRequests
    status: int
    stream_id: int


@dataclass(slots=True)
class RefusedTally:
    """The number of requests, and when the first and the last was refused."""

    first_at: datetime
    last_at: datetime
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyName:
    """The name of a counted key, for people, with only the key's first characters."""

    text: str
    workspace: int | None = None  # of an ingest key
    is_test: bool = False  # whether that is a test workspace


@dataclass(frozen=True, slots=True)
class RefusedCount:
    """The refused requests with one key and one status in the last day."""

    key: str
    status: int
    count: int
    last_at: datetime


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
            adapted(tally.first_at), adapted(tally.last_at),
        )
    ]  # fmt: skip
    row = f"({', '.join(['%s'] * 7)})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table}"  # noqa: S608 - names of ours alone
            " (at, subject, status, stream_id, count, first_at, last_at)"
            f" VALUES {', '.join([row] * len(rows))}"
            " ON CONFLICT (at, subject, status) DO UPDATE"
            f" SET count = {table}.count + excluded.count, last_at = excluded.last_at",
            values,
        )


def refused_of(partner: Partner, now: datetime) -> list[RefusedCount]:
    """Return the counts of a partner's keys in the last day, the highest first."""
    since = hour_of(now - LISTED)
    own = RefusedRequests.objects.filter(stream__partner=partner, at__gte=since)
    totals = own.values("subject", "status").annotate(
        total=Sum("count"), last=Max("last_at")
    )
    rows = list(totals.order_by("-total", "subject", "status")[:MOST_LISTED])
    names = names_of(row["subject"] for row in rows)
    return [
        RefusedCount(
            names[row["subject"]].text, row["status"], row["total"], row["last"]
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
    return {f"token:{one.pk}": _token_name(one) for one in tokens} | {
        f"feed:{one.pk}": _feed_name(one) for one in feeds
    }


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


def forget(now: datetime) -> int:
    """Delete counts that are older than KEPT; return how many."""
    return delete_before(RefusedRequests._meta.db_table, "at", hour_of(now) - KEPT)
