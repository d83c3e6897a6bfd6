"""Infer a plan from received events.

Uses names and types only and keeps no values, which may be personal data. Memory is
bounded, whatever the events contain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from streams.catalog.plans.authoring.observed_values import ObservedValues
from streams.catalog.plans.personal_data import is_likely_sensitive
from streams.catalog.plans.plan import (
    EACH,
    NAME_FIELDS,
    PlannedEvent,
    PlannedProperty,
    content_field,
)
from streams.catalog.plans.validation import (
    MAX_PATH,
    MAX_PROPERTIES,
    event_errors,
)
from streams.spec.names.event_names import has_value

ENOUGH = 20  # events; a property of all of them counts as required
MAX_KINDS = 200  # distinct events; a tenth of it for names that contain a value
# Added to the context of every event by the portal or a library.
STAMPED = frozenset({"integration", "library"})


@dataclass(frozen=True, slots=True)
class InferredProperty:
    """A property and how often it was seen."""

    planned: PlannedProperty
    share: float  # 0 to 1, of the events, or of the objects that may contain it


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredEvent:
    """An event inferred from traffic."""

    call: str
    name: str
    count: int
    properties: tuple[InferredProperty, ...]
    context: tuple[InferredProperty, ...]
    is_cut: bool  # parts of it can't be stored in a plan

    @property
    def event(self) -> PlannedEvent:
        return PlannedEvent(
            call=self.call,
            name=self.name,
            properties=tuple(one.planned for one in self.properties),
            context=tuple(one.planned for one in self.context),
        )

    @property
    def is_named_by_value(self) -> bool:
        return has_value(self.name)


@dataclass(frozen=True, slots=True)
class InferenceResult:
    events: tuple[InferredEvent, ...]  # the most frequent first
    looked_at: int
    left_out: int  # events beyond MAX_KINDS, or that can't be stored in a plan


def learn(events: Iterable[Mapping[str, Any]]) -> InferenceResult:
    """Infer planned events from stored events.

    All pages count as one event, and so do all screens: a plan with an unnamed page
    covers every page.
    """
    kinds: dict[tuple[str, str], _ObservedEvent] = {}
    named_by_value = looked_at = left_out = 0
    for content in events:
        looked_at += 1
        call = content["type"]
        name = (content.get("event") or "") if call == "track" else ""
        kind = kinds.get((call, name))
        if kind is None:
            by_value = call in NAME_FIELDS and has_value(name)
            named_by_value += by_value
            if len(kinds) >= MAX_KINDS or (
                by_value and named_by_value > MAX_KINDS // 10
            ):
                left_out += 1
                continue
            kind = kinds[call, name] = _ObservedEvent()
        kind.see(call, content)
    found = [kind.learned(*key) for key, kind in kinds.items()]
    fit = [one for one in found if not event_errors(one.event)]
    left_out += sum(one.count for one in found) - sum(one.count for one in fit)
    return InferenceResult(
        tuple(sorted(fit, key=lambda one: -one.count)), looked_at, left_out
    )


def extended(planned: PlannedEvent, learned: PlannedEvent) -> PlannedEvent:
    """Add inferred properties to a planned event without changing its own.

    Properties that contradict the plan, such as a child of a string, are skipped.
    """
    all_of_it = _with(planned, learned.properties, learned.context)
    if not event_errors(all_of_it):
        return all_of_it
    for one in learned.properties:
        planned = _unless_faulty(planned, _with(planned, (one,), ()))
    for one in learned.context:
        planned = _unless_faulty(planned, _with(planned, (), (one,)))
    return planned


def _unless_faulty(before: PlannedEvent, after: PlannedEvent) -> PlannedEvent:
    return before if event_errors(after) else after


def _with(
    event: PlannedEvent,
    properties: Iterable[PlannedProperty],
    context: Iterable[PlannedProperty],
) -> PlannedEvent:
    return msgspec.structs.replace(
        event,
        properties=_joined(event.properties, properties),
        context=_joined(event.context, context),
    )


def _joined(
    present: tuple[PlannedProperty, ...], more: Iterable[PlannedProperty]
) -> tuple[PlannedProperty, ...]:
    paths = {one.path for one in present}
    return (*present, *(one for one in more if one.path not in paths))


@dataclass(slots=True)
class _ObservedEvent:
    """The values seen of one event."""

    content: ObservedValues = field(default_factory=ObservedValues)
    context: ObservedValues = field(default_factory=ObservedValues)

    def see(self, call: str, event: Mapping[str, Any]) -> None:
        name = content_field(call)
        self.content.see((event.get(name) or {}) if name else {})
        context = event.get("context") or {}
        self.context.see({k: v for k, v in context.items() if k not in STAMPED})

    def learned(self, call: str, name: str) -> InferredEvent:
        content = list(_properties(self.content, call))
        # Others add to the context, so the stream can't guarantee any of its fields.
        context = [
            InferredProperty(
                msgspec.structs.replace(one.planned, required=False), one.share
            )
            for one in _properties(self.context, call)
        ]
        return InferredEvent(
            call=call,
            name=name,
            count=self.content.count,
            properties=tuple(content[:MAX_PROPERTIES]),
            context=tuple(context[:MAX_PROPERTIES]),
            is_cut=self.content.is_cut
            or self.context.is_cut
            or max(len(content), len(context)) > MAX_PROPERTIES,
        )


def _properties(
    values: ObservedValues, call: str, above: str = ""
) -> Iterator[InferredProperty]:
    """Yield the properties of an object, parents first."""
    for key, child in values.children.items():
        path = f"{above}{key}"
        if len(path) <= MAX_PATH:
            share = child.count / values.objects
            yield _learned(child, call, path, share, of=values.objects)
            yield from _inside(child, call, path)


def _inside(child: ObservedValues, call: str, path: str) -> Iterator[InferredProperty]:
    if child.type == "object":
        yield from _properties(child, call, f"{path}.")
    elif child.type == "array" and child.items and child.items.count:
        item, path = child.items, f"{path}.{EACH}"
        if item.type != "object":  # for objects, their properties are enough
            yield _learned(item, call, path, 1, of=0)
        yield from _inside(item, call, path)


def _learned(
    child: ObservedValues, call: str, path: str, share: float, *, of: int
) -> InferredProperty:
    planned = PlannedProperty(
        path=path,
        type=child.type,
        required=share == 1 and of >= ENOUGH,
        sensitive=child.is_personal or is_likely_sensitive(call, path),
    )
    return InferredProperty(planned, share)
