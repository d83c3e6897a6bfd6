"""Reads from an event only the userId and the identifiers of its person.

Nothing else is decoded, so neither the event nor a writeKey in it can be stored.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from streams.base.msgspec_types import prepared
from streams.identity.external_ids import external_identifier
from streams.identity.identifiers import Identifier, IdentifierKind, is_utf8
from streams.identity.inbound.refusals import (
    MALFORMED,
    NO_PERSON,
    NO_TYPE,
    NOT_AN_OBJECT,
    SPLIT_CHARACTER,
    EventRefusal,
    refusal_of,
)
from streams.identity.links import MOST_OF_PERSON
from streams.identity.user_ids import problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.identity.inbound.tool_names import ToolNames

CALLS = {"identify", "track", "page", "screen", "group", "alias", "delete"}
# Segment sends only `delete`. The others come from customers' own functions and scripts.
PRIVACY_CALLS = {"delete", "suppress", "suppress_with_delete", "unsuppress"}
TEST_MESSAGE_ID = "portal-test-"  # the start of the messageId of a test call
LONGEST_ORIGIN = 100  # characters of a source and a messageId that are kept
DIGEST_BYTES = 16

_NOTHING = msgspec.Raw(b"null")
_KINDS = {
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
}


@prepared
class _Call(msgspec.Struct, rename="camel", gc=False):
    type: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    message_id: Any = None
    project_id: Any = None
    traits: msgspec.Raw = _NOTHING
    context: msgspec.Raw = _NOTHING


@prepared
class _Integration(msgspec.Struct, gc=False):
    name: Any = None


@prepared
class _ExternalId(msgspec.Struct, gc=False):
    id: Any = None
    type: Any = None
    collection: Any = None


_call = msgspec.json.Decoder(_Call).decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_integration = msgspec.json.Decoder(_Integration).decode
_external_id = msgspec.json.Decoder(_ExternalId).decode
_value = msgspec.json.Decoder().decode


class InboundEvent(msgspec.Struct, frozen=True, gc=False):
    """The facts about a person in an event. Its repr has no values."""

    call: str
    user_id: Any  # as received: perhaps not a string; None: there is none
    identifiers: tuple[Identifier, ...]
    digest: bytes | None  # of its source and messageId; None: it has no messageId
    project_id: str
    message_id: str
    is_own: bool  # this tool sent it, so it says nothing new

    def __repr__(self) -> str:
        return f"InboundEvent({self.call})"

    @property
    def claims(self) -> int:
        """The number of links that this event can add."""
        is_silent = self.user_id is None or self.is_privacy_request or self.is_own
        return 0 if is_silent else len(self.identifiers)

    @property
    def is_test(self) -> bool:
        """Whether the portal sent it, to test the address (identity/inbound/test_call.py)."""
        return self.is_own and self.message_id.startswith(TEST_MESSAGE_ID)

    @property
    def is_delete(self) -> bool:
        """Whether Segment asks to delete the person's data."""
        return self.call in ("delete", "suppress_with_delete")

    @property
    def suppresses(self) -> bool:
        """Whether Segment asks not to store events of the person any more."""
        return self.call in ("suppress", "suppress_with_delete")

    @property
    def is_privacy_request(self) -> bool:
        """Whether the event asks for something about the person."""
        return self.call in PRIVACY_CALLS


def read_event(
    text: bytes, names: ToolNames, *, replaced: str = ""
) -> InboundEvent | EventRefusal:
    """Read an event, which is JSON in UTF-8.

    A value with the character `replaced` is not as it was sent, so it identifies no one.
    """
    try:
        call = _call(text)
        context = _object(call.context)
        event = _event(call, context, names)
    except msgspec.ValidationError:
        return NOT_AN_OBJECT
    except (msgspec.DecodeError, ValueError, RecursionError):
        return MALFORMED
    if not isinstance(call.type, str) or call.type not in CALLS | PRIVACY_CALLS:
        return NO_TYPE
    if replaced and isinstance(event.user_id, str) and replaced in event.user_id:
        return SPLIT_CHARACTER
    if replaced:
        whole = tuple(i for i in event.identifiers if replaced not in i.value + i.type)
        event = msgspec.structs.replace(event, identifiers=whole)
    return _request(event) if event.is_privacy_request else event


def _request(event: InboundEvent) -> InboundEvent | EventRefusal:
    """Return a privacy request with its userId as text, or why it names no one."""
    user_id = event.user_id
    if user_id is None or user_id == "":
        return event if event.identifiers else NO_PERSON
    text = _text(user_id) or user_id
    if why := problem(text):
        return refusal_of(why)
    return msgspec.structs.replace(event, user_id=text)


def _event(
    call: _Call, context: Mapping[str, msgspec.Raw], names: ToolNames
) -> InboundEvent:
    traits = [_object(context.get("traits", _NOTHING))]
    if call.type == "identify":  # those of a group are not the person's
        traits.insert(0, _object(call.traits))
    found = dict.fromkeys(_identifiers(call, context, traits, names))
    return InboundEvent(
        call=call.type if isinstance(call.type, str) else "",
        user_id=call.user_id,
        identifiers=tuple(found)[:MOST_OF_PERSON],
        digest=_digest(call.project_id, call.message_id),
        project_id=_origin(call.project_id),
        message_id=_origin(call.message_id),
        is_own=_is_own(context, names),
    )


def _identifiers(
    call: _Call,
    context: Mapping[str, msgspec.Raw],
    traits: list[Mapping[str, msgspec.Raw]],
    names: ToolNames,
) -> Iterator[Identifier]:
    if anonymous_id := _text(call.anonymous_id):
        yield Identifier(IdentifierKind.ANONYMOUS_ID, anonymous_id)
    for fields in traits:
        for name, kind in _KINDS.items():
            if name in fields and (value := _text(_value(fields[name]))):
                yield Identifier(kind, value)
    for fields in (*traits, context):
        for name in names.fields & fields.keys():
            if value := _text(_value(fields[name])):
                yield Identifier(IdentifierKind.TOOL_ID, value)
    yield from _external_ids(context, names)


def _external_ids(
    context: Mapping[str, msgspec.Raw], names: ToolNames
) -> Iterator[Identifier]:
    try:
        entries = _list(context.get("externalIds", _NOTHING))
    except msgspec.ValidationError:
        return
    for entry in entries[:MOST_OF_PERSON]:
        try:
            one = _external_id(entry)
        except msgspec.ValidationError:
            continue
        found = external_identifier(_text(one.id), one.type, names, one.collection)
        if found:
            yield found


def _is_own(context: Mapping[str, msgspec.Raw], names: ToolNames) -> bool:
    try:
        integration = _integration(context.get("integration", _NOTHING))
    except msgspec.ValidationError:
        return False
    return bool(integration.name == names.slug)


def _object(raw: msgspec.Raw) -> Mapping[str, msgspec.Raw]:
    try:
        return _fields(raw)
    except msgspec.ValidationError:  # any other value
        return {}


def _text(value: object) -> str:
    """Return an ID as text. Tools use whole numbers as IDs, too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _digest(project_id: object, message_id: object) -> bytes | None:
    if not isinstance(message_id, str) or not message_id:
        return None
    source = project_id if isinstance(project_id, str) else ""
    both = msgspec.json.encode([source, message_id])
    return hashlib.blake2b(both, digest_size=DIGEST_BYTES).digest()


def _origin(value: object) -> str:
    """Return an ID to keep with a link; empty if it can't be stored."""
    if not isinstance(value, str) or "\0" in value or not is_utf8(value):
        return ""
    return value[:LONGEST_ORIGIN]
