"""The API for partners' servers that exports everything about a person.

For the responses, see streams/docs/guides/api.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)

from streams.api.authentication import for_partner
from streams.api.people import read_person
from streams.api.request_data import feed_of
from streams.base.request_errors import RequestRefused
from streams.exports.models import Export
from streams.exports.services import ExportRunning, content
from streams.privacy.exporting import export_person

if TYPE_CHECKING:
    from streams.tenancy.models import PartnerToken


@for_partner("POST")
def person_exports(
    request: HttpRequest, token: PartnerToken, workspace: str
) -> HttpResponse:
    """Start an export of a person."""
    feed = feed_of(token, workspace)
    user_id, identifiers = read_person(request, token)
    try:
        export = export_person(
            feed, user_id=user_id, identifiers=identifiers, actor=None
        )
    except ExportRunning:
        raise RequestRefused(
            409,
            "API-EXPORT-001",
            "An export of this workspace is running.",
            "Try again when it has ended.",
        ) from None
    return JsonResponse({"success": True, "export": _shown(export)}, status=202)


@for_partner("GET")
def person_export(
    request: HttpRequest, token: PartnerToken, workspace: str, export_id: str
) -> HttpResponseBase:
    """Return the file of an export once it is ready, and its state before."""
    feed = feed_of(token, workspace)
    found = Export.objects.filter(
        feed=feed, kind=Export.Kind.PERSON, public_id=export_id
    ).first()
    if found is None:
        raise RequestRefused(
            404,
            "API-EXPORT-002",
            "This workspace has no such export.",
            "Start a new one. Files are deleted after a day.",
        )
    if not found.has_file:
        return JsonResponse({"success": True, "export": _shown(found)}, status=202)
    return StreamingHttpResponse(content(found), content_type="application/x-ndjson")


def _shown(export: Export) -> dict[str, object]:
    return {"id": export.public_id, "status": str(export.state)}
