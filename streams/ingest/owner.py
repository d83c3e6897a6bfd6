"""Whose an event is: the ingest key says it, or a partner's event itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.base.refusals import RequestRefused
from streams.events.intake import Refused
from streams.ingest import auth
from streams.serving.wire import unavailable
from streams.tenancy.external_ids import (
    MAX_EXTERNAL_ID,
    InvalidExternalId,
    clean_external_id,
)

if TYPE_CHECKING:
    from streams.ingest.accesses import Access


def workspace_of(event: Mapping[str, Any], access: Access) -> str:
    """The external id of the event's workspace; empty for an ingest key. Raises Refused."""
    named = event.get("workspace")
    if access.place:
        if named is not None and not _names(named, access.place.external_id):
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


def unknown_workspace(external_id: str) -> Refused:
    """Why an event that names this id has no workspace."""
    try:
        clean_external_id(external_id)
    except InvalidExternalId as error:
        return Refused(
            "INGEST-WORKSPACE-002",
            f"The workspace cannot be named so: {error}",
            "Send your own id of the customer as text.",
            "workspace",
        )
    return Refused(
        "INGEST-WORKSPACE-004",
        "No workspace has this id, and this stream makes none by itself.",
        "Create the workspace in the portal first, or correct the id.",
        "workspace",
    )


def too_many_new() -> RequestRefused:
    return RequestRefused(
        429,
        "INGEST-WORKSPACE-005",
        "The stream has as many new workspaces as may be created in a minute.",
        "Send the event again after the time in Retry-After.",
        {"retry-after": "60"},
    )


def too_many() -> RequestRefused:
    return RequestRefused(
        429,
        "INGEST-WORKSPACE-006",
        "The stream has as many workspaces as it may have.",
        "Correct the id, remove empty workspaces, or ask the portal's operator for more;"
        " then send the event again.",
        {"retry-after": "300"},
    )


def removed() -> RequestRefused:
    return unavailable(
        "INGEST-WORKSPACE-007",
        "A workspace of the request was removed a moment ago; nothing was stored.",
        retry_after_s=1,
    )


def _names(named: object, external_id: str) -> bool:
    """Whether the event means this workspace, as exactly or normalized."""
    if named == external_id:
        return True
    try:
        return isinstance(named, str) and clean_external_id(named) == external_id
    except InvalidExternalId:
        return False


def _is_external_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= MAX_EXTERNAL_ID
        and bool(value.strip())
        and "\0" not in value
    )
