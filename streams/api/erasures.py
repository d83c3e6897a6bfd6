"""The erasure API for partners' servers: erase a person, and follow the progress.

For the responses, see streams/docs/guides/api.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, JsonResponse

from streams.api.authentication import for_partner
from streams.api.people import read_person
from streams.api.request_data import feed_of
from streams.base.clock import iso_ms
from streams.events.erasure.models import Erasure
from streams.privacy.requests import request_erasure

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.tenancy.models import PartnerToken

LISTED = 100


@for_partner("GET", "POST")
def erasures(request: HttpRequest, token: PartnerToken, workspace: str) -> HttpResponse:
    """List the latest erasures in a workspace. A POST erases a person."""
    feed = feed_of(token, workspace)
    if request.method == "POST":
        erasure = _erase(request, feed, token)
        return JsonResponse({"success": True, "erasure": _shown(erasure)}, status=202)
    found = Erasure.objects.filter(feed=feed).order_by("-pk")[:LISTED]
    return JsonResponse({"success": True, "erasures": [_shown(one) for one in found]})


def _erase(request: HttpRequest, feed: Feed, token: PartnerToken) -> Erasure:
    user_id, identifiers = read_person(request, token)
    return request_erasure(
        feed,
        origin=Erasure.Origin.API,
        user_id=user_id,
        identifiers=identifiers,
        actor=None,
    )


def _shown(one: Erasure) -> dict[str, object]:
    return {
        "id": one.public_id,
        "status": "complete" if one.ended_at else "running",
        "requestedAt": iso_ms(one.requested_at),
        "endedAt": iso_ms(one.ended_at) if one.ended_at else None,
        "events": one.events,
        "quarantined": one.quarantined,
        "links": one.links,
        "exports": one.exports,
        "filters": one.filters,
    }
