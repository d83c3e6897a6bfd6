"""Pages of the activity log of a workspace or a partner, newest first.

A page starts below an entry, so a long log is as fast as a short one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from streams.audit.kinds import of_kind
from streams.audit.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.tenancy.models import Partner, Workspace

type Entries = QuerySet[AuditEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPage:
    """Some entries. `next_before`: the ID that the next page is below; None: the last page."""

    entries: Sequence[AuditEntry]
    next_before: int | None


def sign_ins(place: Partner | Workspace) -> Entries:
    """Return the entries about the accounts of a place's members, such as sign-ins.

    Those before a member joined aren't included, and neither are those of operators.
    """
    members = place.memberships.filter(user__is_staff=False)
    joined = Q(pk=None)
    for email, since in members.values_list("user__email", "created_at"):
        joined |= Q(member=email, at__gte=since)
    # As in the condition of the index.
    return AuditEntry.objects.filter(~Q(member=""), joined, partner=None)


def page(
    found: Iterable[Entries], condition: Q, *, before: int | None, limit: int
) -> ActivityPage:
    """Return up to `limit` entries that match, from those below an ID.

    `found` has several queries if no index serves all of them together.
    """
    below = _below(before)
    newest: list[AuditEntry] = []
    for entries in found:
        matching = entries.filter(below, condition).exclude(detail__has_key="internal")
        related = matching.select_related("actor", "partner", "workspace")
        newest += related.order_by("-at", "-pk")[: limit + 1]
    newest.sort(key=lambda entry: (entry.at, entry.pk), reverse=True)
    is_last = len(newest) <= limit
    return ActivityPage(
        entries=newest[:limit],
        next_before=None if is_last else newest[limit - 1].pk,
    )


def matching(
    *,
    kind: str = "",
    about: str = "",
    workspaces: Iterable[int] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Q:
    """Return the condition for a kind (a key of `KINDS`), an object and a period.

    `about` is the slug of a stream, the email of a member, or the name of one of `workspaces`.
    """
    condition = of_kind(kind) if kind else Q()
    if about:
        member = about.lower()
        condition &= (
            Q(stream=about)
            | Q(workspace__in=list(workspaces))
            | Q(member=member)
            | Q(detail__member=member)
        )
    if since:
        condition &= Q(at__gte=since)
    if until:
        condition &= Q(at__lt=until)
    return condition


def _below(before: int | None) -> Q:
    if before is None:
        return Q()
    at = AuditEntry.objects.filter(pk=before).values_list("at", flat=True).first()
    if at is None:
        return Q()
    return Q(at__lte=at) & (Q(at__lt=at) | Q(pk__lt=before))
