"""Infer a plan from received events.

Uses names and types only and keeps no values, which may be personal data. Memory is
bounded, whatever the events contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from streams.catalog.plans.authoring.sensitive import is_likely_sensitive
from streams.catalog.plans.plan import (
    EACH,
    NAME_FIELDS,
    PlannedEvent,
    PlannedProperty,
    content_field,
)
from streams.catalog.plans.validation import (
    MAX_DEPTH,
    MAX_PATH,
    MAX_PROPERTIES,
    event_faults,
)
from streams.spec.content.timestamps import parse_time
from streams.spec.names.event_names import has_value

ENOUGH = 20  # events; a property of all of them counts as required
MAX_KINDS = 200  # distinct events; a tenth of it for names that contain a value
MAX_KEYS = 100  # of an object; if it has more, its keys are data and are skipped
LOOKS = 50  # values of a property that are tested for personal data
# Added to the context of every event by the portal or a library.
STAMPED = frozenset({"integration", "library"})
# An email address, a telephone number, an IP address.
_PERSONAL = re.compile(
    r"\s*([^@\s]+@[^@\s]+\.\w+|\+\d[\d ()./-]{6,20}|(\d{1,3}\.){3}\d{1,3})\s*"
)


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
    kinds: dict[tuple[str, str], _Kind] = {}
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
            kind = kinds[call, name] = _Kind()
        kind.see(call, content)
    found = [kind.learned(*key) for key, kind in kinds.items()]
    fit = [one for one in found if not event_faults(one.event)]
    left_out += sum(one.count for one in found) - sum(one.count for one in fit)
    return InferenceResult(
        tuple(sorted(fit, key=lambda one: -one.count)), looked_at, left_out
    )


def extended(planned: PlannedEvent, learned: PlannedEvent) -> PlannedEvent:
    """Add inferred properties to a planned event without changing its own.

    Properties that contradict the plan, such as a child of a string, are skipped.
    """
    all_of_it = _with(planned, learned.properties, learned.context)
    if not event_faults(all_of_it):
        return all_of_it
    for one in learned.properties:
        planned = _unless_faulty(planned, _with(planned, (one,), ()))
    for one in learned.context:
        planned = _unless_faulty(planned, _with(planned, (), (one,)))
    return planned


def _unless_faulty(before: PlannedEvent, after: PlannedEvent) -> PlannedEvent:
    return before if event_faults(after) else after


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
class _Shape:
    """The values seen at one path."""

    count: int = 0  # values other than null
    kinds: set[str] = field(default_factory=set)  # of plan.TYPES
    places: dict[str, _Shape] = field(default_factory=dict)  # of objects
    each: _Shape | None = None  # all items of lists
    objects: int = 0
    is_map: bool = False  # its keys are data
    is_cut: bool = False  # a part of it can't be stored in a plan
    looks: int = 0
    is_personal: bool = False

    def see(self, value: Any, depth: int = 1) -> None:
        if value is None:
            return
        self.count += 1
        if isinstance(value, str):
            self._see_text(value)
        elif isinstance(value, bool):
            self.kinds.add("boolean")
        elif isinstance(value, int):
            self.kinds.add("integer")
        elif isinstance(value, float):
            self.kinds.add("number")
        elif isinstance(value, dict):
            self.kinds.add("object")
            self._see_object(value, depth)
        else:
            self.kinds.add("array")
            self._see_list(value, depth)

    def _see_text(self, text: str) -> None:
        if self.looks < LOOKS:
            self.looks += 1
            self.is_personal |= len(text) < 200 and bool(_PERSONAL.fullmatch(text))
        if "string" in self.kinds:
            return
        # With a dash, because a number of eight digits could be a date too.
        is_date = text[4:5] == "-" and parse_time(text) is not None
        self.kinds.add("date" if is_date else "string")

    def _see_object(self, content: dict[str, Any], depth: int) -> None:
        self.objects += 1
        if depth > MAX_DEPTH:
            self.is_cut |= bool(content)
            return
        if self.is_map:
            return
        for key, value in content.items():
            place = self.places.get(key)
            if place is None:
                if not _is_plannable(key):
                    self.is_cut = True
                    continue
                place = self.places[key] = _Shape()
            place.see(value, depth + 1)
            self.is_cut |= place.is_cut
        if len(self.places) > MAX_KEYS:
            self.is_map = self.is_cut = True
            self.places.clear()

    def _see_list(self, items: list[Any], depth: int) -> None:
        if depth > MAX_DEPTH:
            self.is_cut |= bool(items)
            return
        self.each = self.each or _Shape()
        for item in items:
            self.each.see(item, depth + 1)
        self.is_cut |= self.each.is_cut

    @property
    def type(self) -> str:
        """The plan.TYPES member that covers all of its values."""
        if len(self.kinds) == 1:
            return next(iter(self.kinds))
        if self.kinds == {"integer", "number"}:
            return "number"
        return "string" if self.kinds == {"date", "string"} else "any"


@dataclass(slots=True)
class _Kind:
    """The values seen of one event."""

    content: _Shape = field(default_factory=_Shape)
    context: _Shape = field(default_factory=_Shape)

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
    shape: _Shape, call: str, above: str = ""
) -> Iterator[InferredProperty]:
    """Yield the properties of an object, parents first."""
    for key, place in shape.places.items():
        path = f"{above}{key}"
        if len(path) <= MAX_PATH:
            share = place.count / shape.objects
            yield _learned(place, call, path, share, of=shape.objects)
            yield from _inside(place, call, path)


def _inside(place: _Shape, call: str, path: str) -> Iterator[InferredProperty]:
    if place.type == "object":
        yield from _properties(place, call, f"{path}.")
    elif place.type == "array" and place.each and place.each.count:
        item, path = place.each, f"{path}.{EACH}"
        if item.type != "object":  # for objects, their properties are enough
            yield _learned(item, call, path, 1, of=0)
        yield from _inside(item, call, path)


def _learned(
    place: _Shape, call: str, path: str, share: float, *, of: int
) -> InferredProperty:
    planned = PlannedProperty(
        path=path,
        type=place.type,
        required=share == 1 and of >= ENOUGH,
        sensitive=place.is_personal or is_likely_sensitive(call, path),
    )
    return InferredProperty(planned, share)


def _is_plannable(key: str) -> bool:
    """Whether a path can contain this key."""
    plain = key.isprintable() and key.strip() == key and len(key) <= MAX_PATH
    return bool(key) and plain and "." not in key and key != EACH
