"""From the bytes of a request to the bytes of its events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

import msgspec
from isal import igzip, isal_zlib

from streams.base.refusals import RequestRefused
from streams.ingest.salvage import take_apart
from streams.serving.wire import too_large
from streams.spec.sound import Unsound, read_object
from streams.spec.times import parse_time

MAX_BYTES = 500 * 1024
MAX_PARTNER_BYTES = 5 * 1024 * 1024
MAX_EVENTS = 2_500

MOST_LAYERS = 2  # `Content-Encoding: gzip, gzip`, as where a proxy compresses again
GZIP_MAGIC = b"\x1f\x8b"

_GZIP = 16 + isal_zlib.MAX_WBITS
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EMPTY_LIST = re.compile(rb"\[[ \t\r\n]*\]")
_LIKE_JSON = re.compile(rb"[ \t\r\n]*[{\[]")


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    writeKey: Any = None  # noqa: N815 - as on the wire
    sentAt: Any = None  # noqa: N815
    context: msgspec.Raw = msgspec.Raw(b"null")
    integrations: msgspec.Raw = msgspec.Raw(b"null")


class _Single(msgspec.Struct):
    writeKey: Any = None  # noqa: N815


_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_single = msgspec.json.Decoder(_Single).decode


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one request brought: its events as sent, and what it says of all of them."""

    events: list[bytes]
    key: str | None = field(repr=False, default=None)
    sent_at: datetime | None = None
    context: Mapping[str, Any] | None = None
    integrations: Mapping[str, Any] | None = None


def unpack(body: bytes, headers: Mapping[str, str], limit: int) -> bytes:
    """The JSON that was sent; never more than `limit` bytes are inflated.

    What the bytes are counts, not what the headers call them: libraries send JSON as
    text or as a form, and proxies unpack a body and leave its Content-Encoding.
    Raises RequestRefused.
    """
    if len(body) > limit:
        raise too_large(limit)
    plain = body
    for _ in range(MOST_LAYERS):
        if not plain.startswith(GZIP_MAGIC):
            break
        plain = _inflate(plain, limit)
    plain = plain.removeprefix(_BYTE_ORDER_MARK)
    if _LIKE_JSON.match(plain) is None:
        _check_headers(headers)
    return plain


def _inflate(body: bytes, limit: int) -> bytes:
    inflater = isal_zlib.decompressobj(_GZIP)
    try:
        plain = inflater.decompress(body, limit + 1)
        if len(plain) <= limit and (not inflater.eof or inflater.unused_data):
            # Several members, one after the other: RFC 1952, 2.2. This takes longer.
            members = igzip.IGzipFile(fileobj=BytesIO(body))  # type: ignore[no-untyped-call]
            plain = members.read(limit + 1)
    except (isal_zlib.error, OSError, EOFError):  # type: ignore[misc] # its stubs say: an instance
        raise _not_gzip() from None
    if len(plain) > limit:
        raise too_large(limit)
    return plain


def _check_headers(headers: Mapping[str, str]) -> None:
    """Say of a body that is not JSON what its headers explain. Raises RequestRefused."""
    encoding = headers.get("content-encoding", "").lower()
    codings = {coding.strip() for coding in encoding.split(",")}
    if codings - {"", "identity", "gzip", "x-gzip"}:
        raise RequestRefused(
            415,
            "INGEST-TYPE-002",
            "The body is compressed in a way that the portal cannot read.",
            "Compress it with gzip, or not at all.",
        )
    if codings & {"gzip", "x-gzip"}:
        raise _not_gzip()
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"", "text/plain"} and not kind.endswith("json"):
        raise RequestRefused(
            415,
            "INGEST-TYPE-001",
            "The body is not JSON.",
            "Send the event or the batch as JSON, with Content-Type: application/json.",
        )


def open_single(body: bytes) -> Parcel:
    """The body of a call for one event: the event itself."""
    try:
        key = _decode_single(body).writeKey
    except (msgspec.DecodeError, ValueError, RecursionError):
        key = None  # what is wrong with it is told once the sender is known
    return Parcel([body], _key(key))


def open_batch(body: bytes) -> Parcel:
    """The body of a batch. Raises RequestRefused."""
    try:
        batch = _decode_batch(body)
        events = [bytes(item) for item in batch.batch]
    except (msgspec.DecodeError, ValueError, RecursionError) as failure:
        # One event may have broken the whole; the others are not to suffer.
        batch, events = _salvage(body, failure)
    if not events:
        raise RequestRefused(
            400, "INGEST-BATCH-002", "The batch is empty.", 'Put events into "batch".'
        )
    if len(events) > MAX_EVENTS:
        raise RequestRefused(
            400,
            "INGEST-BATCH-003",
            f"The batch has {len(events):,} events; at most {MAX_EVENTS:,} are taken.",
            "Send it as several requests.",
        )
    return Parcel(
        events,
        _key(batch.writeKey),
        parse_time(batch.sentAt) if isinstance(batch.sentAt, str) else None,
        _shared("context", batch.context),
        _shared("integrations", batch.integrations),
    )


def key_of_first(events: list[bytes]) -> str | None:
    """The key that the first event carries, where the request itself has none."""
    return open_single(events[0]).key


def _salvage(body: bytes, failure: Exception) -> tuple[_Batch, list[bytes]]:
    apart = take_apart(body)
    if apart is not None:
        rest, events = apart
        try:
            return _decode_batch(rest), events
        except (msgspec.DecodeError, ValueError, RecursionError):
            pass  # what surrounds the events is broken as well
    if isinstance(failure, msgspec.ValidationError):
        raise RequestRefused(
            400,
            "INGEST-BATCH-001",
            "The body has no list of events under batch.",
            'Send {"batch": [event, …]}.',
        ) from None
    raise RequestRefused(
        400,
        "INGEST-JSON-001",
        "The body is not valid JSON in UTF-8.",
        "Build the body with a JSON library, not by joining text.",
    ) from None


def _key(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _shared(name: str, raw: msgspec.Raw) -> Mapping[str, Any] | None:
    sent = bytes(raw)
    if sent == b"null" or _EMPTY_LIST.fullmatch(sent):  # PHP's empty object
        return None
    try:
        return read_object(sent)
    except Unsound as unsound:
        finding = unsound.finding
        message = finding.message.replace("The event is", "It is")
        raise RequestRefused(
            400,
            "INGEST-BATCH-004",
            f"The {name} of the whole batch cannot be used: {message}",
            f"Send {name} as an object beside batch, or leave it out.",
        ) from None


def _not_gzip() -> RequestRefused:
    return RequestRefused(
        400,
        "INGEST-GZIP-001",
        "The body is not one whole gzip stream.",
        "Compress it with gzip, or send it without Content-Encoding.",
    )
