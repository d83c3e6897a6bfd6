"""Recent actions on events in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Max, Min, Q, Sum

from streams.events.models import QuarantineJob
from streams.portal.shared.access import WorkspaceAccess

if TYPE_CHECKING:
    from streams.portal.quarantine.scope import QuarantineScope

MOST_ORDERS = 10
MOST_JOBS = 5_000  # an order can have a job for each of a thousand selected events


def recent_orders(scope: QuarantineScope) -> list[dict[str, object]]:
    """Return the latest actions, added up over the jobs that they consist of."""
    jobs = QuarantineJob.objects.filter(feed__stream=scope.stream)
    if isinstance(scope.access, WorkspaceAccess) or scope.workspace is not None:
        jobs = jobs.filter(feed__in=scope.ids)
    recent = jobs.order_by("-pk").values("pk")[:MOST_JOBS]
    newest = (
        QuarantineJob.objects.filter(pk__in=recent)
        .values("order", "action", "rule", "name", "new_name")
        .annotate(
            at=Min("requested_at"),
            by=Min("requested_by__email"),
            counted=Sum("events"),
            sent=Sum("released"),
            gone=Sum("discarded"),
            stay=Sum("kept"),
            started=Max("worked_at"),
            last=Max("pk"),
            failures=Count("pk", filter=Q(failed=True)),
        )
        .order_by("-last")[:MOST_ORDERS]
    )
    orders = list(newest)
    names = [order["order"] for order in orders]
    to_do = QuarantineJob.objects.filter(order__in=names, ended_at=None)
    running = set(to_do.values_list("order", flat=True))
    return [
        order
        | {
            "running": order["order"] in running,
            # Nothing happened yet, so stopping it undoes it.
            "can_undo": order["action"] == QuarantineJob.Action.DISCARD
            and order["started"] is None,
        }
        for order in orders
    ]
