"""Splits a request's body into the bytes of its events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

import msgspec
from isal import igzip, isal_zlib

from streams.base.request_errors import RequestRefused
from streams.ingest.http.broken_batch import take_apart
from streams.serving.http_format import too_large
from streams.spec.decode.structure import MalformedEvent, read_object
from streams.spec.timestamps import parse_time

MAX_BYTES = 500 * 1024
MAX_PARTNER_BYTES = 5 * 1024 * 1024
MAX_EVENTS = 2_500

MOST_LAYERS = 2  # `Content-Encoding: gzip, gzip`, if a proxy compresses again
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
class RequestContents:
    """The contents of a request: its events as sent, and the fields that apply to all."""

    events: list[bytes]
    key: str | None = field(repr=False, default=None)
    sent_at: datetime | None = None
    context: Mapping[str, Any] | None = None
    integrations: Mapping[str, Any] | None = None


def unpack(body: bytes, headers: Mapping[str, str], limit: int) -> bytes:
    """Return the request's JSON, decompressed to at most `limit` bytes.

    The bytes decide, not the headers: libraries send JSON as text or as a form, and proxies
    decompress a body but keep its Content-Encoding. Raises RequestRefused.
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
            # Several gzip members in a row (RFC 1952, 2.2), which takes longer.
            members = igzip.IGzipFile(fileobj=BytesIO(body))  # type: ignore[no-untyped-call]
            plain = members.read(limit + 1)
    except (isal_zlib.error, OSError, EOFError):  # type: ignore[misc] # its stubs say: an instance
        raise _not_gzip() from None
    if len(plain) > limit:
        raise too_large(limit)
    return plain


def _check_headers(headers: Mapping[str, str]) -> None:
    """Explain by its headers why a body is not JSON. Raises RequestRefused."""
    encoding = headers.get("content-encoding", "").lower()
    codings = {coding.strip() for coding in encoding.split(",")}
    if codings - {"", "identity", "gzip", "x-gzip"}:
        raise RequestRefused(
            415,
            "INGEST-TYPE-002",
            "The body's Content-Encoding is not supported.",
            "Compress the body with gzip, or don't compress it.",
        )
    if codings & {"gzip", "x-gzip"}:
        raise _not_gzip()
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"", "text/plain"} and not kind.endswith("json"):
        raise RequestRefused(
            415,
            "INGEST-TYPE-001",
            "The body is not JSON.",
            "Send JSON with the header Content-Type: application/json.",
        )


def open_single(body: bytes) -> RequestContents:
    """Read the body of a call for one event, which is the event itself."""
    try:
        key = _decode_single(body).writeKey
    except (msgspec.DecodeError, ValueError, RecursionError):
        key = None  # errors are reported once the sender is known
    return RequestContents([body], _key(key))


def open_batch(body: bytes) -> RequestContents:
    """Read the body of a batch. Raises RequestRefused."""
    try:
        batch = _decode_batch(body)
        events = [bytes(item) for item in batch.batch]
    except (msgspec.DecodeError, ValueError, RecursionError) as failure:
        # A single malformed event must not affect the others.
        batch, events = _read_broken(body, failure)
    if not events:
        raise RequestRefused(
            400,
            "INGEST-BATCH-002",
            "The batch is empty.",
            "Send at least one event in batch.",
        )
    if len(events) > MAX_EVENTS:
        raise RequestRefused(
            400,
            "INGEST-BATCH-003",
            f"The batch has {len(events):,} events. The limit is {MAX_EVENTS:,}.",
            "Split the batch into several requests.",
        )
    return RequestContents(
        events,
        _key(batch.writeKey),
        parse_time(batch.sentAt) if isinstance(batch.sentAt, str) else None,
        _shared("context", batch.context),
        _shared("integrations", batch.integrations),
    )


def key_of_first(events: list[bytes]) -> str | None:
    """Return the key in the first event, for requests without a key of their own."""
    return open_single(events[0]).key


def _read_broken(body: bytes, failure: Exception) -> tuple[_Batch, list[bytes]]:
    apart = take_apart(body)
    if apart is not None:
        rest, events = apart
        try:
            return _decode_batch(rest), events
        except (msgspec.DecodeError, ValueError, RecursionError):
            pass  # the JSON around the events is also malformed
    if isinstance(failure, msgspec.ValidationError):
        raise RequestRefused(
            400,
            "INGEST-BATCH-001",
            "The body has no list of events in batch.",
            'Send {"batch": [event, …]}.',
        ) from None
    raise not_json() from None


def _key(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _shared(name: str, raw: msgspec.Raw) -> Mapping[str, Any] | None:
    sent = bytes(raw)
    if sent == b"null" or _EMPTY_LIST.fullmatch(sent):  # PHP's empty object
        return None
    try:
        return read_object(sent)
    except MalformedEvent as malformed:
        message = malformed.issue.message.replace("The event is", "It is")
        raise RequestRefused(
            400,
            "INGEST-BATCH-004",
            f"The batch's {name} is not valid: {message}",
            f"Send {name} as an object next to batch, or omit it.",
        ) from None


def not_json() -> RequestRefused:
    return RequestRefused(
        400,
        "INGEST-JSON-001",
        "The body is not valid JSON in UTF-8.",
        "Build the body with a JSON library instead of joining strings.",
    )


def _not_gzip() -> RequestRefused:
    return RequestRefused(
        400,
        "INGEST-GZIP-001",
        "The body is not a complete gzip stream.",
        "Compress the body with gzip, or send it without Content-Encoding.",
    )
