"""The kill switch: nothing is sent to a region, for a stream, or at all. Events wait,
none is lost, and what is under way ends. For one connection there is `pause`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from streams.audit.services import record
from streams.connections.models import Connection
from streams.delivery.models import Halt

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.catalog.models import Stream
    from streams.tenancy.models import User


@transaction.atomic
def halt(
    *, stream: Stream | None, region: str, reason: str, actor: User | None
) -> Halt:
    """Send nothing from the next second on, until it is lifted.

    `stream` None: of all streams; `region` empty: to all regions. Customers read the
    reason.
    """
    made = Halt.objects.create(stream=stream, region=region, reason=reason)
    _note("delivery.halted", made, actor)
    return made


@transaction.atomic
def lift(*, halt: Halt, actor: User | None) -> None:
    """Send again what waits, as far as no other halt stands."""
    _note("delivery.halt_lifted", halt, actor)
    halt.delete()


def connections_of(*, stream: Stream | None, region: str) -> QuerySet[Connection]:
    """The connections that a halt of this scope keeps from being sent to."""
    found = Connection.objects.current()
    if stream:
        found = found.filter(feed__stream=stream)
    return found.filter(region=region) if region else found


def _note(action: str, halt: Halt, actor: User | None) -> None:
    record(
        action,
        actor=actor,
        partner=halt.stream.partner if halt.stream else None,
        stream=halt.stream.slug if halt.stream else "all",
        region=halt.region or "all",
        reason=halt.reason,
    )
