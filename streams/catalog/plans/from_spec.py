"""What the Spec has for an event, as part of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.catalog.plans.plan import EACH, PlannedEvent, PlannedProperty
from streams.catalog.plans.sensitive import is_likely_sensitive
from streams.spec.data import EVENTS, SPEC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.spec.data import SpecEvent, SpecField

# The types of the Spec that a plan has under another name. Of two, either may come.
TYPES = {"float": "number", "unspecified": "any"}
# Segment's pages spell some fields in two ways; the Spec's own spelling stays.
_RIGHT = {
    one.wrong: one.right for one in SPEC.field_corrections if one.wrong.startswith("context.")
}  # fmt: skip


def planned_event(known: SpecEvent) -> PlannedEvent:
    """A semantic event with all that the Spec has for it.

    Nothing is required: the Spec hardly ever says so, and what a tool cannot send is to be
    taken out rather than missed on every event.
    """
    return PlannedEvent(
        name=known.name,
        properties=tuple(_properties(known.properties)),
        context=tuple(_properties(known.context)),
    )


def expected(event: PlannedEvent, name: str) -> PlannedEvent:
    """What the Spec has for the event of that name and a planned one lacks."""
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
    """Whether a property is among the paths, by its own or by what is in it."""
    return any(one == path or one.startswith(f"{path}.") for one in planned)


def _properties(fields: Iterable[SpecField]) -> Iterator[PlannedProperty]:
    for one in fields:
        path = _RIGHT.get(one.path, one.path).removeprefix("context.")
        yield PlannedProperty(
            path=path,
            type=_type(one.type),
            example=one.enum[0] if one.enum else None,
            description=_told(one),
            sensitive=is_likely_sensitive("track", path),
        )
        if one.items:
            yield PlannedProperty(path=f"{path}.{EACH}", type=_type(one.items))


def _type(kind: str) -> str:
    return "any" if "|" in kind else TYPES.get(kind, kind)


def _told(one: SpecField) -> str:
    return f"One of {', '.join(one.enum)}." if one.enum else ""
