"""Stores the request log in Redis: a capped stream per partner, and one of its failed requests.

Bounds, so that the log never fills the memory of the broker: MOST_ENTRIES of at most about
1.5 KB in each stream, and MOST_PARTNERS. That is 90 MB at most, and usually under a tenth.
The partners without requests for the longest time are dropped first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import msgspec

from streams.base.redis_client import redis_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_ENTRIES = 300  # of a partner's requests, and as many of its failed ones
MOST_PARTNERS = 100
KEPT_S = 7 * 24 * 3600
PARTNERS = (
    "requests:partners"  # a sorted set: partners by the time of their last request
)


class LoggedRequest(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One request to the ingest, or `more` others of the second before. It has no values."""

    at_s: float  # since the epoch
    status: int = 0
    path: str = ""
    code: str = ""  # of the error
    accepted: int = 0  # events; as in the response
    held: int = 0
    warned: int = 0
    quarantined: int = 0
    duplicate: int = 0
    rejected: int = 0
    throttled: int = 0
    suppressed: int = 0
    rules: tuple[str, ...] = ()  # that events broke, those of rejected events first
    user_agent: str = ""
    body_bytes: int = 0  # as received
    shape: str = ""  # of the body, as JSON; empty: too large, or not JSON
    more: int = 0  # requests that were only counted

    @property
    def has_failed(self) -> bool:
        """Whether the request was refused, or one of its events wasn't accepted."""
        not_accepted = self.quarantined or self.rejected or self.throttled
        return self.status >= 400 or bool(not_accepted)


class InvalidPlace(ValueError):
    """The text is no place in the log."""


class StoredRequest(msgspec.Struct, frozen=True):
    """A logged request with its place in the log, which only grows."""

    id: str
    request: LoggedRequest


_PLACE = re.compile(r"[0-9]{1,15}-[0-9]{1,9}")  # the ID of an entry of a Redis stream
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(LoggedRequest).decode


def append(requests: Mapping[int, Iterable[LoggedRequest]], *, now_s: float) -> None:
    """Add requests by partner, oldest first, in one round trip. Raises RedisError."""
    client = redis_client()
    if client is None or not requests:
        return
    pipeline = client.pipeline(transaction=False)
    for partner_id, of_partner in requests.items():
        for request in of_partner:
            names = [_name(partner_id, failed=False)]
            if request.has_failed:
                names.append(_name(partner_id, failed=True))
            for name in names:
                pipeline.xadd(
                    name,
                    {"r": _encode(request)},
                    maxlen=MOST_ENTRIES,
                    approximate=False,
                )
                pipeline.expire(name, KEPT_S)
    pipeline.zadd(PARTNERS, {str(partner_id): now_s for partner_id in requests})
    pipeline.zrange(PARTNERS, 0, -MOST_PARTNERS - 1)
    dropped = [int(one) for one in pipeline.execute()[-1]]
    if dropped:
        _drop(dropped)


def newest(
    partner_id: int,
    *,
    after: str = "",
    before: str = "",
    failed: bool = False,
    limit: int = 50,
) -> list[StoredRequest]:
    """Return the requests between two places of the log, newest first.

    Raises InvalidPlace, or RedisError while the log is unavailable.
    """
    if not all(_PLACE.fullmatch(place) for place in (after, before) if place):
        raise InvalidPlace
    client = redis_client()
    if client is None:
        return []
    rows = client.xrevrange(
        _name(partner_id, failed=failed),
        max=f"({before}" if before else "+",
        min=f"({after}" if after else "-",
        count=limit,
    )
    return _stored(rows)


def _drop(partner_ids: Iterable[int]) -> None:
    client = redis_client()
    assert client is not None  # noqa: S101 - called by `append`, which has one
    for partner_id in partner_ids:
        names = [_name(partner_id, failed=failed) for failed in (False, True)]
        client.delete(*names)
        client.zrem(PARTNERS, str(partner_id))


def _name(partner_id: int, *, failed: bool) -> str:
    return f"requests:{partner_id}:failed" if failed else f"requests:{partner_id}"


def _stored(rows: object) -> list[StoredRequest]:
    entries = cast("list[tuple[bytes, dict[bytes, Any]]]", rows)
    return [
        StoredRequest(place.decode(), _decode(fields[b"r"]))
        for place, fields in entries
    ]
