"""Whose an event is: the ingest key says it, or a partner's event itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.base.text import FORBIDDEN
from streams.events.intake import Refused
from streams.ingest import auth

if TYPE_CHECKING:
    from streams.ingest.accesses import Access

MAX_EXTERNAL_ID = 100  # characters, as the column


def workspace_of(event: Mapping[str, Any], access: Access) -> str:
    """The external id of the event's workspace; empty for an ingest key. Raises Refused."""
    named = event.get("workspace")
    if access.place:
        if named is not None and named != access.place.external_id:
            raise Refused(
                "INGEST-WORKSPACE-003",
                "The event names another workspace than the ingest key's.",
                "Leave workspace out, or send with a partner token.",
                "workspace",
            )
        return ""
    if named is None:
        raise Refused(
            "INGEST-WORKSPACE-001",
            "The event does not say whose it is.",
            'Add "workspace": your own id of the customer, to each event.',
            "workspace",
        )
    if not _is_external_id(named):
        raise Refused(
            "INGEST-WORKSPACE-002",
            f"workspace is not a text of 1 to {MAX_EXTERNAL_ID} characters.",
            "Send your own id of the customer as text.",
            "workspace",
        )
    return str(named)


def check_key(event: Mapping[str, Any], access: Access) -> None:
    """An item of a batch may carry a key; one of another feed is not to be obeyed here."""
    key = event.get("writeKey")
    if access.place is None or not isinstance(key, str) or not key:
        return
    if auth.from_body(key) != access.credential:
        raise Refused(
            "INGEST-KEY-004",
            "The event carries another key than the request.",
            "Send it in a request of its own, with that key.",
            "writeKey",
        )


def unknown_workspace() -> Refused:
    return Refused(
        "INGEST-WORKSPACE-004",
        "No workspace has this id, and this stream makes none by itself.",
        "Create the workspace in the portal first, or correct the id.",
        "workspace",
    )


def _is_external_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= MAX_EXTERNAL_ID
        and bool(value.strip())
        and not FORBIDDEN.search(value)
    )
