"""Deletion of workspaces that were never used, such as those created by a typo in an ID.

The activity log keeps its entries about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from streams.audit.services import record_each
from streams.base.clock import now
from streams.connections.models import Connection
from streams.events.models import Feed
from streams.identity.inbound_address import InboundAddress
from streams.identity.models import IdentityMap, SuppressedPerson
from streams.observability.issues.models import IssueKind
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.models import Workspace, WorkspaceMembership

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.tenancy.models import User

CHUNK = 500  # workspaces per transaction, during which their feeds are locked
MOST = 20_000  # per call: about 20 s on a busy machine, while an operator waits


def empty(workspaces: QuerySet[Workspace]) -> QuerySet[Workspace]:
    """Return the workspaces that were never used.

    They never stored an event, had a connection or learned a userId, and have no inbound
    address, no suppressed people, no members and no open invitations.
    """
    used = (
        Q(head_seq__gt=0)
        | Q(quarantined__gt=0)
        | Q(discarded__gt=0)
        | Q(quarantine_expired__gt=0)
        | Q(Exists(Connection.objects.filter(feed=OuterRef("pk"))))
        | Q(Exists(InboundAddress.objects.filter(feed=OuterRef("pk"))))
        | Q(Exists(IdentityMap.objects.filter(feed=OuterRef("pk"))))
    )
    is_open = Q(accepted_at=None, withdrawn_at=None, expires_at__gt=now())
    of_this = {"workspace": OuterRef("pk")}
    return workspaces.filter(
        ~Exists(SuppressedPerson.objects.filter(**of_this)),
        ~Exists(Feed.objects.filter(used, **of_this)),
        ~Exists(WorkspaceMembership.objects.filter(**of_this)),
        ~Exists(Invitation.objects.filter(is_open, **of_this)),
    )


def remove_empty(workspaces: QuerySet[Workspace], *, actor: User | None) -> int:
    """Delete the empty ones of these workspaces, up to about MOST. Returns their number.

    A workspace that stores an event in the meantime is kept. A later event creates the
    workspace again if the stream allows it.
    """
    removed = last = 0
    while removed < MOST:
        found = empty(workspaces).filter(pk__gt=last).order_by("pk")
        ids = list(found.values_list("pk", flat=True)[:CHUNK])
        if not ids:
            break
        removed += _remove(ids, actor)
        last = ids[-1]
    return removed


@transaction.atomic
def _remove(ids: list[int], actor: User | None) -> int:
    workspaces = Workspace.objects.filter(pk__in=ids)
    # Wait for events that are being stored in these feeds. Later ones wait for us and find
    # no feed. The locks are taken in the same order as in an append, to avoid deadlocks.
    _lock(workspaces)
    _lock(Feed.objects.filter(workspace__in=ids))
    # Query again, to see everything that others have committed by now.
    unused = list(empty(workspaces).order_by("pk"))
    if not unused:
        return 0
    record_each(
        "workspace.removed",
        [(one, {"name": one.name, "external_id": one.external_id}) for one in unused],
        at=now(),
        actor=actor,
    )
    feeds = Feed.objects.filter(workspace__in=unused)
    kinds = IssueKind.objects.filter(feed__in=feeds)
    _lock(kinds)  # in the same order as when issues are counted
    kinds.delete()
    feeds.delete()
    Workspace.objects.filter(pk__in=[one.pk for one in unused]).delete()
    return len(unused)


def _lock(rows: QuerySet) -> None:
    list(rows.select_for_update().order_by("pk").values_list("pk"))
