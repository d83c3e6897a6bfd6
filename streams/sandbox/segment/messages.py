"""A message of a call, and the codes with which Segment drops it after its 200."""

from __future__ import annotations

from typing import Any

import msgspec

KINDS = frozenset({"identify", "track", "page", "screen", "group", "alias"})
NULL = msgspec.Raw(b"null")


class Message(msgspec.Struct, rename="camel", gc=False):
    """The fields that decide about a message. They can hold any value."""

    type: Any = None
    message_id: Any = None
    write_key: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    group_id: Any = None
    previous_id: Any = None
    event: Any = None
    name: Any = None
    category: Any = None
    timestamp: Any = None
    sent_at: Any = None
    properties: msgspec.Raw = NULL
    traits: msgspec.Raw = NULL


def discard_code(message: Message, kind: str) -> str | None:
    """Return the code with which Segment drops the message, or None.

    The codes are those of Segment's "failed on ingest" table, without the consent codes.
    """
    if kind not in KINDS:
        return "multi_user_error"
    return _bad_id(message) or _bad_name(message, kind) or _bad_object(message, kind)


def _bad_id(message: Message) -> str | None:
    if message.user_id is None and message.anonymous_id is None:
        return "no_user_anon_id"
    ids = (
        message.user_id,
        message.anonymous_id,
        message.group_id,
        message.previous_id,
    )
    for value in ids:
        if not _is_text_or_absent(value):
            return "id_not_string"
    return None


def _bad_name(message: Message, kind: str) -> str | None:
    if kind == "track":
        if message.event is None or message.event == "":
            return "event_not_defined"
        if not isinstance(message.event, str):
            return "event_not_string"
    if kind in {"page", "screen"}:
        if not _is_text_or_absent(message.name):
            return "name_not_string"
        if not _is_text_or_absent(message.category):
            return "category_not_string"
    return None


def _bad_object(message: Message, kind: str) -> str | None:
    if kind in {"identify", "group"}:
        return None if _is_object_or_null(message.traits) else "traits_not_object"
    return None if _is_object_or_null(message.properties) else "properties_not_object"


def _is_text_or_absent(value: object) -> bool:
    return value is None or (isinstance(value, str) and value != "")


def _is_object_or_null(raw: msgspec.Raw) -> bool:
    # The first byte is sufficient, so nothing is decoded.
    return memoryview(raw)[0] in b"{n"
