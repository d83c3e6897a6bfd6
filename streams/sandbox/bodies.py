"""A body opened: refused for its size or its form, or the messages in it.

Limits: Segment writes "32 KB" and "500 KB" and does not say of which kind. They are taken
in their wider reading (1 KB = 1,024 plain bytes, the bound itself still passes), to which
every official library keeps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from isal import isal_zlib

from streams.sandbox.messages import NULL, Message

MAX_EVENT_BYTES = 32 * 1024
MAX_BATCH_BYTES = 500 * 1024
BATCH = "batch"


class RefusedError(Exception):
    """Segment answers 400; the text says why."""


class Body(NamedTuple):
    """The key of a body, its messages as JSON, and what a batch gives to each of them."""

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


def open_body(body: bytes, *, kind: str, gzipped: bool) -> Body:
    """Open what came in a call of this kind. Raises RefusedError."""
    limit = MAX_BATCH_BYTES if kind == BATCH else MAX_EVENT_BYTES
    plain = _gunzipped(body, limit) if gzipped else body
    if len(plain) > limit:
        raise RefusedError(f"The body is larger than {limit:,} bytes.")
    try:
        plain.decode()  # raw JSON is not checked for UTF-8 by its decoder
        return _opened_batch(plain) if kind == BATCH else _opened_call(plain)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise RefusedError("The body is not a valid JSON object.") from None


def read_message(item: bytes) -> Message | None:
    """The message; None: it is valid JSON, but no message."""
    try:
        return _messages.decode(item)
    except msgspec.DecodeError:
        return None


def text(value: object) -> str:
    """The value if it is text, else nothing."""
    return value if isinstance(value, str) else ""


def _opened_call(plain: bytes) -> Body:
    return Body(text(_messages.decode(plain).write_key), [plain], {})


def _opened_batch(plain: bytes) -> Body:
    envelope = _envelopes.decode(plain)
    fields = {
        "context": bytes(envelope.context),
        "integrations": bytes(envelope.integrations),
    }
    shared = {name: raw for name, raw in fields.items() if raw != b"null"}
    # Copied, so that one event that is kept does not keep its whole batch.
    items = [bytes(item) for item in envelope.batch]
    return Body(text(envelope.write_key), items, shared, envelope.sent_at)


def _gunzipped(body: bytes, limit: int) -> bytes:
    """The plain bytes, and one beyond the limit at most: a gzip bomb stays small."""
    unpacker = isal_zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except isal_zlib.error:  # type: ignore[misc] # its stubs say: an instance
        raise RefusedError("The body is not gzip.") from None
    if len(plain) <= limit and not unpacker.eof:
        raise RefusedError("The gzip body is cut short.")
    return plain
