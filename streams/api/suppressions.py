"""The suppression API for partners' servers: whose events of a workspace are not stored.

For the responses, see streams/docs/guides/api.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, JsonResponse

from streams.api.authentication import for_partner
from streams.api.people import read_person
from streams.api.request_data import feed_of
from streams.base.clock import iso_ms
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.people import in_feed
from streams.identity.suppression.services import (
    SuppressionScope,
    suppress,
    unsuppress,
)

if TYPE_CHECKING:
    from streams.tenancy.models import PartnerToken

LISTED = 100


@for_partner("GET", "POST")
def suppressions(
    request: HttpRequest, token: PartnerToken, workspace: str
) -> HttpResponse:
    """List the people who are suppressed in a feed, newest first. A POST suppresses one."""
    feed = feed_of(token, workspace)
    if request.method == "GET":
        found = SuppressedPerson.objects.filter(in_feed(feed.workspace_id, feed.pk))
        people = [_shown(one) for one in found.order_by("-pk")[:LISTED]]
        return JsonResponse({"success": True, "suppressed": people})
    user_id, identifiers = read_person(request, token)
    person, is_new = suppress(
        SuppressionScope(feed.workspace, feed),
        user_id=user_id,
        identifiers=identifiers,
        origin=SuppressedPerson.Origin.API,
    )
    status = 201 if is_new else 200
    return JsonResponse({"success": True, "person": _shown(person)}, status=status)


@for_partner("POST")
def suppressions_remove(
    request: HttpRequest, token: PartnerToken, workspace: str
) -> HttpResponse:
    """Store events of a person again. Those whom the workspace suppresses stay suppressed."""
    feed = feed_of(token, workspace)
    user_id, identifiers = read_person(request, token)
    scope = SuppressionScope(feed.workspace, feed)
    removed = unsuppress(scope, user_id=user_id, identifiers=identifiers)
    return JsonResponse({"success": True, "removed": removed})


def _shown(person: SuppressedPerson) -> dict[str, object]:
    return {
        "id": person.public_id,
        "digest": person.hint,
        "scope": "workspace" if person.feed_id is None else "stream",
        "origin": str(person.origin),
        "suppressedAt": iso_ms(person.suppressed_at),
    }
