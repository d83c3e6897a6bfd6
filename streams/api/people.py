"""One person in the body of a request: a userId, or identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.api.request_data import read_body
from streams.base.request_errors import RequestRefused
from streams.identity.external_ids import PersonItem
from streams.identity.identifiers import normalized
from streams.identity.inbound.tool_names import tool_names
from streams.identity.user_ids import problem

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.identity.identifiers import Identifier
    from streams.tenancy.models import PartnerToken

MAX_BODY_BYTES = 16_384
EXAMPLE = 'Send an object with a userId or an identifier: {"userId": "u1"}.'


def read_person(
    request: HttpRequest, token: PartnerToken
) -> tuple[str, list[Identifier]]:
    """Return the userId, or "" and the identifiers in a body. Raises RequestRefused."""
    item = read_body(request, PersonItem, most_bytes=MAX_BODY_BYTES, example=EXAMPLE)
    identifiers = list(item.identifiers(tool_names(token.stream.slug)))
    if item.user_id is None:
        if not any(normalized(one) is not None for one in identifiers):
            raise _refused("No identifier of the body can identify a person.", EXAMPLE)
        return "", identifiers
    if why := problem(item.user_id):
        raise _refused(str(why.message), EXAMPLE)
    if identifiers:
        raise _refused(
            "The body has identifiers beside the userId.",
            "Send either the userId or identifiers, so that no one else is affected.",
        )
    return str(item.user_id), []


def _refused(message: str, fix: str) -> RequestRefused:
    return RequestRefused(400, "API-FIELD-001", message, fix)
