"""How a stream finds the userId of an event that has none.

The identifiers of the event's person are compared with the identity map of its workspace, in
the stream's order. This is off while the order is empty.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import transaction

from streams.audit.changes import changed_values
from streams.audit.services import record
from streams.catalog.services import lock_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.catalog.models import Stream
    from streams.tenancy.models import User

FIELDS = ("identify_by", "unresolved", "check_user_ids", "conflict_rule")


@transaction.atomic
def choose_identity(
    *,
    stream: Stream,
    identify_by: Sequence[str],
    unresolved: str,
    check_user_ids: bool,
    conflict_rule: str | None = None,
    actor: User | None,
) -> None:
    """Set how a stream finds the userIds of its events. Applies from the next event on.

    `identify_by` has values of `PersonIdentifier`, the first of which counts most.
    `conflict_rule` decides conflicts that are received from then on; None: unchanged. Raises
    ValidationError. If nothing changes, nothing is recorded.
    """
    lock_stream(stream)
    chosen: dict[str, Any] = {
        "identify_by": ",".join(dict.fromkeys(identify_by)),
        "unresolved": unresolved,
        "check_user_ids": check_user_ids,
        "conflict_rule": conflict_rule or stream.conflict_rule,
    }
    before = {field: getattr(stream, field) for field in FIELDS}
    if chosen == before:
        return
    for field, value in chosen.items():
        setattr(stream, field, value)
    # Made once: another key would give every unknown person another anonymousId.
    stream.anonymous_key = stream.anonymous_key or secrets.token_hex(16)
    kept = {field.name for field in stream._meta.fields} - chosen.keys()
    stream.clean_fields(exclude=kept)
    stream.save(update_fields=[*FIELDS, "anonymous_key"])
    record(
        "stream.identity_chosen",
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        **changed_values(before, chosen),
        **chosen,
    )
