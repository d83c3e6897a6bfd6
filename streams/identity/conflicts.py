"""Conflicts: another userId for an identifier that has one, until a person or a rule decides."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.person_identifiers import ConflictRule
from streams.identity.digests import ring
from streams.identity.map_lock import locked_map, store_changes
from streams.identity.models import Conflict, Link, LinkChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from streams.identity.claims import Disagreement, Plan
    from streams.tenancy.models import User

State = Conflict.State
_RECEIVED = ("origin", "project_id", "message_id", "first_seen_at", "last_seen_at")
_DECIDED = ("kept", "state", "decided_by", "decided_at")


class Decision(StrEnum):
    """The userId that an identifier has from now on."""

    KEEP = "keep"  # the userId of the link
    REPLACE = "replace"  # the other one


class ConflictChanged(Exception):
    """Someone else decided, or the link has another userId than the page showed."""


def rule_of(feed_id: int) -> ConflictRule:
    """Return the rule of a feed's stream."""
    rules = Stream.objects.filter(feeds=feed_id)
    return ConflictRule(rules.values_list("conflict_rule", flat=True).get())


def decided_by_people(changes: Plan) -> dict[tuple[int, str], str]:
    """Return the userIds that people kept, by the ID of the link and the other userId."""
    links = {one.link.id for one in changes.disagreements.values() if one.link}
    kept = Conflict.objects.filter(link__in=links, state=State.KEPT)
    by_people = kept.filter(decided_by__isnull=False)
    return {(row.link_id, row.other): row.kept for row in by_people}


def settle(
    feed_id: int, changes: Plan, new: Mapping[bytes, Link], rule: ConflictRule
) -> tuple[list[Link], int]:
    """Store the conflicts of a plan, and move links to other userIds as the rule decides.

    `new` has the new links by digest. Returns the links that have another userId now, and how
    many more conflicts are open. The caller holds the lock of the map. If a person decided
    between the same two userIds before, the decision stays.
    """
    known = {one.link.id for one in changes.disagreements.values() if one.link}
    before = {
        (row.link_id, row.other): row for row in Conflict.objects.filter(link__in=known)
    }
    moving = _moving(changes, new)
    rows, opened = {}, 0
    for (digest, other), one in changes.disagreements.items():
        link_id = one.link.id if one.link else new[digest].pk
        row = before.get((link_id, other))
        was_open = row is not None and row.state == State.OPEN
        row = row or _new(feed_id, link_id, one, other, moving.get(digest))
        _count(row, one)
        _settle(row, one, rule)
        opened += (row.state == State.OPEN) - was_open
        row.pk = None  # found again by its link and userId
        rows[digest, other] = row
    Conflict.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["link", "other"],
        update_fields=(*_RECEIVED, *_DECIDED, "count"),
    )
    return _move(moving, rows) if moving else [], opened


@transaction.atomic
def decide_conflict(conflict: Conflict, decision: Decision, *, by: User) -> Conflict:
    """Decide which userId an identifier has from now on. Returns the conflict as stored.

    Raises ConflictChanged if the userIds of the given row are no longer those to choose from.
    Lookups of other processes may use the old userId for up to 10 seconds.
    """
    identity_map = locked_map(conflict.feed_id)
    row = Conflict.objects.select_related(
        "link", "feed__workspace", "feed__stream"
    ).get(pk=conflict.pk)
    if row.kept != conflict.kept or row.link.user_id != row.kept:
        raise ConflictChanged(_("The link has changed meanwhile. Check it again."))
    at = now()
    if decision == Decision.KEEP and row.state == State.KEPT and row.decided_by:
        return row
    if row.state == State.OPEN:
        identity_map.open_conflicts -= 1
    row.decided_by, row.decided_at = by, at
    if decision == Decision.KEEP:
        row.state = State.KEPT
        identity_map.save(update_fields=["open_conflicts"])
    else:
        row.state = State.REPLACED
        _replace(row, at)
        store_changes(identity_map, [row.link], LinkChange.Change.REPLACED, at=at)
    row.save(update_fields=["state", "decided_by", "decided_at"])
    record(
        "identity.kept" if decision == Decision.KEEP else "identity.replaced",
        actor=by,
        workspace=row.feed.workspace,
        stream=row.feed.stream.slug,
        identifier=row.get_kind_display(),
        conflict=row.pk,
    )
    return row


def _new(
    feed_id: int, link_id: int, one: Disagreement, other: str, link: Link | None
) -> Conflict:
    """Return a conflict that isn't stored. Its link had the other userId if nothing claims it."""
    row = Conflict(
        feed_id=feed_id,
        link_id=link_id,
        kind=one.claim.kind,
        type=one.claim.type,
        kept=one.kept,
        other=other,
        first_seen_at=one.first_seen_at,
        last_seen_at=one.last_seen_at,
    )
    if not one.count and link is not None:
        _copy(_RECEIVED, link, row)
    return row


def _count(row: Conflict, one: Disagreement) -> None:
    if not one.count:
        return
    row.count += one.count
    row.first_seen_at = min(row.first_seen_at, one.first_seen_at)
    row.last_seen_at = max(row.last_seen_at, one.last_seen_at)
    row.origin = one.claim.origin.kind
    row.project_id = one.claim.origin.project_id
    row.message_id = one.claim.origin.message_id


def _settle(row: Conflict, one: Disagreement, rule: ConflictRule) -> None:
    """Decide by the rule, unless a person decided between the same two userIds."""
    by_person = row.state != State.OPEN and row.decided_by_id is not None
    if by_person and row.kept == one.kept and not one.replaced:
        return
    row.kept = one.kept
    row.decided_by = None
    if one.replaces:
        row.state = State.REPLACED
    else:
        row.state = State.OPEN if rule == ConflictRule.PERSON else State.KEPT
    row.decided_at = None if row.state == State.OPEN else now()


def _moving(changes: Plan, new: Mapping[bytes, Link]) -> dict[bytes, Link]:
    """Return the links that a plan moves, by digest, as they are stored. At most one query."""
    found = {
        digest: one.link
        for (digest, _other), one in changes.disagreements.items()
        if one.replaces
    }
    known = [link.id for link in found.values() if link]
    stored: dict[int, Link] = Link.objects.in_bulk(known) if known else {}
    return {
        digest: stored[link.id] if link else new[digest]
        for digest, link in found.items()
    }


def _move(
    moving: Mapping[bytes, Link], rows: Mapping[tuple[bytes, str], Conflict]
) -> list[Link]:
    """Give links the userIds of the conflicts that replaced theirs.

    Returns those that had another userId before.
    """
    moved, newest = [], ring().newest
    for (digest, other), row in rows.items():
        if digest not in moving or row.state != State.REPLACED:
            continue
        link = moving[digest]
        if link.user_id != other:
            moved.append(link)
        link.user_id, link.digest, link.key_id = other, digest, newest
        _copy(_RECEIVED, row, link)
    fields = ("user_id", "digest", "key_id", *_RECEIVED)
    Link.objects.bulk_create(
        moving.values(),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=fields,
    )
    links = {link.pk: link for link in moving.values()}
    still_open = Conflict.objects.filter(link__in=links, state=State.OPEN)
    still_open.update(
        kept=Subquery(Link.objects.filter(pk=OuterRef("link")).values("user_id")[:1])
    )
    return moved


def _copy(
    fields: Sequence[str], source: Conflict | Link, target: Conflict | Link
) -> None:
    for field in fields:
        setattr(target, field, getattr(source, field))


def _replace(row: Conflict, at: datetime) -> None:
    """Give the link of a conflict the other userId, and decide against the old one."""
    link = row.link
    old = Conflict(
        feed_id=row.feed_id,
        link=link,
        kind=link.kind,
        type=link.type,
        kept=row.other,
        other=link.user_id,
        origin=link.origin,
        project_id=link.project_id,
        message_id=link.message_id,
        first_seen_at=link.first_seen_at,
        last_seen_at=link.last_seen_at,
        state=State.KEPT,
        decided_by=row.decided_by,
        decided_at=at,
    )
    Conflict.objects.bulk_create(
        [old],
        update_conflicts=True,
        unique_fields=["link", "other"],
        update_fields=["kept", "state", "decided_by", "decided_at"],
    )
    still_open = Conflict.objects.filter(link=link, state=State.OPEN)
    still_open.exclude(pk=row.pk).update(kept=row.other)
    link.user_id = row.other
    for name in ("origin", "project_id", "message_id", "first_seen_at", "last_seen_at"):
        setattr(link, name, getattr(row, name))
    link.save(
        update_fields=[
            "user_id", "origin", "project_id", "message_id",
            "first_seen_at", "last_seen_at",
        ]
    )  # fmt: skip
