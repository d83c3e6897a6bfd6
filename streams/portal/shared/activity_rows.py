"""Activity log entries as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.audit.sentences import describe, reason

if TYPE_CHECKING:
    from collections.abc import Collection

    from streams.audit.models import AuditEntry
    from streams.tenancy.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRow:
    """An audit entry as the page shows it."""

    entry: AuditEntry
    who: str
    what: str
    reason: str
    where: str  # workspace or stream; empty for the partner itself


def activity_row(entry: AuditEntry, team: Collection[int]) -> ActivityRow:
    """Return the row of an entry. `team` are the IDs of users whose emails may be shown."""
    workspace = entry.workspace.name if entry.workspace else ""
    if entry.workspace_id and not workspace:
        workspace = _("Deleted workspace")
    return ActivityRow(
        entry=entry,
        who=who(entry.actor, team, starts=True),
        what=describe(entry.action, entry.detail),
        reason=reason(entry.action, entry.detail),
        where=workspace or entry.stream,
    )


def who(actor: User | None, team: Collection[int], *, starts: bool = False) -> str:
    """Name an actor to a team; operators who aren't in it stay anonymous.

    `starts`: the name is on its own, as in a table, not within a sentence.
    """
    if actor is None:
        return _("Portal") if starts else _("the portal")
    if actor.pk in team or not actor.is_staff:
        return actor.email
    return _("Operator") if starts else _("the operator")
