"""Stores counts of issues, so that the counts of many processes add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from django.db import connection, transaction

from streams.events.models import Feed
from streams.observability.issues.counter import IssueKey, IssueTally, hour_of, place_of
from streams.observability.issues.models import (
    MOST_KINDS,
    OTHERS,
    IssueHour,
    IssueKind,
)
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from streams.spec.issues import Issue

type Owner = Literal["feed", "stream"]

TRIES = 3  # if other processes take the same slots at the same time
MOST_MESSAGE = 300  # characters, the column's limit
DETAILS = ("severity", "path", "message", "fix", "sample")


def write(tallies: Mapping[IssueKey, IssueTally]) -> dict[IssueKey, IssueTally]:
    """Add counts to those stored for their feeds and streams. Returns the counts left.

    A count is left if its kind was deleted at the same moment. If the response to a commit
    is lost, its counts are stored again and so counted twice.
    """
    feeds = Feed.objects.filter(pk__in={key.owner_id for key in tallies})
    streams = dict(feeds.values_list("pk", "stream_id"))
    # Skip feeds that were deleted with their empty workspace.
    tallies = {key: one for key, one in tallies.items() if key.owner_id in streams}
    if not tallies:
        return {}
    above = {key: key._replace(owner_id=streams[key.owner_id]) for key in tallies}
    of_streams = _sums((above[key], tally) for key, tally in tallies.items())
    feed_kinds = _places("feed", tallies)
    stream_kinds = _places("stream", of_streams)
    kinds = {key: {feed_kinds[key], stream_kinds[above[key]]} for key in tallies}
    there = _add(tallies, kinds)
    return {key: tally for key, tally in tallies.items() if not kinds[key] <= there}


def _sums[K](counted: Iterable[tuple[K, IssueTally]]) -> dict[K, IssueTally]:
    sums: dict[K, IssueTally] = {}
    for key, tally in counted:
        if key not in sums:
            sums[key] = replace(tally, hours=Counter(), paths={})
        sums[key].add(tally)
    return sums


def _places(
    owner: Owner, tallies: Mapping[IssueKey, IssueTally]
) -> dict[IssueKey, int]:
    """Return the ID of each key's kind, after creating missing ones."""
    # Each statement is its own transaction, so that processes don't block each other.
    found = _found(owner, tallies)
    for _ in range(TRIES):
        new = _new_kinds(owner, tallies, tallies.keys() - found.keys())
        if not new:
            break
        IssueKind.objects.bulk_create(new, ignore_conflicts=True)
        found = _found(owner, tallies)
    homeless = tallies.keys() - found.keys()
    if homeless:
        others = {key.others: _others(tallies[key]) for key in homeless}
        kinds = [_kind(owner, key, OTHERS, tally) for key, tally in others.items()]
        IssueKind.objects.bulk_create(kinds, ignore_conflicts=True)
        at = _found(owner, others)
        found |= {key: at[key.others] for key in homeless}
    return found


def _found(owner: Owner, keys: Iterable[IssueKey]) -> dict[IssueKey, int]:
    wanted = set(keys)
    owners, rules, names = (set(part) for part in zip(*wanted, strict=True))
    rows = IssueKind.objects.filter(
        **{f"{owner}__in": owners}, rule__in=rules, name__in=names
    ).values_list(f"{owner}_id", "rule", "name", "pk")
    found = {IssueKey(owner_id, rule, name): pk for owner_id, rule, name, pk in rows}
    return {key: found[key] for key in wanted & found.keys()}


def _new_kinds(
    owner: Owner, tallies: Mapping[IssueKey, IssueTally], missing: Collection[IssueKey]
) -> list[IssueKind]:
    """Return new kinds for the keys that get a slot."""
    taken: dict[int, set[int]] = {key.owner_id: set() for key in missing}
    rows = IssueKind.objects.filter(**{f"{owner}__in": list(taken)})
    for owner_id, slot in rows.values_list(f"{owner}_id", "slot"):
        taken[owner_id].add(slot)
    free = {
        owner_id: (slot for slot in range(MOST_KINDS) if slot not in slots)
        for owner_id, slots in taken.items()
    }
    new = []
    # All writers use the same order: one of two that need the same slot waits.
    for key in sorted(missing):
        slot = next(free[key.owner_id], None) if key.rule else OTHERS
        if slot is not None:
            new.append(_kind(owner, key, slot, tallies[key]))
    return new


def _kind(owner: Owner, key: IssueKey, slot: int, tally: IssueTally) -> IssueKind:
    kind = IssueKind(
        **{f"{owner}_id": key.owner_id},
        slot=slot,
        rule=key.rule,
        name=key.name,
        first_seen_at=tally.first_at,
        last_seen_at=tally.last_at,
    )
    _describe(kind, tally)
    return kind


def _describe(kind: IssueKind, tally: IssueTally) -> None:
    issue = tally.issue
    kind.severity = issue.severity if issue else Severity.HINT
    kind.sample = tally.sample
    if issue is not None:
        kind.path = _text(issue.path, 200)
        kind.message = message_of(issue, tally)
        kind.fix = _text(issue.fix, 300)


def message_of(issue: Issue, tally: IssueTally) -> str:
    """Return the message of an issue, and the other places where events have it."""
    own = place_of(issue.path)
    others = [path for path in tally.paths if path not in ("", own)]
    message = _text(issue.message, MOST_MESSAGE)
    for shown in range(len(others), 0, -1):
        rest = len(others) - shown
        more = f" and {rest} more" if rest else ""
        places = f"{message} The same issue is at {', '.join(others[:shown])}{more}."
        if len(places) <= MOST_MESSAGE:
            return places.replace("\0", "�")
    return message


def _others(tally: IssueTally) -> IssueTally:
    return IssueTally(None, "", tally.first_at, tally.last_at)


def _text(text: str, most: int) -> str:
    """Fit a text into a column. It can contain an event's keys; PostgreSQL rejects NUL."""
    shown = text if len(text) <= most else f"{text[: most - 1]}…"
    return shown.replace("\0", "�")


@transaction.atomic
def _add(
    tallies: Mapping[IssueKey, IssueTally], kinds: Mapping[IssueKey, set[int]]
) -> set[int]:
    """Add each count to all of its kinds or to none. Returns the IDs of existing kinds."""
    # All writers and deleters lock in the same order, to avoid deadlocks.
    locked = IssueKind.objects.select_for_update(no_key=True).order_by("pk")
    wanted = locked.filter(pk__in=set().union(*kinds.values()))
    there = {
        kind.pk: kind for kind in wanted.only("rule", "last_seen_at", "message", "path")
    }
    sums = _sums(
        (pk, tally)
        for key, tally in tallies.items()
        if kinds[key] <= there.keys()
        for pk in kinds[key]
    )
    if sums:
        _add_hours(
            [(pk, *one) for pk, tally in sums.items() for one in tally.hours.items()]
        )
        _note_seen([there[pk] for pk in sums], sums)
    return set(there)


def _note_seen(kinds: Iterable[IssueKind], sums: Mapping[int, IssueTally]) -> None:
    seen, stale = [], []
    for kind in kinds:
        tally = sums[kind.pk]
        if kind.rule and (
            kind.last_seen_at < hour_of(tally.last_at) or _has_news(kind, tally)
        ):
            _describe(kind, tally)
            stale.append(kind)
        if kind.last_seen_at < tally.last_at:
            seen.append((kind.pk, tally.last_at))
    if seen:
        _move_last_seen(seen)
    if stale:
        IssueKind.objects.bulk_update(stale, DETAILS)


def _has_news(kind: IssueKind, tally: IssueTally) -> bool:
    """Whether the events have the issue at several places, and the message lacks one."""
    # Events with one place each would replace each other's message again and again.
    is_several = len(tally.paths) > 1
    if not is_several or tally.issue is None:
        return False
    others = tally.paths.keys() - {place_of(kind.path)}
    return kind.message != message_of(tally.issue, tally) and any(
        path not in kind.message for path in others
    )


def _move_last_seen(rows: list[tuple[int, datetime]]) -> None:
    # In SQL, because Django takes too long to build an UPDATE of many rows.
    table = IssueKind._meta.db_table
    adapted = connection.ops.adapt_datetimefield_value
    values = [part for pk, at in rows for part in (pk, adapted(at))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH seen(id, at) AS (VALUES {', '.join(['(%s, %s)'] * len(rows))})"  # noqa: S608 - as below
            f" UPDATE {table} SET last_seen_at = seen.at FROM seen WHERE {table}.id = seen.id",
            values,
        )


def _add_hours(rows: list[tuple[int, datetime, int]]) -> None:
    table = IssueHour._meta.db_table
    adapted = connection.ops.adapt_datetimefield_value
    values = [part for pk, at, n in rows for part in (pk, adapted(at), n)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (kind_id, at, count)"  # noqa: S608 - only our own names
            f" VALUES {', '.join(['(%s, %s, %s)'] * len(rows))}"
            f" ON CONFLICT (kind_id, at) DO UPDATE SET count = {table}.count + excluded.count",
            values,
        )
