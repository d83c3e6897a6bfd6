"""Conflicts: another userId for an identifier that has one, until someone decides."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.identity.map_lock import locked_map, store_changes
from streams.identity.models import Conflict, LinkChange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from streams.identity.claims import Disagreement
    from streams.tenancy.models import User

State = Conflict.State
_CLAIMED = (
    "kept", "origin", "project_id", "message_id",
    "first_seen_at", "last_seen_at", "count", "state",
)  # fmt: skip


class Decision(StrEnum):
    """The userId that an identifier has from now on."""

    KEEP = "keep"  # the userId of the link
    REPLACE = "replace"  # the other one


class ConflictChanged(Exception):
    """Someone else decided, or the link has another userId than the page showed."""


def add_disagreements(feed_id: int, found: Sequence[tuple[int, Disagreement]]) -> int:
    """Store conflicts, each with the ID of its link. Returns how many are newly open.

    The caller holds the lock of the map. If someone decided between the same two userIds
    before, the decision stays.
    """
    if not found:
        return 0
    links = {link_id for link_id, _one in found}
    before = {
        (row.link_id, row.other): row for row in Conflict.objects.filter(link__in=links)
    }
    rows, opened = [], 0
    for link_id, one in found:
        known = before.get((link_id, one.claim.user_id))
        was_open = known is not None and known.state == State.OPEN
        row = known or _new(feed_id, link_id, one)
        _count(row, one)
        opened += row.state == State.OPEN and not was_open
        row.pk = None  # found again by its link and userId
        rows.append(row)
    Conflict.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["link", "other"],
        update_fields=_CLAIMED,
    )
    return opened


@transaction.atomic
def decide_conflict(
    conflict: Conflict, decision: Decision, *, by: User | None
) -> Conflict:
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
    if decision == Decision.KEEP and row.state == State.KEPT:
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


def _new(feed_id: int, link_id: int, one: Disagreement) -> Conflict:
    return Conflict(
        feed_id=feed_id,
        link_id=link_id,
        kind=one.claim.kind,
        type=one.claim.type,
        kept=one.kept,
        other=one.claim.user_id,
        first_seen_at=one.first_seen_at,
        last_seen_at=one.last_seen_at,
    )


def _count(row: Conflict, one: Disagreement) -> None:
    """Count claims. A decision between other userIds than these two is void."""
    if row.kept != one.kept:
        row.kept, row.state = one.kept, State.OPEN
    row.count += one.count
    row.first_seen_at = min(row.first_seen_at, one.first_seen_at)
    row.last_seen_at = max(row.last_seen_at, one.last_seen_at)
    row.origin = one.claim.origin.kind
    row.project_id = one.claim.origin.project_id
    row.message_id = one.claim.origin.message_id


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
