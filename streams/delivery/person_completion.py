"""Complete events that leave quarantine and whose person had no known userId."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from streams.catalog.person_identifiers import Unresolved
from streams.events.event_preparation import column
from streams.events.log import NewEvent
from streams.events.people.identifiers import (
    FIELD,
    IdentityRules,
    anonymous_id,
    has_user_id,
    identifiers_of,
)
from streams.events.people.waiting import digests_of, wait
from streams.identity.lookup import find
from streams.spec.decode.structure import MAX_EVENT_BYTES, too_large
from streams.spec.identity_rules import UNRESOLVED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streams.events.models import Feed, QuarantinedEvent
    from streams.events.people.identifiers import Person
    from streams.identity.identifiers import Identifier
    from streams.identity.lookup import FoundLink

type Released = list[tuple[QuarantinedEvent, NewEvent]]

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def with_user_id(row: QuarantinedEvent, user_id: str) -> NewEvent | None:
    """Return an event with this userId, unless it has one.

    None: it is too large with it, which is its rule now. The rule isn't saved.
    """
    content: dict[str, Any] = _decode(bytes(row.payload))
    if not has_user_id(content):
        content["userId"] = user_id
    return _completed(row, content)


def complete(
    rows: Sequence[QuarantinedEvent], feed: Feed, *, anonymously: bool
) -> tuple[Released, list[QuarantinedEvent]]:
    """Return the events that can be sent, and those that stay in quarantine, in order.

    An event without an ID gets the userId that the identity map has by now. If it has none,
    the event waits for it, if the stream sets such events aside. `anonymously`: those that
    waited already get an anonymousId instead. Those that stay may have a new rule, which
    isn't saved. An event that nothing identifies stays as it is.
    """
    contents = {row.pk: _decode(bytes(row.payload)) for row in rows if not row.user_id}
    rules = IdentityRules.of(feed.stream)
    # Of events that came when other identifiers counted.
    every = IdentityRules.with_every_kind(feed.stream)
    people = {
        pk: identifiers_of(content, rules) or identifiers_of(content, every)
        for pk, content in contents.items()
        if _lacks_id(content)
    }
    found = find(feed.pk, [one for person in people.values() for one in person])
    released: Released = []
    stay: list[QuarantinedEvent] = []
    for row in rows:
        person = people.get(row.pk)
        if person is None:
            released.append((row, as_stored(row)))
            continue
        ids = _ids(contents[row.pk], person, found, feed.pk, rules)
        if "userId" not in ids and _waits(row, person, feed, anonymously=anonymously):
            stay.append(row)
            continue
        content = {**ids, **contents[row.pk]}
        new = _completed(row, content) if _has_id(content) else None
        if new is None:
            stay.append(row)
        else:
            released.append((row, new))
    return released, stay


def _ids(
    content: Mapping[str, Any],
    person: Person,
    found: Mapping[Identifier, FoundLink],
    feed_id: int,
    rules: IdentityRules,
) -> dict[str, str]:
    """Return the userId of a person, or the anonymousId if there is none."""
    link = next((found[one] for one in person if one in found), None)
    if link is not None:
        return {"userId": link.user_id}
    if not person:
        return {}
    return {"anonymousId": anonymous_id(feed_id, content, person, rules)}


def _lacks_id(content: dict[str, Any]) -> bool:
    return not has_user_id(content) and (
        FIELD in content or not content.get("anonymousId")
    )


def _has_id(content: dict[str, Any]) -> bool:
    return has_user_id(content) or bool(content.get("anonymousId"))


def _waits(
    row: QuarantinedEvent, person: Person, feed: Feed, *, anonymously: bool
) -> bool:
    """Have an event wait for its userId, unless it did so already and is sent without."""
    if row.rule == UNRESOLVED.id:
        return not anonymously
    if not person or feed.stream.unresolved != Unresolved.SET_ASIDE:
        return False
    wait(feed.pk, row.pk, digests_of(feed.pk, person))
    row.rule = UNRESOLVED.id
    return True


def as_stored(row: QuarantinedEvent) -> NewEvent:
    """Return an event as it is in quarantine."""
    return NewEvent(row.type, row.name, row.user_id, row.message_id, bytes(row.payload))


def _completed(row: QuarantinedEvent, content: dict[str, Any]) -> NewEvent | None:
    content.pop(FIELD, None)
    payload = _encode(content)
    if len(payload) > MAX_EVENT_BYTES:
        row.rule = too_large(len(payload)).rule
        return None
    user_id = column(content.get("userId"))
    return NewEvent(row.type, row.name, user_id, row.message_id, payload)
