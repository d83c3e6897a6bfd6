"""The responses of the ingest, in one format on both ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from streams.base.request_errors import RequestRefused
from streams.ingest.http.cors import cors, preflight_headers
from streams.serving.http_format import encode_head, has_body, unavailable
from streams.spec.issues import Issue, Severity

if TYPE_CHECKING:
    from streams.events.event_preparation import EventRefused

ACCEPTED, WARNED, HELD, QUARANTINED = "accepted", "warned", "held", "quarantined"
DUPLICATE, REJECTED, THROTTLED = "duplicate", "rejected", "throttled"
SUPPRESSED = "suppressed"
TAKEN = (ACCEPTED, WARNED, HELD, QUARANTINED, DUPLICATE, SUPPRESSED)

# Once in a response, because a batch may have thousands of held events.
HELD_NOTE = {
    "message": (
        "Events with the outcome held are stored. They stay queued until their workspace"
        " is connected to Segment and your stream is approved."
    ),
    "fix": "Don't send them again. Ask the customer to connect the workspace in the portal.",
}
MOST_OF_EVENT = 5  # issues per event in a response
MOST_ISSUES = 500  # issues in a whole response

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class IngestResponse:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self, headers: Mapping[str, str]) -> bytes:
        """Return the status line and headers for a request with these headers."""
        own = tuple(self.headers.items())
        return _head(self.status, own, headers.get("origin", ""))

    @property
    def length(self) -> int | None:
        return len(self.body) if has_body(self.status) else None

    def all_headers(self, origin: str) -> dict[str, str]:
        """Return all headers except Content-Length, which the server adds.

        `origin` is the request's Origin header, or empty.
        """
        return {"content-type": "application/json", **cors(origin), **self.headers}


@lru_cache(maxsize=256)  # few heads are different
def _head(status: int, headers: tuple[tuple[str, str], ...], origin: str) -> bytes:
    everything = IngestResponse(status, b"", dict(headers)).all_headers(origin)
    return encode_head(status, everything.items())


class FoundBy(msgspec.Struct, frozen=True):
    """How the userId of an event was found."""

    by: str  # the kind of the identifier; a value of PersonIdentifier


class EventResult(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The result of one event."""

    outcome: str
    message_id: str = ""
    workspace: str = ""  # only for requests with an API token
    seq: int | None = None
    rule: str = ""
    message: str = ""
    fix: str = ""
    path: str = ""
    findings: Sequence[Issue] = ()  # the API's name for the issues of a stored event
    status: str = ""  # held: stored, but nothing is sent at the moment
    checks: str = ""  # warned: stored with issues
    identity: FoundBy | None = None  # None: the event had a userId, or none was found


def without_hints(issues: Sequence[Issue]) -> Sequence[Issue]:
    """Leave out hints, which are only advice and not part of responses."""
    return [issue for issue in issues if issue.severity is not Severity.HINT]


def rejected(
    refused: EventRefused, *, workspace: str = "", message_id: str = ""
) -> EventResult:
    return EventResult(
        REJECTED,
        message_id,
        workspace,
        rule=refused.rule,
        message=refused.message,
        fix=refused.fix,
        path=refused.path,
    )


def put_off(refused: RequestRefused, *, workspace: str, message_id: str) -> EventResult:
    """Return the outcome of a valid event that is not stored because of a limit."""
    return EventResult(
        THROTTLED,
        message_id,
        workspace,
        rule=refused.code,
        message=refused.message,
        fix=refused.fix,
    )


def suppressed(workspace: str, message_id: str) -> EventResult:
    """Return the outcome of an event that is not stored because its person is suppressed."""
    return EventResult(SUPPRESSED, message_id, workspace)


def outcomes(
    results: Sequence[EventResult], *, single: bool, full: RequestRefused | None = None
) -> IngestResponse:
    """Build the response with the result of each event, in order.

    A batch gets a 200 even if some events were rejected, because Segment's libraries
    discard the whole batch after a 400. A call for a single event gets a 400 with its
    error. `full` applies to throttled events: it has the time to retry, and it is the
    response's status if no event was stored.
    """
    counts = dict.fromkeys((*TAKEN, REJECTED, THROTTLED), 0)
    for result in results:
        counts[result.outcome] += 1
    note = HELD_NOTE if counts[HELD] else {}
    body = {"success": True, **counts, **note, "results": results}
    if full is not None and counts[THROTTLED]:
        if any(counts[name] for name in TAKEN):
            return IngestResponse(200, _encode(body), full.headers)
        return IngestResponse(full.status, _encode(body | full.body), full.headers)
    if single and counts[REJECTED]:
        (only,) = results
        wrong = {
            "code": only.rule,
            "message": only.message,
            "fix": only.fix,
            "path": only.path,
        }
        return IngestResponse(400, _encode(body | {"success": False} | wrong))
    return IngestResponse(200, _encode(body))


def refusal(refused: RequestRefused) -> IngestResponse:
    return IngestResponse(refused.status, _encode(refused.body), refused.headers)


def preflight(headers: Mapping[str, str]) -> IngestResponse:
    """Return the response to OPTIONS. The names of `headers` are in lower case."""
    asked = headers.get("access-control-request-headers", "")
    return IngestResponse(204, b"", preflight_headers(asked))


def alive() -> IngestResponse:
    return IngestResponse(200, _encode({"status": "ok"}))


def ready(*, ok: bool) -> IngestResponse:
    return IngestResponse(200 if ok else 503, _encode({"ready": ok}))


def throttled(*, retry_after_s: int) -> RequestRefused:
    """Refuse the events of a workspace that has too many queued events."""
    return RequestRefused(
        429,
        "INGEST-FULL-001",
        "This workspace has too many queued events.",
        "Retry the request after the number of seconds in Retry-After. The workspace's"
        " page in the portal shows why its events are queued.",
        {"retry-after": str(retry_after_s)},
    )


def database_down() -> RequestRefused:
    return unavailable(
        "INGEST-DOWN-001",
        "The portal's database is temporarily unavailable.",
        retry_after_s=5,
    )


def busy() -> RequestRefused:
    """Refuse a request because too many others wait to be written."""
    return unavailable(
        "INGEST-BUSY-001", "Too many events are waiting to be stored.", retry_after_s=1
    )


def failed() -> RequestRefused:
    """Return the refusal for an unexpected error, which is in the log."""
    return RequestRefused(
        500,
        "INGEST-FAILED-001",
        "An unexpected error occurred. None of the request's events were stored.",
        "Retry the request later with the same messageIds. If it fails again, contact the"
        " portal's operator.",
    )
