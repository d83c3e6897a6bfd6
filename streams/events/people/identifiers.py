"""The person of an event without a userId: the identifiers that can stand for one.

Pure: the identity map is searched elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from streams.catalog.person_identifiers import PersonIdentifier, Unresolved
from streams.identity.external_ids import external_identifier
from streams.identity.identifiers import Identifier, IdentifierKind, normalized
from streams.identity.inbound.tool_names import ToolNames, tool_names
from streams.identity.links import MOST_OF_PERSON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.catalog.models import Stream

# The identifiers of an event's person, in the stream's order.
type Person = tuple[Identifier, ...]

# The field of an event that only identifies its person. It is never sent to Segment.
FIELD = "person"
MOST_EXTERNAL_IDS = 5  # of an event, in the order in which it has them

_KINDS = {
    PersonIdentifier.TOOL_ID: IdentifierKind.TOOL_ID,
    PersonIdentifier.EMAIL: IdentifierKind.EMAIL,
    PersonIdentifier.PHONE: IdentifierKind.PHONE,
    PersonIdentifier.ANONYMOUS_ID: IdentifierKind.ANONYMOUS_ID,
    PersonIdentifier.EXTERNAL_ID: IdentifierKind.EXTERNAL_ID,
}
NAMES: Mapping[IdentifierKind | None, str] = {
    kind: str(name) for name, kind in _KINDS.items()
}
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """How a stream finds the userIds of its events; see `catalog.identity_settings`."""

    order: tuple[IdentifierKind, ...]
    unresolved: Unresolved
    check_user_ids: bool
    tool_id: str  # the field of the context with the tool's ID, such as postboxId
    tool_ids: tuple[str, ...]  # that field, and its other spellings
    names: ToolNames
    anonymous_key: bytes

    @classmethod
    def of(cls, stream: Stream) -> IdentityRules:
        """Return the rules of a stream for events in quarantine.

        If it looks up no userIds any more, every kind of identifier counts.
        """
        return cls._of(stream, stream.identify_by or ",".join(_KINDS))

    @classmethod
    def with_every_kind(cls, stream: Stream) -> IdentityRules:
        """Return the rules of a stream, as if every kind of identifier counted."""
        return cls._of(stream, ",".join(_KINDS))

    @classmethod
    def _of(cls, stream: Stream, identify_by: str) -> IdentityRules:
        return identity_rules(
            stream.slug,
            identify_by,
            stream.unresolved,
            stream.anonymous_key,
            check_user_ids=stream.check_user_ids,
        )


@lru_cache(maxsize=1_000)
def identity_rules(
    slug: str,
    identify_by: str,
    unresolved: str,
    anonymous_key: str,
    *,
    check_user_ids: bool,
) -> IdentityRules:
    """Return the rules for these columns of a stream; `identify_by` must not be empty."""
    return IdentityRules(
        tuple(_KINDS[PersonIdentifier(name)] for name in identify_by.split(",")),
        Unresolved(unresolved),
        check_user_ids,
        f"{slug}Id",
        (f"{slug}Id", *(tool_names(slug).fields - {f"{slug}Id"})),
        tool_names(slug),
        bytes.fromhex(anonymous_key),
    )


def every_kind(slug: str) -> IdentityRules:
    """Return rules to find all identifiers in the events of a stream with this slug."""
    return identity_rules(
        slug, ",".join(_KINDS), Unresolved.REJECT, "", check_user_ids=False
    )


def has_user_id(event: Mapping[str, Any]) -> bool:
    """Whether an event has a userId, valid or not."""
    value = event.get("userId")
    return value is not None and value != ""


def identifiers_of(event: Mapping[str, Any], rules: IdentityRules) -> Person:
    """Return the identifiers of an event's person, in the stream's order.

    Values that can identify no one, such as an email without @, are left out.
    """
    places = _Places.of(event)
    external = _external_ids(places.context, rules.names)
    found: list[Identifier] = []
    for kind in rules.order:
        if value := _first(places.values(kind, rules)):
            found.append(Identifier(kind, value))
        else:
            found += [one for one in external if one.kind == kind]
    return tuple([one for one in found if normalized(one) is not None])


def every_identifier(
    event: Mapping[str, Any], rules: IdentityRules
) -> list[Identifier]:
    """Return all identifiers of an event, from every place, of the kinds in the order."""
    places = _Places.of(event)
    found = _external_ids(places.context, rules.names)
    for kind in rules.order:
        texts = dict.fromkeys(map(_text, places.values(kind, rules)))
        found += [Identifier(kind, text) for text in texts if text]
    return found


def every_user_id(event: Mapping[str, Any]) -> list[str]:
    """Return the userId of an event, and the previous one of an alias call."""
    found = (_text(event.get(name)) for name in ("userId", "previousId"))
    return [text for text in found if text]


def has_identifier(event: Mapping[str, Any]) -> bool:
    """Whether an event names its person by an email, a phone or external IDs."""
    context = _object(event, "context")
    places = (_object(event, "traits"), _object(context, "traits"))
    return bool(context.get("externalIds")) or any(
        place.get("email") or place.get("phone") for place in places
    )


def complete_context(event: dict[str, Any], rules: IdentityRules) -> None:
    """Put the tool's ID of the person into the context, where Segment expects it."""
    tool_id = _first((_object(event, FIELD).get("id"),))
    context = event.get("context")
    if not tool_id or not (context is None or type(context) is dict):
        return
    if context is None:
        context = event["context"] = {}
    context.setdefault(rules.tool_id, tool_id)


def uses_the_tools_id(event: Mapping[str, Any], rules: IdentityRules) -> bool:
    """Whether the userId of an event is the tool's own ID of the person."""
    user_id = event.get("userId")
    own = (
        _object(event, FIELD).get("id"),
        *map(_object(event, "context").get, rules.tool_ids),
    )
    return user_id is not None and any(_text(one) == user_id for one in own)


def anonymous_id(
    feed_id: int,
    event: Mapping[str, Any],
    person: Person,
    rules: IdentityRules,
) -> str:
    """Return the anonymousId of an unknown person, who has at least one identifier.

    It is the one that the event names for its person, or a UUID that is always the same in a
    feed.
    """
    own = _text(_object(event, FIELD).get("anonymousId"))
    if own and normalized(Identifier(IdentifierKind.ANONYMOUS_ID, own)) is not None:
        return own
    first = person[0]
    message = f"{feed_id}:{first.kind.value}:{first.type}:{normalized(first)}"
    digest = hmac.digest(rules.anonymous_key, message.encode(), hashlib.sha256)
    return str(UUID(bytes=digest[:16], version=4))


class _Places(NamedTuple):
    """The objects of an event that can have identifiers of its person."""

    event: Mapping[str, Any]
    person: Mapping[str, Any]
    context: Mapping[str, Any]
    traits: Mapping[str, Any]
    context_traits: Mapping[str, Any]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> _Places:
        context = _object(event, "context")
        return cls(
            event, _object(event, FIELD), context, _object(event, "traits"),
            _object(context, "traits"),
        )  # fmt: skip

    def values(self, kind: IdentifierKind, rules: IdentityRules) -> tuple[object, ...]:
        """Return the values of a kind, the one that counts most first."""
        person = self.person
        if kind is IdentifierKind.TOOL_ID:
            return (person.get("id"), *map(self.context.get, rules.tool_ids))
        if kind is IdentifierKind.ANONYMOUS_ID:
            return (person.get("anonymousId"), self.event.get("anonymousId"))
        if kind is IdentifierKind.EXTERNAL_ID:
            return ()
        name = "email" if kind is IdentifierKind.EMAIL else "phone"
        places = (person, self.traits, self.context_traits)
        return tuple([place.get(name) for place in places])


def _external_ids(context: Mapping[str, Any], names: ToolNames) -> list[Identifier]:
    listed = context.get("externalIds")
    if type(listed) is not list:
        return []
    found = (
        external_identifier(
            _text(one.get("id")), one.get("type"), names, one.get("collection")
        )
        for one in listed[:MOST_OF_PERSON]
        if type(one) is dict
    )
    return list(islice(filter(None, found), MOST_EXTERNAL_IDS))


def _object(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return value if type(value) is dict else _NOTHING


def _first(values: Iterable[object]) -> str:
    for value in values:
        if text := _text(value):
            return text
    return ""


def _text(value: object) -> str:
    """Return a text, or a whole number as text; empty for anything else."""
    if type(value) is str:
        return value
    return str(value) if type(value) is int else ""
