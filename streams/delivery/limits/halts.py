"""The kill switch: stop delivery to a region, for a stream, or everywhere.

Events stay queued and running requests complete. To stop one connection, use `pause`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from streams.audit.services import record
from streams.delivery.limits.models import Halt

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.tenancy.models import User


@transaction.atomic
def halt(
    *, stream: Stream | None, region: str, reason: str, actor: User | None
) -> Halt:
    """Stop delivery within a second, until the halt is lifted.

    `stream` None means all streams; an empty `region` means all regions. Customers see
    the reason.
    """
    new = Halt.objects.create(stream=stream, region=region, reason=reason)
    _record("delivery.halted", new, actor)
    return new


@transaction.atomic
def lift(*, halt: Halt, actor: User | None) -> None:
    """Resume delivery of queued events, unless another halt applies."""
    _record("delivery.halt_lifted", halt, actor)
    halt.delete()


def _record(action: str, halt: Halt, actor: User | None) -> None:
    record(
        action,
        actor=actor,
        partner=halt.stream.partner if halt.stream else None,
        stream=halt.stream.slug if halt.stream else "all",
        region=halt.region or "all",
        reason=halt.reason,
    )
