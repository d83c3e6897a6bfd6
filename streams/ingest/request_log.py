"""Notes requests for their partner's request log, at a cost that doesn't depend on the traffic.

The event loop only keeps references to the first few requests of each sender in each second,
and counts the others. A thread turns them into entries once a second: it finds the partner,
reads the counts in the response, and redacts the body.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import redis
import structlog
from django.db import connections

from streams.base.request_errors import RequestRefused
from streams.ingest.credentials import authentication
from streams.ingest.http.routes import is_known
from streams.ingest.refusal_counting import RefusalCounter
from streams.ingest.request_contents import credential_in, shape_of
from streams.observability.requests.refusals import STATUSES
from streams.observability.requests.store import LoggedRequest, append

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.ingest.credential_lookup import CredentialLookup
    from streams.ingest.credentials.authentication import Credential
    from streams.ingest.http.responses import IngestResponse

log = structlog.get_logger()

EVERY_S = 1.0
END_S = 1.0  # limit for the last flush
MOST_OF_SENDER = 5  # requests in full, of those with an error and of the others
MOST_SENDERS = 500
MOST_NOTED = 60  # requests in full, of all senders; each takes about 0.1 ms
MOST_KEPT_BYTES = 4 * 1024 * 1024  # of bodies and responses
LARGEST_SHAPED = 64 * 1024  # bytes; larger bodies have no shape
MOST_SHAPES = 20  # in one flush; each takes about 0.2 ms
LONGEST_AGENT = 120  # characters
MOST_RULES = 5  # of a request
REDIS_RESTS_S = 10.0  # after a failure
UNKNOWN_PATH = "…"  # of a path that doesn't exist, which can contain anything


class _Counts(msgspec.Struct):
    """The fields of a response that the log shows."""

    code: str = ""
    accepted: int = 0
    held: int = 0
    warned: int = 0
    quarantined: int = 0
    duplicate: int = 0
    suppressed: int = 0
    rejected: int = 0
    throttled: int = 0

    @property
    def has_issues(self) -> bool:
        return bool(self.warned or self.quarantined or self.rejected or self.throttled)


class _Finding(msgspec.Struct, gc=False):
    rule: str = ""


class _Result(msgspec.Struct):
    """The fields of an event's result that name rules."""

    rule: str = ""
    findings: tuple[_Finding, ...] = ()


class _Results(msgspec.Struct):
    results: tuple[_Result, ...] = ()


_decode_counts = msgspec.json.Decoder(_Counts).decode
_decode_results = msgspec.json.Decoder(_Results).decode


class _Noted(msgspec.Struct, gc=False):
    at_s: float
    path: str
    agent: str
    body: bytes
    body_bytes: int
    response: IngestResponse


class _Sender:
    """The requests with one Authorization header since the last flush."""

    __slots__ = ("failed", "more", "passed", "refused")

    def __init__(self) -> None:
        self.passed: list[_Noted] = []
        self.failed: list[_Noted] = []
        self.more = 0
        self.refused: Counter[int] = Counter()  # requests by their status

    def of_failed(self, status: int) -> list[_Noted]:
        """Count a failed request, and return the list of these."""
        if status in STATUSES:
            self.refused[status] += 1
        return self.failed


class RequestLog:
    """The log of one process. `note` is called by one thread, the event loop's."""

    def __init__(self, lookup: CredentialLookup) -> None:
        self._lookup = lookup
        self.refusals = RefusalCounter(lookup)
        self._senders: dict[str, _Sender] = {}
        self._noted = self._kept_bytes = 0
        self._rests_until = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="request-log", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Write the remaining requests, unless Redis takes longer than END_S."""
        self._stop.set()
        self._thread.join(END_S)

    def note(
        self,
        headers: Mapping[str, str],
        path: str,
        body: bytes,
        response: IngestResponse,
    ) -> None:
        """Keep a request for the log, or count it. Names of `headers` are in lower case."""
        authorization = headers.get("authorization", "")
        sender = self._senders.get(authorization)
        if sender is None:
            if len(self._senders) >= MOST_SENDERS:
                return
            sender = self._senders[authorization] = _Sender()
        status = response.status
        kept = sender.passed if status < 400 else sender.of_failed(status)
        size = len(body) + len(response.body)
        if (
            len(kept) >= MOST_OF_SENDER
            or self._noted >= MOST_NOTED
            or self._kept_bytes + size > MOST_KEPT_BYTES
        ):
            sender.more += 1
            return
        self._noted += 1
        self._kept_bytes += size
        shaped = body if len(body) <= LARGEST_SHAPED else b""
        agent = headers.get("user-agent", "")[:LONGEST_AGENT]
        kept.append(_Noted(time.time(), path, agent, shaped, len(body), response))

    def flush(self) -> None:
        """Write what was noted. Raises RedisError.

        A request that is noted at this very moment may be missing.
        """
        senders = self._take()
        self.refusals.count(_refused(senders))
        self._log(senders)

    def _log(self, senders: Mapping[str, _Sender]) -> None:
        more: Counter[int] = Counter()
        entries: dict[int, list[LoggedRequest]] = {}
        shapes = MOST_SHAPES
        for authorization, sender in senders.items():
            credential = authentication.from_header(authorization)
            for one in sender.passed + sender.failed:
                # Without one of our keys in the header, each body has its own.
                partner_id = self._partner_of(credential or credential_in(one.body))
                if partner_id is None:
                    continue
                entry = _entry(one, with_shape=shapes > 0)
                entries.setdefault(partner_id, []).append(entry)
                shapes -= 1
            if sender.more and (partner_id := self._partner_of(credential)):
                more[partner_id] += sender.more
        at_s = time.time()
        for partner_id, count in more.items():
            counted = LoggedRequest(at_s=at_s, more=count)
            entries.setdefault(partner_id, []).append(counted)
        # Several tokens of a partner can send in the same second.
        by_time = {
            partner_id: sorted(of_partner, key=lambda one: one.at_s)
            for partner_id, of_partner in entries.items()
        }
        append(by_time, now_s=at_s)

    def _take(self) -> dict[str, _Sender]:
        """Return what was noted since the last time."""
        senders, self._senders = self._senders, {}
        self._noted = self._kept_bytes = 0
        return senders

    def _partner_of(self, credential: Credential | None) -> int | None:
        """Return the partner that a credential belongs to; None: it is unknown."""
        if credential is None:
            return None
        try:
            return self._lookup.access(credential).partner_id
        except RequestRefused:
            return None

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._flush()
        self._flush(is_last=True)
        connections.close_all()

    def _flush(self, *, is_last: bool = False) -> None:
        senders = self._take()
        try:
            if time.monotonic() >= self._rests_until:
                self._log(senders)
        except redis.RedisError as error:
            self._rests_until = time.monotonic() + REDIS_RESTS_S
            log.warning("request_log.redis_down", error=type(error).__name__)
        except Exception:
            # The entries of a second are lost, but the log goes on.
            log.exception("request_log.failed")
        self._count_refusals(senders, is_last=is_last)
        connections.close_all()

    def _count_refusals(self, senders: dict[str, _Sender], *, is_last: bool) -> None:
        try:
            self.refusals.count(_refused(senders))
            if is_last or self.refusals.is_due:
                self.refusals.write()
        except Exception:
            # The counts since the last time are lost, but the entries of the log are not.
            log.exception("request_log.refusals_failed")


def _refused(
    senders: Mapping[str, _Sender],
) -> Iterator[tuple[Credential, int, int]]:
    """Yield the keys of refused requests, each with a status and their number."""
    for authorization, sender in senders.items():
        if not sender.refused:
            continue
        if credential := authentication.from_header(authorization):
            for status, count in sender.refused.items():
                yield credential, status, count
            continue
        for one in sender.failed:
            status = one.response.status
            if status in STATUSES and (found := credential_in(one.body)):
                yield found, status, 1


def _entry(noted: _Noted, *, with_shape: bool) -> LoggedRequest:
    counts = _counts(noted.response)
    return LoggedRequest(
        at_s=noted.at_s,
        status=noted.response.status,
        path=noted.path if is_known(noted.path) else UNKNOWN_PATH,
        user_agent=noted.agent,
        body_bytes=noted.body_bytes,
        shape=shape_of(noted.body) if with_shape else "",
        # Without issues, which is usual, the results are not even read.
        rules=_rules(noted.response, counts.code) if counts.has_issues else (),
        **msgspec.structs.asdict(counts),
    )


def _counts(response: IngestResponse) -> _Counts:
    try:
        return _decode_counts(response.body)
    except msgspec.DecodeError:  # no JSON object, such as the empty body of an OPTIONS
        return _Counts()


def _rules(response: IngestResponse, code: str) -> tuple[str, ...]:
    """Return up to MOST_RULES rules that the events broke, except the response's code.

    Those of rejected events come first, and of these, the most frequent ones.
    """
    results = _decode_results(response.body).results
    refused = Counter(result.rule for result in results)
    found = Counter(one.rule for result in results for one in result.findings)
    by_frequency = [rule for rule, _ in refused.most_common() + found.most_common()]
    rules = [rule for rule in dict.fromkeys(by_frequency) if rule not in ("", code)]
    return tuple(rules[:MOST_RULES])
