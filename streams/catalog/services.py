from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from streams.audit.services import record
from streams.base.clock import now
from streams.spec.exceptions import SpecExceptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.catalog.models import Stream
    from streams.tenancy.models import User


@transaction.atomic
def change_stream(
    *,
    stream: Stream,
    name: str,
    version: str,
    allow_anonymous: bool,
    create_workspaces: bool,
    retention_days: int,
    check_mode: str,
    actor: User | None,
) -> None:
    """Change a stream's settings. They apply from the next event on."""
    given: dict[str, Any] = {
        "name": name,
        "version": version,
        "allow_anonymous": allow_anonymous,
        "create_workspaces": create_workspaces,
        "retention_days": retention_days,
        "check_mode": check_mode,
    }
    changed = [
        f"{field}: {getattr(stream, field)} → {new}"
        for field, new in given.items()
        if getattr(stream, field) != new
    ]
    stream.name, stream.version = name, version
    stream.allow_anonymous = allow_anonymous
    stream.create_workspaces = create_workspaces
    stream.check_mode = check_mode
    stream.keep_for(retention_days, now=now())
    stream.save(
        update_fields=[
            "name", "version", "allow_anonymous", "create_workspaces",
            "retention_days", "retention_shortened_at", "check_mode",
        ]
    )  # fmt: skip
    record(
        "stream.changed",
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        changed=", ".join(changed),
        **given,
    )


@transaction.atomic
def choose_readings(
    *, stream: Stream, accepted: Iterable[str], actor: User | None
) -> None:
    """Set the Spec exceptions of a stream. Unknown IDs are ignored."""
    stream.spec_readings = sorted(SpecExceptions.of(accepted).accepted)
    stream.save(update_fields=["spec_readings"])
    record(
        "stream.readings_chosen",
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        readings=", ".join(stream.spec_readings),
    )
