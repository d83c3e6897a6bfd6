"""The activity log of a stream: who did what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from streams.audit.models import AuditEntry
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.activity_rows import activity_row
from streams.portal.shared.form_choices import number_in

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

SHOWN = 50


@signed_in
def stream_activity(
    request: PortalRequest, slug: str, stream_slug: str
) -> HttpResponse:
    """Show changes to a stream, without those in its customers' workspaces."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    entries = AuditEntry.objects.of_stream(stream)
    context = {"stream": stream, **_page(request, access, entries)}
    return render(request, "portal/stream/activity_log.html", context)


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
        "rows": [activity_row(entry, team) for entry in newest[:SHOWN]],
        "is_first": before is None,
        "next_before": newest[SHOWN - 1].pk if len(newest) > SHOWN else None,
    }


def team_of(access: PartnerAccess) -> set[int]:
    """Return the user IDs of the partner's team."""
    return set(access.partner.members.values_list("pk", flat=True))
