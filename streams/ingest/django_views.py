"""The ingest on the web port, for installations with a single address.

Each request is one transaction. For many small requests, app.py is much faster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from streams.base.clock import now
from streams.base.database.session import DATABASE_DOWN
from streams.base.database.statement_timeout import within
from streams.base.request_errors import RequestRefused
from streams.delivery.append import accept
from streams.delivery.lease import unowned
from streams.delivery.wake import wake
from streams.events.log import UnknownFeed
from streams.ingest.commit.database_errors import not_stored
from streams.ingest.commit.notifier import WorkerNotifier
from streams.ingest.credential_lookup import CredentialLookup
from streams.ingest.http.responses import IngestResponse, failed, preflight, refusal
from streams.ingest.http.routes import find_route
from streams.ingest.request_log import RequestLog
from streams.ingest.service import admit, take
from streams.ingest.tracing import log_stored
from streams.ingest.workspaces.resolution import removed
from streams.serving.http_format import too_large
from streams.serving.request import request_id

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.ingest.http.routes import Route

log = structlog.get_logger()

lookup = CredentialLookup()
notifier = WorkerNotifier(wake)
flushers = lookup.flushers()  # started by the web process
request_log = RequestLog(lookup)  # likewise


@csrf_exempt  # cookies are ignored; only the request's key counts
def take_events(request: HttpRequest) -> HttpResponse:
    read: list[bytes] = []  # the body, once it was read
    response = _response(request, read)
    if request.method == "POST":
        body = b"".join(read)
        request_log.note(header_fields(request), request.path_info, body, response)
    headers = response.all_headers(request.headers.get("Origin", ""))
    return HttpResponse(response.body, status=response.status, headers=headers)


def _response(request: HttpRequest, read: list[bytes]) -> IngestResponse:
    try:
        route = find_route(request.method or "", request.path_info)
        if route is None:
            return preflight(header_fields(request))
        # Senders give up earlier than the deadline of pages.
        with within(settings.INGEST_DEADLINE_S):
            return _store(route, request, read)
    except RequestRefused as refused:
        return refusal(refused)
    except DATABASE_DOWN as error:
        log.warning("ingest.database_down", requests=1, error=str(error))
        return refusal(not_stored(error))
    except UnknownFeed:
        return refusal(removed())
    except DatabaseError as error:
        # Don't log the error's text, because it can quote the row.
        log.error("ingest.request_failed", error=type(error).__name__)  # noqa: TRY400
        return refusal(failed())


def _store(route: Route, request: HttpRequest, read: list[bytes]) -> IngestResponse:
    admission = admit(route, header_fields(request), lookup)
    body = read_body(request, admission.max_bytes)
    read.append(body)
    pending = take(admission, body, lookup, now=now())
    if not pending.additions:
        return pending.response([])
    appended = accept(pending.additions, now=now())
    notifier.notify(unowned(appended.stream_ids))
    sent_id = request.headers.get("X-Request-Id", "")
    log_stored([(request_id(sent_id), pending.additions, appended.seqs)])
    return pending.response(appended.seqs)


def header_fields(request: HttpRequest) -> dict[str, str]:
    """Return a request's headers, with their names in lower case."""
    return {name.lower(): value for name, value in request.headers.items()}


def read_body(request: HttpRequest, limit: int) -> bytes:
    """Read a body of up to `limit` bytes. Raises RequestRefused."""
    # Read here and not through request.body, whose limit is for pages.
    announced = request.headers.get("Content-Length", "")
    if not announced.isdecimal():
        raise RequestRefused(
            411,
            "INGEST-SIZE-002",
            "The request has no Content-Length header.",
            "Send a Content-Length header, or use the ingest's own address.",
        )
    if int(announced) > limit:
        raise too_large(limit)
    return request.read(limit + 1)
