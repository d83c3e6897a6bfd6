"""Normalize empty values that Segment's libraries send: empty strings, nulls, PHP's `[]`.

They are removed, or replaced by `{}`, before an event is checked: Segment drops pages with
an empty name, and PHP encodes empty lists and objects alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.spec.call_structure import CALLS
from streams.spec.content.tables import (
    CONTEXT,
    EVENT_TABLES,
    GROUP,
    IDENTIFY,
    PAGE,
    SCREEN,
    TRACK,
)

if TYPE_CHECKING:
    from streams.spec.content.value_specs import KeyTable

_NOTHING = (None, "")
# Optional in every call, and added elsewhere if missing.
_OPTIONAL = ("messageId", "timestamp")
_OBJECTS = ("context", "integrations", "properties", "traits")
_TABLES = {"identify": IDENTIFY, "group": GROUP, "page": PAGE, "screen": SCREEN}


def tidy(event: dict[str, Any], *, allow_anonymous: bool = False) -> None:
    """Remove empty values from a decoded event, in place.

    Empty required strings stay, so that the event is refused for them.
    """
    # Most events have no empty values. Checking that first takes a third of the time.
    values = event.values()
    if "" in values or None in values or [] in values:
        _tidy_top(event, allow_anonymous=allow_anonymous)
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
            _fill_in(content, _table_of(event))
    switches = event.get("integrations")
    if type(switches) is dict and [] in switches.values():
        event["integrations"] = {k: {} if v == [] else v for k, v in switches.items()}


def _tidy_top(event: dict[str, Any], *, allow_anonymous: bool) -> None:
    kind = event.get("type")
    call = CALLS.get(kind) if type(kind) is str else None
    for key in (*_OPTIONAL, *(call.optional_texts if call else ())):
        if key in event and event[key] in _NOTHING:
            del event[key]
    for key in _OBJECTS:
        if key in event and event[key] is None:
            del event[key]
        elif event.get(key) == []:
            event[key] = {}
    if call is not None:
        _tidy_ids(event, is_optional=allow_anonymous and kind != "alias")


def _tidy_ids(event: dict[str, Any], *, is_optional: bool) -> None:
    """Remove an empty ID if the other one is enough."""
    user, anonymous = event.get("userId"), event.get("anonymousId")
    if "anonymousId" in event and anonymous in _NOTHING and user not in _NOTHING:
        del event["anonymousId"]
    if "userId" in event and user in _NOTHING and is_optional and anonymous:
        del event["userId"]


def _table_of(event: dict[str, Any]) -> KeyTable:
    table = _TABLES.get(str(event.get("type")))
    if table is not None:
        return table
    name = event.get("event")
    return EVENT_TABLES.get(name, TRACK) if type(name) is str else TRACK


def _fill_in(content: dict[str, Any], table: KeyTable) -> None:
    """Replace `[]` by `{}` where the Spec has an object, at any depth."""
    for key, value in content.items():
        kind = type(value)
        if kind is str:
            continue
        if kind is list and not value:
            value_spec = table.value_specs.get(key)
            if value_spec is not None and value_spec.kind == "object":
                content[key] = {}
        elif kind is dict and value:
            value_spec = table.value_specs.get(key)
            if value_spec is not None and value_spec.table is not None:
                _fill_in(value, value_spec.table)
