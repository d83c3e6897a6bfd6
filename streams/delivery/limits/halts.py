"""Halts: an operator stops delivery to a region, for a stream, or everywhere.

Events stay queued and running requests complete. To stop one connection, use `pause`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from streams.audit.models import AuditEntry
from streams.audit.services import record
from streams.delivery.limits.models import Halt
from streams.delivery.limits.send_policy import halted_connections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.catalog.models import Stream
    from streams.tenancy.models import User


ALL = "all"  # streams or regions, in the activity log
HALTED = "delivery.halted"


class AlreadyLifted(ValueError):
    """Someone else has lifted the halt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltImpact:
    """The connections that a halt stops, and their streams and workspaces, as counts."""

    connections: int
    workspaces: int
    streams: int


def impact(*, stream: Stream | None, region: str) -> HaltImpact:
    """Count what a halt of this scope stops, with one query. None and "" mean all."""
    connections = halted_connections(stream=stream, region=region)
    counts = connections.aggregate(
        connections=Count("pk"),
        workspaces=Count("feed__workspace", distinct=True),
        streams=Count("feed__stream", distinct=True),
    )
    return HaltImpact(**counts)


@transaction.atomic
def halt(
    *, stream: Stream | None, region: str, reason: str, actor: User | None
) -> Halt:
    """Stop delivery within a second, until the halt is lifted.

    `stream` None means all streams; an empty `region` means all regions. Customers see
    the reason.
    """
    new = Halt.objects.create(stream=stream, region=region, reason=reason)
    _record(HALTED, new, actor, {"reason": reason})
    return new


@transaction.atomic
def lift(*, halt: Halt, reason: str, actor: User | None) -> None:
    """Resume delivery of queued events, unless another halt applies.

    `reason` is only for the activity log. Raises AlreadyLifted.
    """
    deleted, _rows = Halt.objects.filter(pk=halt.pk).delete()
    if not deleted:
        raise AlreadyLifted(
            _("The halt (%(halt)s) is already lifted.") % {"halt": halt}
        )
    detail = {"reason": reason, "halted_because": halt.reason}
    _record("delivery.halt_lifted", halt, actor, detail)


def operators_of(halts: Sequence[Halt]) -> dict[int, User]:
    """Return who set each halt, by the halt's ID, with one query.

    The activity log says so. A halt that no operator set is left out.
    """
    if not halts:
        return {}
    entries = AuditEntry.objects.filter(
        action=HALTED,
        workspace=None,
        stream__in={_stream_of(halt) for halt in halts},
        at__gte=min(halt.created_at for halt in halts),
    ).select_related("actor")
    found: dict[int, User] = {}
    for entry in entries.order_by("-at"):  # the first after the halt comes last
        for halt in halts:
            scope = (entry.stream, entry.detail.get("region"))
            is_after = entry.at >= halt.created_at
            if is_after and scope == _scope_of(halt) and entry.actor:
                found[halt.pk] = entry.actor
    return found


def _scope_of(halt: Halt) -> tuple[str, str]:
    return _stream_of(halt), halt.region or ALL


def _stream_of(halt: Halt) -> str:
    return halt.stream.slug if halt.stream else ALL


def _record(
    action: str, halt: Halt, actor: User | None, detail: dict[str, str]
) -> None:
    stream, region = _scope_of(halt)
    partner = halt.stream.partner if halt.stream else None
    scope = {"stream": stream, "region": region}
    record(action, actor=actor, partner=partner, workspace=None, **scope, **detail)
