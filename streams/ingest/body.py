"""From the bytes of a request to the bytes of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from isal import isal_zlib

from streams.base.refusals import RequestRefused
from streams.ingest.salvage import take_apart
from streams.serving.wire import too_large
from streams.spec.sound import Unsound, read_object
from streams.spec.times import parse_time

MAX_BYTES = 500 * 1024
MAX_PARTNER_BYTES = 5 * 1024 * 1024
MAX_EVENTS = 2_500

_GZIP = 16 + isal_zlib.MAX_WBITS


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


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises RequestRefused for a body of a kind that nobody here can read."""
    # The browser's library sends its JSON as text/plain, to spare a CORS preflight.
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"", "application/json", "text/plain"}:
        raise RequestRefused(
            415,
            "INGEST-TYPE-001",
            "The body is not announced as JSON.",
            "Send Content-Type: application/json.",
        )
    if headers.get("content-encoding", "").strip().lower() not in {
        "",
        "identity",
        "gzip",
    }:
        raise RequestRefused(
            415,
            "INGEST-TYPE-002",
            "The body is compressed in a way that is not taken.",
            "Compress it with gzip, or not at all.",
        )


def unpack(body: bytes, headers: Mapping[str, str], limit: int) -> bytes:
    """The body as it was before compression; never more than `limit` is inflated.

    Raises RequestRefused.
    """
    if len(body) > limit:
        raise too_large(limit)
    if headers.get("content-encoding", "").strip().lower() != "gzip":
        return body
    inflater = isal_zlib.decompressobj(_GZIP)
    try:
        plain = inflater.decompress(body, limit + 1)
    except isal_zlib.error:  # type: ignore[misc] # its stubs say: an instance
        raise _not_gzip() from None
    if len(plain) > limit:
        raise too_large(limit)
    if not inflater.eof or inflater.unused_data:
        raise _not_gzip()
    return plain


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
    if sent == b"null":
        return None
    try:
        return read_object(sent)
    except Unsound as unsound:
        finding = unsound.finding
        message = f"The batch's {name} cannot be taken: {finding.message}"
        raise RequestRefused(400, "INGEST-BATCH-004", message, finding.fix) from None


def _not_gzip() -> RequestRefused:
    return RequestRefused(
        400,
        "INGEST-GZIP-001",
        "The body is not one whole gzip stream.",
        "Compress it with gzip, or send it without Content-Encoding.",
    )
