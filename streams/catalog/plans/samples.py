"""Build sample calls of planned events, for the docs and for test runs."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from streams.catalog.plans.plan import EACH, NAME_FIELDS, content_field, parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty

# Likely values by the last word of a property's path.
BY_KEY: dict[str, Any] = {
    "currency": "USD",
    "email": "ada@example.com",
    "ip": "198.51.100.7",  # reserved for examples, like the following values
    "locale": "en-US",
    "name": "Ada",
    "phone": "+1 202 555 0100",
    "timezone": "Europe/London",
    "url": "https://example.com/",
    "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/146.0",
    "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/146.0",
}
BY_TYPE: dict[str, Any] = {
    "string": "text",
    "number": 9.5,
    "integer": 3,
    "boolean": True,
    "date": "2026-03-02T10:00:00.000Z",
    "object": {},
    "array": [],
    "any": "text",
}


def sample(event: PlannedEvent, *, user_id: str) -> dict[str, Any]:
    """Build the call as JSON, with every planned property, without messageId and timestamp.

    The result is deterministic. Sensitive properties get made-up values instead of their
    examples.
    """
    call: dict[str, Any] = {"type": event.call, "userId": user_id}
    if event.name and (field := NAME_FIELDS.get(event.call)):
        call[field] = event.name
    if event.call == "group":
        call["groupId"] = "group-1"
    if event.call == "alias":
        call["previousId"] = "visitor-1"
    if field := content_field(event.call):
        call[field] = filled(event.properties)
    if event.context:
        call["context"] = filled(event.context)
    return call


def filled(properties: Iterable[PlannedProperty]) -> dict[str, Any]:
    """Build an object with these properties. Lists have one item unless an example has more."""
    content: dict[str, Any] = {}
    # Parents first, so that their examples are completed by their children.
    for planned in sorted(properties, key=lambda one: one.path.count(".")):
        _put(content, parts(planned.path), value_of(planned))
    return content


def value_of(planned: PlannedProperty) -> Any:
    """Return the example of a property, or a likely value."""
    if planned.example is not None and not planned.sensitive:
        return deepcopy(planned.example)
    value = BY_TYPE[planned.type]
    if planned.type in {"string", "any"}:
        key = parts(planned.path)[-1]
        word = key.rpartition("_")[2]
        value = BY_KEY.get(key, BY_KEY.get(word, f"{key}-1" if word == "id" else value))
    return deepcopy(value)


def _put(into: Any, path: tuple[str, ...], value: Any) -> None:
    """Set the value at a path, in every item of a list. Existing values stay."""
    key, *rest = path
    if key == EACH:
        if not isinstance(into, list):
            return  # the example has another shape: leave it as it is
        if not into:
            into.append(_container(rest) if rest else value)
        for item in into if rest else ():
            _put(item, tuple(rest), value)
    elif isinstance(into, dict):
        present = into.setdefault(key, _container(rest) if rest else value)
        if rest:
            _put(present, tuple(rest), value)


def _container(path: list[str]) -> Any:
    return [] if path[0] == EACH else {}
