"""The kill switch: stop delivery to a region, for a stream, or everywhere.

Events stay queued and running requests complete. To stop one connection, use `pause`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.delivery.limits.models import Halt
from streams.delivery.limits.send_policy import halted_connections

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.tenancy.models import User


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
    _record("delivery.halted", new, actor, {"reason": reason})
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


def _record(
    action: str, halt: Halt, actor: User | None, detail: dict[str, str]
) -> None:
    scope = {
        "stream": halt.stream.slug if halt.stream else "all",
        "region": halt.region or "all",
    }
    partner = halt.stream.partner if halt.stream else None
    record(action, actor=actor, partner=partner, workspace=None, **scope, **detail)
