"""Events whose userId is looked up in the identity map, before they are decided about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from streams.catalog.person_identifiers import Unresolved
from streams.events.event_preparation import (
    EventRefused,
    RequestFields,
    check,
    complete,
)
from streams.events.people.identifiers import (
    FIELD,
    anonymous_id,
    complete_context,
    has_user_id,
    identifiers_of,
    uses_the_tools_id,
)
from streams.observability.user_id_lookups.models import LookupDay
from streams.spec.identity_rules import CONTRADICTS, TOOL_ID, UNRESOLVED

if TYPE_CHECKING:
    from streams.events.log import NewEvent
    from streams.events.people.identifiers import IdentityRules, Person
    from streams.ingest.people.lookup import Resolution
    from streams.spec.issues import Issue


class PersonEvent(msgspec.Struct, frozen=True):
    """A well-formed event whose person is compared with the identity map."""

    content: dict[str, Any]
    workspace: str  # its external ID; empty for an ingest key
    identifiers: Person
    person: object = None  # the field as sent


class Identified(msgspec.Struct, frozen=True):
    """An event whose person was looked up."""

    event: NewEvent
    # The IdentifierKind that led to the userId, or LookupDay.UNRESOLVED; None: it had one.
    lookup: int | None = None
    issues: Sequence[Issue] = ()


def person_event(
    event: dict[str, Any],
    workspace: str,
    fields: RequestFields,
    rules: IdentityRules,
    *,
    call: str | None,
) -> PersonEvent | None:
    """Return the event if its userId must be looked up; None: continue as usual.

    Moves the tool's ID of the person into the context. Raises EventRefused.
    """
    has_id = has_user_id(event)
    complete_context(event, rules)
    # An event with a userId may have to wait behind others of its person.
    waits = rules.unresolved == Unresolved.SET_ASIDE and FIELD in event
    if has_id and not (rules.check_user_ids or waits):
        event.pop(FIELD, None)
        return None
    identifiers = identifiers_of(event, rules)
    # An alias call gives an existing person a new userId, which no one can look up.
    is_alias = "alias" in (call, event.get("type"))
    if not identifiers or (is_alias and not has_id):
        event.pop(FIELD, None)
        return None
    if not has_id:
        event.pop("userId", None)
    check(event, fields, call=call, needs_id=has_id)
    return PersonEvent(event, workspace, identifiers, event.get(FIELD))


def identify(
    item: PersonEvent,
    found: Resolution,
    feed_id: int,
    fields: RequestFields,
    rules: IdentityRules,
    *,
    ids: Iterator[str],
) -> Identified:
    """Complete an event with the userId that was found, or as the stream asks without one.

    Raises EventRefused.
    """
    event = item.content
    if has_user_id(event):
        return _with_own_user_id(event, found, fields, rules, ids=ids)
    if found.user_id:
        event.pop(FIELD, None)
        event["userId"] = found.user_id
        new = complete(event, fields, ids=ids, person=found.person)
        return Identified(new, found.kind)
    own_id_is_enough = fields.source.allow_anonymous and "anonymousId" in event
    if own_id_is_enough:
        event.pop(FIELD, None)
        check(event, fields)
        return Identified(complete(event, fields, ids=ids), LookupDay.UNRESOLVED)
    if rules.unresolved == Unresolved.SET_ASIDE:
        new = complete(
            event, fields, ids=ids, person=found.person, held_by=UNRESOLVED.id
        )
        event.pop(FIELD, None)  # stored, but not validated
        return Identified(new, LookupDay.UNRESOLVED, (SET_ASIDE,))
    if rules.unresolved == Unresolved.ANONYMOUS:
        stable = anonymous_id(feed_id, event, item.identifiers, rules)
        event.setdefault("anonymousId", stable)
        event.pop(FIELD, None)
        return Identified(complete(event, fields, ids=ids), LookupDay.UNRESOLVED)
    raise EventRefused.for_issue(UNKNOWN)


def _with_own_user_id(
    event: dict[str, Any],
    found: Resolution,
    fields: RequestFields,
    rules: IdentityRules,
    *,
    ids: Iterator[str],
) -> Identified:
    issues = _issues(event, found, rules) if rules.check_user_ids else ()
    event.pop(FIELD, None)
    person = found.person if rules.unresolved == Unresolved.SET_ASIDE else ()
    return Identified(complete(event, fields, ids=ids, person=person), issues=issues)


def without_feed(
    item: PersonEvent, fields: RequestFields, *, ids: Iterator[str]
) -> Identified:
    """Complete an event that no feed takes. Raises EventRefused."""
    return Identified(complete(item.content, fields, ids=ids))


def _issues(
    event: Mapping[str, Any], found: Resolution, rules: IdentityRules
) -> Sequence[Issue]:
    if uses_the_tools_id(event, rules):
        return (USES_TOOL_ID,)
    if found.user_id and found.user_id != event["userId"]:
        return (CONTRADICTION,)
    return ()


UNKNOWN = UNRESOLVED.issue(
    "userId",
    "userId is missing, and the identity map has none for this person.",
    "Send the userId, or add the person to the workspace's identity map first.",
)
SET_ASIDE = UNRESOLVED.issue(
    "userId",
    "userId is missing, and the identity map has none for this person yet.",
    "Don't send the event again. It is released when the identity map has the userId.",
)
BEHIND = UNRESOLVED.issue(
    "userId",
    "Earlier events of this person wait for their userId.",
    "Don't send the event again. It is released after them.",
)
USES_TOOL_ID = TOOL_ID.issue(
    "userId",
    "userId is the person's ID in your tool.",
    "Send the ID from your customer's database as userId, and your own ID as person.id.",
)
CONTRADICTION = CONTRADICTS.issue(
    "userId",
    "userId is not the one that the identity map has for this person.",
    "Send the userId that Segment sent for this person, or correct the identity map.",
)
