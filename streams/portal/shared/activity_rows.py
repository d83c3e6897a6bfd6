"""Activity log entries as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.audit.details import reason
from streams.audit.sentences import BY_ANYONE, describe

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
    address: str  # this and the device: empty if they aren't shown
    device: str


def activity_row(
    entry: AuditEntry, team: Collection[int], *, has_origin: bool = False
) -> ActivityRow:
    """Return the row of an entry. `team` are the IDs of users whose emails may be shown.

    `has_origin`: show the address and the device of the team's own activity.
    """
    # An entry without a partner is about a member's account: also a stranger's failed sign-in.
    is_own = entry.actor_id in team or (
        entry.actor_id is None and entry.partner_id is None
    )
    is_shown = has_origin and is_own
    workspace = entry.workspace.name if entry.workspace else ""
    if entry.workspace_id and not workspace:
        workspace = _("Deleted workspace")
    return ActivityRow(
        entry=entry,
        who=_("Unknown")
        if entry.action in BY_ANYONE
        else who(entry.actor, team, starts=True),
        what=describe(entry.action, entry.detail),
        reason=reason(entry.action, entry.detail),
        where=workspace or entry.stream,
        address=entry.address if is_shown else "",
        device=entry.device if is_shown else "",
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
