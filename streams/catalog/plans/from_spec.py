"""Convert the Spec's events to planned events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.catalog.plans.personal_data import is_likely_sensitive
from streams.catalog.plans.plan import EACH, PlannedEvent, PlannedProperty
from streams.spec.spec_data import EVENTS, SPEC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.spec.spec_data import SpecEvent, SpecField

# Spec types with another name in plans.
TYPES = {"float": "number", "unspecified": "any"}
# Segment's pages spell some fields in two ways. The Spec's own spelling wins.
_RIGHT = {
    one.wrong: one.right for one in SPEC.field_corrections if one.wrong.startswith("context.")
}  # fmt: skip


def planned_event(known: SpecEvent) -> PlannedEvent:
    """Convert a semantic event with all of its properties.

    Nothing is required: the Spec rarely requires a property, and one that a tool can't
    send would otherwise be reported as missing on every event.
    """
    return PlannedEvent(
        name=known.name,
        properties=tuple(_properties(known.properties)),
        context=tuple(_properties(known.context)),
    )


def expected(event: PlannedEvent, name: str) -> PlannedEvent:
    """Return the Spec's properties of the event `name` that a planned event lacks."""
    if event.call != "track" or name not in EVENTS:
        return PlannedEvent(call=event.call, name=name)
    known = planned_event(EVENTS[name])
    return PlannedEvent(
        name=name,
        properties=_lacking(event.properties, known.properties),
        context=_lacking(event.context, known.context),
    )


def _lacking(
    present: Iterable[PlannedProperty], known: Iterable[PlannedProperty]
) -> tuple[PlannedProperty, ...]:
    paths = [one.path for one in present]
    return tuple(one for one in known if not is_there(one.path, paths))


def is_there(path: str, planned: Iterable[str]) -> bool:
    """Whether one of the paths is this property or is inside it."""
    return any(one == path or one.startswith(f"{path}.") for one in planned)


def _properties(fields: Iterable[SpecField]) -> Iterator[PlannedProperty]:
    for one in fields:
        path = _RIGHT.get(one.path, one.path).removeprefix("context.")
        yield PlannedProperty(
            path=path,
            type=_type(one.type),
            example=one.enum[0] if one.enum else None,
            description=_values(one),
            sensitive=is_likely_sensitive("track", path),
        )
        if one.items:
            yield PlannedProperty(path=f"{path}.{EACH}", type=_type(one.items))


def _type(kind: str) -> str:
    return "any" if "|" in kind else TYPES.get(kind, kind)


def _values(one: SpecField) -> str:
    return f"One of {', '.join(one.enum)}." if one.enum else ""
