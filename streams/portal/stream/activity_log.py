"""Activity logs of a stream and of a partner: who did what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _

from streams.audit.models import AuditEntry
from streams.audit.sentences import describe, reason
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.form_choices import number_in

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from streams.tenancy.models import User

SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRow:
    """An audit entry as the page shows it."""

    entry: AuditEntry
    who: str
    what: str
    reason: str
    where: str  # workspace or stream; empty for the partner itself


@signed_in
def stream_history(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show changes to a stream, without those in its customers' workspaces."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    entries = AuditEntry.objects.of_stream(stream)
    context = {"stream": stream, **_page(request, access, entries)}
    return render(request, "portal/stream/activity_log.html", context)


@signed_in
def partner_history(request: PortalRequest, slug: str) -> HttpResponse:
    """Show changes to the partner, its streams, and its workspaces."""
    access = partner_to_see(request, slug)
    entries = AuditEntry.objects.filter(partner=access.partner)
    return render(
        request,
        "portal/stream/partner_activity_log.html",
        _page(request, access, entries),
    )


def _page(
    request: PortalRequest, access: PartnerAccess, entries: QuerySet[AuditEntry]
) -> dict[str, object]:
    before = number_in(request.GET, "before")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    # A QA run creates and revokes a token; the run has its own entry.
    entries = entries.exclude(detail__has_key="internal")
    newest = list(
        entries.select_related("actor", "workspace").order_by("-pk")[: SHOWN + 1]
    )
    team = team_of(access)
    return {
        "access": access,
        "rows": [_row(entry, team) for entry in newest[:SHOWN]],
        "is_first": before is None,
        "next_before": newest[SHOWN - 1].pk if len(newest) > SHOWN else None,
    }


def _row(entry: AuditEntry, team: set[int]) -> ActivityRow:
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


def team_of(access: PartnerAccess) -> set[int]:
    """Return the user IDs of the partner's team."""
    return set(access.partner.members.values_list("pk", flat=True))


def who(actor: User | None, team: set[int], *, starts: bool = False) -> str:
    """Name an actor to the partner's team; operators stay anonymous.

    `starts`: the name is on its own, as in a table, not within a sentence.
    """
    if actor is None:
        return _("Portal") if starts else _("the portal")
    if actor.pk in team or not actor.is_staff:
        return actor.email
    return _("Operator") if starts else _("the operator")
