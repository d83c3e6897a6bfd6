"""The contents of requests from partners' servers: a workspace, and a JSON body."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from streams.base.request_errors import RequestRefused
from streams.events.models import Feed
from streams.tenancy.external_ids import InvalidExternalId, clean_external_id

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.tenancy.models import PartnerToken


def read_body[T](
    request: HttpRequest, kind: type[T], *, most_bytes: int, example: str
) -> T:
    """Return the body of a request as a `@prepared` type. Raises RequestRefused."""
    body = request.read(most_bytes + 1)
    if len(body) > most_bytes:
        raise RequestRefused(
            413,
            "API-SIZE-001",
            f"The body is larger than {most_bytes:,} bytes.",
            "Send only the fields described at /docs/guide/api/.",
        )
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise RequestRefused(
            400,
            "API-FIELD-001",
            f"The body is not valid: {error}.",
            "See /docs/guide/api/ for the fields and their types.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RequestRefused(
            400, "API-JSON-001", "The body is not a JSON object.", example
        ) from None


def feed_of(token: PartnerToken, external_id: str) -> Feed:
    """Return the feed of a workspace in the token's stream. Raises RequestRefused."""
    feeds = Feed.objects.select_related("workspace").filter(stream=token.stream_id)
    # No ID contains a NUL (tenancy/services.py), and PostgreSQL rejects it in a query.
    asked = [] if "\0" in external_id else [external_id]
    with suppress(InvalidExternalId):  # older IDs were not normalized
        asked.append(clean_external_id(external_id))
    found = {
        feed.workspace.external_id: feed
        for feed in feeds.filter(workspace__external_id__in=asked)
    }
    feed = next((found[one] for one in asked if one in found), None)
    if feed is None:
        raise RequestRefused(
            404,
            "API-WORKSPACE-001",
            "This stream has no workspace with this ID.",
            "Send the external ID that you send with the customer's events, in the body or in"
            " the path, and use an API token of the stream.",
        )
    return feed
