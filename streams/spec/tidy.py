"""What Segment's libraries write for "nothing": empty texts, nulls and PHP's `[]`.

Left out, or made `{}`, before an event is checked: Segment drops a page with an empty
name, and PHP has one empty value for lists and objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.spec.calls import CALLS
from streams.spec.tables import (
    CONTEXT,
    EVENT_TABLES,
    GROUP,
    IDENTIFY,
    PAGE,
    SCREEN,
    TRACK,
)

if TYPE_CHECKING:
    from streams.spec.places import Table

_NOTHING = (None, "")
# Optional in every call, and put right elsewhere if they are missing.
_OPTIONAL = ("messageId", "timestamp")
_OBJECTS = ("context", "integrations", "properties", "traits")
_TABLES = {"identify": IDENTIFY, "group": GROUP, "page": PAGE, "screen": SCREEN}


def tidy(event: dict[str, Any], *, allow_anonymous: bool = False) -> None:
    """Take what stands for nothing out of a decoded event.

    A text that its call requires stays, so that it is refused as empty.
    """
    for key in _OPTIONAL:
        if key in event and event[key] in _NOTHING:
            del event[key]
    for key in _OBJECTS:
        if key in event and type(event[key]) is not dict:
            _tidy_object(event, key)
    kind = event.get("type")
    call = CALLS.get(kind) if type(kind) is str else None
    if call is not None:
        for key in call.optional_texts:
            if key in event and event[key] in _NOTHING:
                del event[key]
        _tidy_ids(event, is_optional=allow_anonymous and kind != "alias")
        _tidy_inside(event, str(kind))


def _tidy_object(event: dict[str, Any], key: str) -> None:
    if event[key] is None:
        del event[key]
    elif event[key] == []:
        event[key] = {}


def _tidy_ids(event: dict[str, Any], *, is_optional: bool) -> None:
    """Leave an empty id out where the other one is enough."""
    user, anonymous = event.get("userId"), event.get("anonymousId")
    if "anonymousId" in event and anonymous in _NOTHING and user not in _NOTHING:
        del event["anonymousId"]
    if "userId" in event and user in _NOTHING and is_optional and anonymous:
        del event["userId"]


def _tidy_inside(event: dict[str, Any], call: str) -> None:
    context = event.get("context")
    if context and type(context) is dict:
        if "groupId" in context and context["groupId"] in _NOTHING:
            del context["groupId"]
        _fill_in(context, CONTEXT)
        traits = context.get("traits")
        if type(traits) is dict:
            _fill_in(traits, IDENTIFY)
    for key in ("properties", "traits"):
        content = event.get(key)
        if content and type(content) is dict:
            table = _TABLES.get(call) or EVENT_TABLES.get(event.get("event", ""), TRACK)
            _fill_in(content, table)
    switches = event.get("integrations")
    if switches and type(switches) is dict:
        for key, value in switches.items():
            if value == []:
                switches[key] = {}


def _fill_in(content: dict[str, Any], table: Table) -> None:
    """Make `[]` `{}` where the Spec has an object, at whatever depth it has one."""
    for key, value in content.items():
        kind = type(value)
        if kind is list and not value:
            place = table.places.get(key)
            if place is not None and place.kind == "object":
                content[key] = {}
        elif kind is dict and value:
            place = table.places.get(key)
            if place is not None and place.table is not None:
                _fill_in(value, place.table)
