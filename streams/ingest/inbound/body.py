"""Splits the body of a request from Segment into the bytes of its events.

Segment sends one event as an object, and a batch as a list. The Extensible Webhook wraps each
event of a batch in an object with the one key `json`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from streams.base.request_errors import RequestRefused
from streams.ingest.http.body import not_json

MAX_BYTES = 4 * 1024 * 1024  # Segment's limit for a batch
MAX_EVENTS = 4_000  # likewise

_WHITE = rb"[ \t\r\n]*"
_FIRST_ITEM = re.compile(_WHITE + rb"\[" + _WHITE)
_OBJECT = re.compile(_WHITE + rb"(?=\{)")
_WRAPPING = re.compile(rb"\{" + _WHITE + rb'"json"' + _WHITE + rb":" + _WHITE)
# Every escape, so that an escaped backslash before a `u` is not taken for one.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_REPLACEMENT = rb"\ufffd"  # as long as the escape that it replaces
REPLACED = "\ufffd"


class _Wrapped(msgspec.Struct):
    json: msgspec.Raw = msgspec.Raw(b"null")
    type: msgspec.Raw = msgspec.Raw(b"")


_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_one = msgspec.json.Decoder(msgspec.Raw).decode
_decode_wrapped = msgspec.json.Decoder(_Wrapped).decode


@dataclass(frozen=True, slots=True)
class InboundBody:
    """The events of a request as sent, and the texts that its signature may cover."""

    events: list[bytes]  # without the wrapping
    signed: tuple[bytes, ...]
    is_batch: bool
    # Half characters were replaced by REPLACED, so a text with it may not be as sent.
    is_mended: bool = False


def open_inbound(plain: bytes) -> InboundBody:
    """Split a body after `unpack`. Raises RequestRefused."""
    try:
        plain.decode()  # the decoder doesn't look at strings that it skips
    except UnicodeDecodeError:
        raise not_json() from None
    try:
        return _open(plain, plain)
    except (msgspec.DecodeError, ValueError, RecursionError):
        mended = _ESCAPES.sub(_mend, plain)
    # JavaScript can write half of a character, which other decoders refuse.
    if mended == plain:
        raise not_json()
    try:
        return _open(mended, plain)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise not_json() from None


def _open(text: bytes, sent: bytes) -> InboundBody:
    """Split `text`, which is as long as the bytes that were sent."""
    if one := _OBJECT.match(text):
        items, start, is_batch = [bytes(_decode_one(text))], one.end(), False
    elif first := _FIRST_ITEM.match(text):
        items = [bytes(item) for item in _decode_list(text)]
        start, is_batch = first.end(), True
    else:
        raise _no_events()
    if not items:
        raise _empty()
    if len(items) > MAX_EVENTS:
        raise _too_many(len(items))
    events = [_unwrapped(item) for item in items]
    signed = [sent[start : start + len(items[0].rstrip())]]
    if events[0] is not items[0] and (wrapping := _WRAPPING.match(items[0])):
        begin = start + wrapping.end()
        signed.append(sent[begin : begin + len(events[0])])
    return InboundBody(events, tuple(signed), is_batch, is_mended=text != sent)


def _unwrapped(item: bytes) -> bytes:
    """Return the event in the Extensible Webhook's object, or the item itself."""
    if _WRAPPING.match(item) is None:
        return item
    wrapped = _decode_wrapped(item)
    return item if bytes(wrapped.type) else bytes(wrapped.json)


def _mend(escape: re.Match[bytes]) -> bytes:
    return _REPLACEMENT if escape[1] else escape[0]


def _no_events() -> RequestRefused:
    return RequestRefused(
        400,
        "INBOUND-BODY-001",
        "The body is neither an event nor a list of events.",
        "In Segment, leave the mapping's Data field at its default, which is the whole"
        " event.",
    )


def _empty() -> RequestRefused:
    return RequestRefused(
        400,
        "INBOUND-BODY-002",
        "The list has no events.",
        "Send at least one event.",
    )


def _too_many(count: int) -> RequestRefused:
    return RequestRefused(
        413,
        "INBOUND-BODY-003",
        f"The list has {count:,} events. The limit is {MAX_EVENTS:,}.",
        "Set a smaller batch size in the mapping, such as 1,000.",
    )
