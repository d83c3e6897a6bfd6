"""What the ingest says: one shape for every answer, on both ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from streams.base.refusals import RequestRefused
from streams.ingest.cors import cors, preflight_headers
from streams.serving.wire import encode_head, has_body, unavailable
from streams.spec.findings import Finding, Severity

if TYPE_CHECKING:
    from streams.events.intake import Refused

ACCEPTED, WARNED, HELD, QUARANTINED = "accepted", "warned", "held", "quarantined"
DUPLICATE, REJECTED, THROTTLED = "duplicate", "rejected", "throttled"
TAKEN = (ACCEPTED, WARNED, HELD, QUARANTINED, DUPLICATE)

MOST_OF_EVENT = 5  # findings that are told of one event
MOST_FINDINGS = 500  # and in one answer

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self, headers: Mapping[str, str]) -> bytes:
        """Status line and headers, in response to a request with these."""
        own = tuple(self.headers.items())
        return _head(self.status, own, headers.get("origin", ""))

    @property
    def length(self) -> int | None:
        return len(self.body) if has_body(self.status) else None

    def all_headers(self, origin: str) -> dict[str, str]:
        """All but Content-Length, which is the server's to say.

        `origin` is the request's, or empty.
        """
        return {"content-type": "application/json", **cors(origin), **self.headers}


@lru_cache(maxsize=256)  # the same few heads go out again and again
def _head(status: int, headers: tuple[tuple[str, str], ...], origin: str) -> bytes:
    everything = Answer(status, b"", dict(headers)).all_headers(origin)
    return encode_head(status, everything.items())


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What became of one event."""

    outcome: str
    message_id: str = ""
    workspace: str = ""  # of a partner token's event
    seq: int | None = None
    rule: str = ""
    message: str = ""
    fix: str = ""
    path: str = ""
    findings: Sequence[Finding] = ()  # of one that was taken


def without_hints(findings: Sequence[Finding]) -> Sequence[Finding]:
    """What a sender is told: a hint is advice, and not worth an answer."""
    return [f for f in findings if f.severity is not Severity.HINT]


def rejected(refused: Refused, *, workspace: str = "", message_id: str = "") -> Outcome:
    return Outcome(
        REJECTED,
        message_id,
        workspace,
        rule=refused.rule,
        message=refused.message,
        fix=refused.fix,
        path=refused.path,
    )


def put_off(refused: RequestRefused, *, workspace: str, message_id: str) -> Outcome:
    """Not stored, though nothing is wrong with it."""
    return Outcome(
        THROTTLED,
        message_id,
        workspace,
        rule=refused.code,
        message=refused.message,
        fix=refused.fix,
    )


def outcomes(
    results: Sequence[Outcome], *, single: bool, full: RequestRefused | None = None
) -> Answer:
    """What became of each event, in order.

    A batch is answered 200 though events of it were rejected: Segment's libraries throw
    the whole batch away at a 400. A call for one event is answered 400 with its error.
    `full` is for events that were throttled: it says when to send them again, and is the
    answer's status if nothing was taken at all.
    """
    counts = dict.fromkeys((*TAKEN, REJECTED, THROTTLED), 0)
    for result in results:
        counts[result.outcome] += 1
    body = {"success": True, **counts, "results": results}
    if full is not None and counts[THROTTLED]:
        if any(counts[name] for name in TAKEN):
            return Answer(200, _encode(body), full.headers)
        return Answer(full.status, _encode(body | full.body), full.headers)
    if single and counts[REJECTED]:
        (only,) = results
        wrong = {
            "code": only.rule,
            "message": only.message,
            "fix": only.fix,
            "path": only.path,
        }
        return Answer(400, _encode(body | {"success": False} | wrong))
    return Answer(200, _encode(body))


def refusal(refused: RequestRefused) -> Answer:
    return Answer(refused.status, _encode(refused.body), refused.headers)


def preflight(headers: Mapping[str, str]) -> Answer:
    """The response to OPTIONS; the names of `headers` are in lower case."""
    asked = headers.get("access-control-request-headers", "")
    return Answer(204, b"", preflight_headers(asked))


def alive() -> Answer:
    return Answer(200, _encode({"status": "ok"}))


def ready(*, ok: bool) -> Answer:
    return Answer(200 if ok else 503, _encode({"ready": ok}))


def throttled(*, retry_after_s: int) -> RequestRefused:
    """Too much of one workspace waits; the others' events are taken."""
    return RequestRefused(
        429,
        "INGEST-FULL-001",
        "Too many events of this workspace wait to be delivered.",
        "Send the same again after the time in Retry-After. The workspace's page in the"
        " portal says why they wait.",
        {"retry-after": str(retry_after_s)},
    )


def database_down() -> RequestRefused:
    return unavailable(
        "INGEST-DOWN-001", "The portal cannot store events now.", retry_after_s=5
    )


def failed() -> RequestRefused:
    """For what we did not foresee; the log has it."""
    return RequestRefused(
        500,
        "INGEST-FAILED-001",
        "The portal failed on this request; nothing of it was stored.",
        "Send it again later, with the same messageIds; if it fails again, tell us.",
    )
