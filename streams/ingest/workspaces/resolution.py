"""Resolves the workspace of an event, from the ingest key or from the event itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.base.request_errors import RequestRefused
from streams.events.event_preparation import EventRefused
from streams.ingest.credentials import authentication
from streams.serving.http_format import unavailable
from streams.tenancy.external_ids import (
    MAX_EXTERNAL_ID,
    InvalidExternalId,
    clean_external_id,
)

if TYPE_CHECKING:
    from streams.ingest.credentials.credential_cache import CredentialAccess


def workspace_of(event: Mapping[str, Any], access: CredentialAccess) -> str:
    """Return the external ID in the event; empty for an ingest key. Raises EventRefused."""
    named = event.get("workspace")
    if access.feed:
        if named is not None and not _names(named, access.feed.external_id):
            raise EventRefused(
                "INGEST-WORKSPACE-003",
                "The event's workspace is not the ingest key's workspace.",
                "Omit workspace, or send the event with an API token.",
                "workspace",
            )
        return ""
    if named is None:
        raise EventRefused(
            "INGEST-WORKSPACE-001",
            "The event has no workspace.",
            "Set workspace to your ID for the customer in each event.",
            "workspace",
        )
    if not _is_external_id(named):
        raise EventRefused(
            "INGEST-WORKSPACE-002",
            f"workspace is not a string of 1 to {MAX_EXTERNAL_ID} characters.",
            "Set workspace to your ID for the customer, as a string.",
            "workspace",
        )
    return str(named)


def check_key(event: Mapping[str, Any], access: CredentialAccess) -> None:
    """Refuse an event of a batch with a different key. Raises EventRefused."""
    key = event.get("writeKey")
    if access.feed is None or not isinstance(key, str) or not key:
        return
    if authentication.from_body(key) != access.credential:
        raise EventRefused(
            "INGEST-KEY-004",
            "The event's writeKey is not the request's key.",
            "Send the event in a separate request with that key.",
            "writeKey",
        )


def unknown_workspace(external_id: str) -> EventRefused:
    """Explain why there is no workspace for this external ID."""
    try:
        clean_external_id(external_id)
    except InvalidExternalId as error:
        return EventRefused(
            "INGEST-WORKSPACE-002",
            f"The external ID in workspace is not valid: {error}",
            "Set workspace to your ID for the customer, as a string.",
            "workspace",
        )
    return EventRefused(
        "INGEST-WORKSPACE-004",
        "No workspace has this ID, and this stream doesn't create workspaces automatically.",
        "Create the workspace in the portal first, or correct the ID.",
        "workspace",
    )


def too_many_new() -> RequestRefused:
    return RequestRefused(
        429,
        "INGEST-WORKSPACE-005",
        "The stream has reached its limit of new workspaces per minute.",
        "Retry the event after the number of seconds in Retry-After.",
        {"retry-after": "60"},
    )


def too_many() -> RequestRefused:
    return RequestRefused(
        429,
        "INGEST-WORKSPACE-006",
        "The stream has reached its limit of workspaces.",
        "Correct the ID, or ask the portal's operator to raise the limit or to delete empty"
        " workspaces. Then send the event again.",
        {"retry-after": "300"},
    )


def removed() -> RequestRefused:
    return unavailable(
        "INGEST-WORKSPACE-007",
        "A workspace of the request was just deleted. No events were stored.",
        retry_after_s=1,
    )


def _names(named: object, external_id: str) -> bool:
    """Whether the ID in an event is this external ID, exactly or normalized."""
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
