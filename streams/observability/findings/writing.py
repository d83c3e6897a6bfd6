"""Writes counted findings down, so that counts of many processes add up."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from django.db import connection, transaction

from streams.observability.findings.counting import Key, Tally, hour_of
from streams.observability.findings.models import (
    MOST_KINDS,
    OTHERS,
    FindingHour,
    FindingKind,
)
from streams.spec.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

TRIES = 3  # where others take the same slots in the same moment
DETAILS = ("severity", "path", "message", "fix", "sample")


def write(tallies: Mapping[Key, Tally]) -> dict[Key, Tally]:
    """Add to what is counted; what is left was not, since its kind was forgotten in the
    same moment.

    Should the answer to a commit be lost, what is written again is counted twice.
    """
    kinds = _places(tallies)
    added = _add(tallies, kinds)
    return {key: t for key, t in tallies.items() if kinds[key] not in added}


def _places(tallies: Mapping[Key, Tally]) -> dict[Key, int]:
    """The id of each key's kind, which is made if it is new."""
    # Others hold up nobody, so no transaction is open: each statement is one.
    found = _found(tallies)
    for _ in range(TRIES):
        new = _new_kinds(tallies, tallies.keys() - found.keys())
        if not new:
            break
        FindingKind.objects.bulk_create(new, ignore_conflicts=True)
        found = _found(tallies)
    homeless = tallies.keys() - found.keys()
    if homeless:
        others = {key.others: _others(tallies[key]) for key in homeless}
        kinds = [_kind(key, OTHERS, tally) for key, tally in others.items()]
        FindingKind.objects.bulk_create(kinds, ignore_conflicts=True)
        at = _found(others)
        found |= {key: at[key.others] for key in homeless}
    return found


def _found(keys: Iterable[Key]) -> dict[Key, int]:
    wanted = set(keys)
    feeds, rules, names = (set(part) for part in zip(*wanted, strict=True))
    rows = FindingKind.objects.filter(
        feed__in=feeds, rule__in=rules, name__in=names
    ).values_list("feed_id", "rule", "name", "pk")
    found = {Key(feed, rule, name): pk for feed, rule, name, pk in rows}
    return {key: found[key] for key in wanted & found.keys()}


def _new_kinds(
    tallies: Mapping[Key, Tally], missing: Collection[Key]
) -> list[FindingKind]:
    """Kinds for those for which there is a slot."""
    feeds = {key.feed_id for key in missing}
    taken: dict[int, set[int]] = {feed_id: set() for feed_id in feeds}
    rows = FindingKind.objects.filter(feed__in=feeds).values_list("feed_id", "slot")
    for feed_id, slot in rows:
        taken[feed_id].add(slot)
    free = {
        feed_id: (slot for slot in range(MOST_KINDS) if slot not in slots)
        for feed_id, slots in taken.items()
    }
    new = []
    # In one order, by whoever writes: of two who want the same slots one waits.
    for key in sorted(missing):
        if not key.rule:
            new.append(_kind(key, OTHERS, tallies[key]))
        else:
            new += [
                _kind(key, slot, tallies[key]) for slot in islice(free[key.feed_id], 1)
            ]
    return new


def _kind(key: Key, slot: int, tally: Tally) -> FindingKind:
    kind = FindingKind(
        feed_id=key.feed_id,
        slot=slot,
        rule=key.rule,
        name=key.name,
        first_seen_at=tally.first_at,
        last_seen_at=tally.last_at,
    )
    _describe(kind, tally)
    return kind


def _describe(kind: FindingKind, tally: Tally) -> None:
    finding = tally.finding
    kind.severity = finding.severity if finding else Severity.HINT
    kind.sample = tally.sample
    if finding is not None:
        kind.path = _text(finding.path, 200)
        kind.message = _text(finding.message, 300)
        kind.fix = _text(finding.fix, 300)


def _others(tally: Tally) -> Tally:
    return Tally(None, "", tally.first_at, tally.last_at)


def _text(text: str, most: int) -> str:
    """As a column takes it: keys of events are in it, and PostgreSQL knows no NUL."""
    shown = text if len(text) <= most else f"{text[: most - 1]}…"
    return shown.replace("\0", "�")


@transaction.atomic
def _add(tallies: Mapping[Key, Tally], kinds: Mapping[Key, int]) -> set[int]:
    """Count, all or nothing; the ids of the kinds that were still there."""
    sums: dict[int, Tally] = {}
    for key, tally in tallies.items():
        pk = kinds[key]
        if pk not in sums:
            sums[pk] = Tally(tally.finding, tally.sample, tally.first_at, tally.last_at)
        sums[pk].add(tally)
    # In one order, by whoever writes or forgets: so nobody waits for each other.
    locked = FindingKind.objects.select_for_update(no_key=True).order_by("pk")
    there = list(locked.filter(pk__in=sums))
    if there:
        _add_hours(
            [(kind.pk, *one) for kind in there for one in sums[kind.pk].hours.items()]
        )
        _note_seen(there, sums)
    return {kind.pk for kind in there}


def _note_seen(kinds: list[FindingKind], sums: Mapping[int, Tally]) -> None:
    stale = []
    for kind in kinds:
        tally = sums[kind.pk]
        if kind.rule and kind.last_seen_at < hour_of(tally.last_at):
            _describe(kind, tally)
            stale.append(kind)
        kind.last_seen_at = max(kind.last_seen_at, tally.last_at)
    FindingKind.objects.bulk_update(kinds, ["last_seen_at"])
    if stale:
        FindingKind.objects.bulk_update(stale, DETAILS)


def _add_hours(rows: list[tuple[int, datetime, int]]) -> None:
    table = FindingHour._meta.db_table
    adapted = connection.ops.adapt_datetimefield_value
    values = [part for pk, at, n in rows for part in (pk, adapted(at), n)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (kind_id, at, count)"  # noqa: S608 - names of ours alone
            f" VALUES {', '.join(['(%s, %s, %s)'] * len(rows))}"
            f" ON CONFLICT (kind_id, at) DO UPDATE SET count = {table}.count + excluded.count",
            values,
        )
