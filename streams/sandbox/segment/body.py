"""Reads a body: refuses it for its size or format, or returns its messages.

Segment's limits are "32 KB" and "500 KB", without further details. They are interpreted as
widely as every official library does: 1 KB is 1,024 uncompressed bytes, and a body of
exactly the limit passes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from isal import isal_zlib

from streams.sandbox.segment.messages import NULL, Message

MAX_EVENT_BYTES = 32 * 1024
MAX_BATCH_BYTES = 500 * 1024
BATCH = "batch"


class InvalidBody(Exception):
    """Segment responds with 400. The message has the reason."""


class ParsedBody(NamedTuple):
    """A body's key, its messages as JSON, and the fields that a batch adds to each."""

    write_key: str
    items: list[bytes]
    shared: dict[str, bytes]
    sent_at: Any = None


class _Envelope(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw] = []
    write_key: Any = None
    context: msgspec.Raw = NULL
    integrations: msgspec.Raw = NULL
    sent_at: Any = None


_envelopes = msgspec.json.Decoder(_Envelope)
_messages = msgspec.json.Decoder(Message)


def open_body(body: bytes, *, kind: str, gzipped: bool) -> ParsedBody:
    """Read the body of a call of this kind. Raises InvalidBody."""
    limit = MAX_BATCH_BYTES if kind == BATCH else MAX_EVENT_BYTES
    plain = _gunzipped(body, limit) if gzipped else body
    if len(plain) > limit:
        raise InvalidBody(f"The body is larger than {limit:,} bytes.")
    try:
        plain.decode()  # the JSON decoder doesn't check msgspec.Raw for UTF-8
        return _opened_batch(plain) if kind == BATCH else _opened_call(plain)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise InvalidBody("The body is not a valid JSON object.") from None


def read_message(item: bytes) -> Message | None:
    """Decode a message; None if it is valid JSON but not a message."""
    try:
        return _messages.decode(item)
    except msgspec.DecodeError:
        return None


def text(value: object) -> str:
    """Return the value if it is a string, otherwise an empty string."""
    return value if isinstance(value, str) else ""


def _opened_call(plain: bytes) -> ParsedBody:
    return ParsedBody(text(_messages.decode(plain).write_key), [plain], {})


def _opened_batch(plain: bytes) -> ParsedBody:
    envelope = _envelopes.decode(plain)
    fields = {
        "context": bytes(envelope.context),
        "integrations": bytes(envelope.integrations),
    }
    shared = {name: raw for name, raw in fields.items() if raw != b"null"}
    # Copied, so that keeping an event doesn't keep its whole batch in memory.
    items = [bytes(item) for item in envelope.batch]
    return ParsedBody(text(envelope.write_key), items, shared, envelope.sent_at)


def _gunzipped(body: bytes, limit: int) -> bytes:
    """Decompress at most one byte more than the limit, so that gzip bombs stay small."""
    unpacker = isal_zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except isal_zlib.error:  # type: ignore[misc] # its stubs say: an instance
        raise InvalidBody("The body is not valid gzip.") from None
    if len(plain) <= limit and not unpacker.eof:
        raise InvalidBody("The gzip body is incomplete.")
    return plain
