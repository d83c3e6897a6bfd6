"""Events from Segment on the web port, for installations with a single address.

Each request is a transaction; a large one is several.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from streams.base.clock import now
from streams.base.database.session import DATABASE_DOWN
from streams.base.database.statement_timeout import within
from streams.base.request_errors import RequestRefused
from streams.identity.inbound.receive import receive_request
from streams.identity.inbound.refusal_notes import note_refusals
from streams.identity.inbound.refusals import request_refusal
from streams.ingest.django_views import header_fields, lookup, read_body
from streams.ingest.http.responses import refusal
from streams.ingest.inbound.access import InboundAccesses
from streams.ingest.inbound.body import MAX_BYTES
from streams.ingest.inbound.handler import error_response
from streams.ingest.inbound.people import count_people
from streams.ingest.inbound.requests import admit, find_access, take
from streams.ingest.inbound.responses import received
from streams.ingest.inbound.writer import DEADLINE_S, NOTE_EVERY_S
from streams.privacy.requests import erase_as_in_segment

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.ingest.http.responses import IngestResponse
    from streams.ingest.inbound.access import InboundAccess

log = structlog.get_logger()

accesses = InboundAccesses()
_noted_s: dict[int, float] = {}  # when a refusal of an address was stored


@csrf_exempt  # cookies are ignored; only the secret or the signature counts
def take_inbound(request: HttpRequest) -> HttpResponse:
    response = _response(request)
    headers = response.all_headers(origin="")
    return HttpResponse(response.body, status=response.status, headers=headers)


def _response(request: HttpRequest) -> IngestResponse:
    access: InboundAccess | None = None
    try:
        with within(DEADLINE_S):
            access = find_access(
                request.method or "", request.path_info, accesses, lookup.backlog()
            )
            admission = admit(access, header_fields(request))
            delivery = take(admission, read_body(request, MAX_BYTES))
            receipt = receive_request(delivery, at=now(), delete=erase_as_in_segment)
            count_people(lookup.tracked_users, delivery, receipt, at=now())
            return received(receipt)
    except RequestRefused as refused:
        if access is not None:
            _note(access.address_id, refused)
        return refusal(refused)
    except Exception as error:  # noqa: BLE001 - logged by error_response
        return error_response(error, request.headers.get("X-Request-Id", ""))


def _note(address_id: int, refused: RequestRefused) -> None:
    """Show the refusal at its address, at most once a second."""
    if time.monotonic() < _noted_s.get(address_id, float("-inf")) + NOTE_EVERY_S:
        return
    _noted_s[address_id] = time.monotonic()
    try:
        note_refusals({address_id: request_refusal(refused)}, at=now())
    except DATABASE_DOWN as error:  # only a display
        log.warning("inbound.refusals_not_noted", error=type(error).__name__)
