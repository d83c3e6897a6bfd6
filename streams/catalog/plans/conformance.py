"""Check events for conformance with a plan, which is compiled once.

Checking costs one look-up per property of the event. Messages name properties and types,
never values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.catalog.plans.plan import (
    EACH,
    NAME_FIELDS,
    TYPES,
    content_field,
    parts,
)
from streams.catalog.plans.property_tree import PropertyNode, tree
from streams.catalog.plans.rules import EVENT, PROPERTY, REQUIRED, TYPE
from streams.spec.timestamps import parse_time
from streams.spec.types import GOT, KINDS, WANTED

if TYPE_CHECKING:
    from streams.catalog.plans.plan import PlannedEvent, TrackingPlan
    from streams.spec.issues import Issue

MAX_FINDINGS = 20  # per event
MAX_KEY = 100  # characters of an event's key that are repeated in an issue

# The Python types that are accepted for each planned type: null always is.
ACCEPTED: dict[str, frozenset[type]] = {
    name: KINDS[name] | {type(None)} for name in TYPES
}


def fits(value: Any, kind: str) -> bool:
    """Whether a value, including null, is accepted for a planned type."""
    if type(value) not in ACCEPTED[kind]:
        return False
    if kind == "integer" and type(value) is float:
        return value.is_integer()
    return kind != "date" or value is None or parse_time(value) is not None


class CompiledPlan:
    """A plan compiled to check many events. Immutable and thread-safe."""

    def __init__(self, plan: TrackingPlan) -> None:
        self._events = {
            (event.call, event.name): _Event(event) for event in plan.events
        }

    def check(self, event: Mapping[str, Any]) -> list[Issue]:
        """Find where an event deviates from the plan; `structure_issues` found none.

        Returns at most MAX_FINDINGS issues, in the order of the event.
        """
        call = event["type"]
        field = NAME_FIELDS.get(call)
        name = (event.get(field) or "") if field else ""
        planned = self._planned(call, name)
        if planned is None:
            return [_UNKNOWN[field]]
        found: list[Issue] = []
        planned.look(event, found)
        return found

    def hidden(self, call: str, name: str) -> frozenset[tuple[str, ...]]:
        """Return the paths of an event's sensitive properties, each split into parts."""
        planned = self._planned(call, name)
        return planned.hidden if planned else frozenset()

    def _planned(self, call: str, name: str) -> _Event | None:
        return self._events.get((call, name)) or self._events.get((call, ""))


class _Event:
    """One planned event, compiled."""

    __slots__ = ("_content", "_context", "_field", "hidden")

    def __init__(self, event: PlannedEvent) -> None:
        self._field = content_field(event.call)
        self._content = _Object(tree(event.properties), closed=True)
        # Libraries and the portal itself add to the context, so other fields are allowed.
        self._context = _Object(tree(event.context), closed=False)
        fields = ((self._field, event.properties), ("context", event.context))
        self.hidden = frozenset(
            (field, *parts(planned.path))
            for field, properties in fields
            for planned in properties
            if planned.sensitive
        )

    def look(self, event: Mapping[str, Any], found: list[Issue]) -> None:
        if self._field:
            self._content.look(event.get(self._field) or {}, self._field, found)
        if self._context.places:
            self._context.look(event.get("context") or {}, "context", found)


class _Place:
    """The values that are allowed at one place."""

    __slots__ = ("accepted", "each", "inside", "kind", "required", "unnamed")

    def __init__(self, node: PropertyNode, *, closed: bool) -> None:
        self.kind = node.type
        self.accepted = ACCEPTED[self.kind]
        self.required = node.required
        self.unnamed = node.planned is None
        self.each = _Place(node.each, closed=closed) if node.each else None
        has_places = bool(node.children) and not node.each
        self.inside = _Object(node, closed=closed) if has_places else None

    @property
    def is_plain(self) -> bool:
        """Whether checking the type is enough."""
        return not (self.each or self.inside or self.kind in {"integer", "date"})

    def look(self, value: Any, path: str, found: list[Issue]) -> None:
        """Add the issues of a value, including null."""
        if value is None:
            self._look_for_missing(path, found)
        elif type(value) not in self.accepted:
            _add(found, _wrong_type(path, self.kind, type(value)))
        elif self.inside is not None and type(value) is dict:
            self.inside.look(value, path, found)
        elif self.each is not None and type(value) is list:
            for index, item in enumerate(value):
                self.each.look(item, f"{path}.{index}", found)
        elif not fits(value, self.kind):
            _add(found, _wrong_type(path, self.kind, None))

    def _look_for_missing(self, path: str, found: list[Issue]) -> None:
        if self.unnamed and self.inside is not None:
            # The plan names only its properties, so these are reported as missing.
            if self.required:
                self.inside.look({}, path, found)
        elif self.required:
            _add(found, _missing(path))


class _Object:
    """The properties that are allowed in an object; `closed`: no others are."""

    __slots__ = ("_closed", "_plain", "_required", "places")

    def __init__(self, node: PropertyNode, *, closed: bool) -> None:
        self._closed = closed
        self.places = {
            key: _Place(child, closed=closed)
            for key, child in node.children.items()
            if key != EACH
        }
        # One look-up here is enough for most values. Null is included where it is allowed.
        self._plain = {
            key: place.accepted - {type(None)} if place.required else place.accepted
            for key, place in self.places.items()
            if place.is_plain
        }
        self._required = frozenset(
            key for key, place in self.places.items() if place.required
        )

    def look(self, content: Mapping[str, Any], path: str, found: list[Issue]) -> None:
        plain = self._plain
        if self._closed:
            for key, value in content.items():
                if type(value) not in plain.get(key, ()):
                    self._look_closer(key, value, path, found)
        else:
            for key in self.places:
                if key in content and type(content[key]) not in plain.get(key, ()):
                    self._look_closer(key, content[key], path, found)
        if not self._required <= content.keys():
            for key in self.places:
                if key in self._required and key not in content:
                    self._look_closer(key, None, path, found)

    def _look_closer(self, key: str, value: Any, path: str, found: list[Issue]) -> None:
        place = self.places.get(key)
        if place is not None:
            place.look(value, f"{path}.{key}", found)
        else:
            _add(found, _unknown_property(f"{path}.{key[:MAX_KEY]}"))


def _add(found: list[Issue], issue: Issue) -> None:
    if len(found) < MAX_FINDINGS:
        found.append(issue)


def _missing(path: str) -> Issue:
    return REQUIRED.issue(
        path,
        f"{path} is missing, but the plan requires it.",
        "Send it with every event, or make it optional in the plan.",
    )


def _wrong_type(path: str, planned: str, got: type | None) -> Issue:
    wanted = WANTED[planned]
    if got is None:
        message = f"{path} is not {wanted}."
    else:
        message = f"{path} must be {wanted}, but is {GOT[got]}."
    return TYPE.issue(
        path,
        message,
        f"Send {wanted}, or change the property's type in the plan.",
    )


def _unknown_property(path: str) -> Issue:
    return PROPERTY.issue(
        path, f"{path} is not in the plan.", "Add it to the plan, or don't send it."
    )


_UNKNOWN = {
    field: EVENT.issue(
        field or "type",
        "This event is not in the stream's tracking plan.",
        "Send an event that is in the plan, or add this event to the plan.",
    )
    for field in (None, *NAME_FIELDS.values())
}
