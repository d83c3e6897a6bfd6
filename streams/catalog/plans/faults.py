"""What makes a plan no plan: names twice, paths and examples that cannot be.

Of what Segment's Spec says to it, see publishing.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from streams.catalog.plans.checks import PlanChecks, fits
from streams.catalog.plans.plan import (
    EACH,
    NAME_FIELDS,
    TYPES,
    EventPlan,
    content_field,
    parts,
)
from streams.catalog.plans.samples import sample
from streams.spec.calls import CALLS

if TYPE_CHECKING:
    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty

MAX_EVENTS = 500
MAX_PROPERTIES = 300  # of one event; its context as many again
MAX_NAME = 200  # characters, as events are stored
MAX_PATH = 200
MAX_DEPTH = 8  # places in a path
MAX_TEXT = 1000  # characters of a sentence or a description
MAX_EXAMPLE_BYTES = 2000  # as JSON
MAX_EXAMPLE_DEPTH = 20  # lists and objects in each other
LIST, OBJECT = ("array", "a list (array)"), ("object", "an object")
NEVER_STORED = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of a character
NUL = b"\\u0000"  # in JSON; PostgreSQL stores none


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where: `Email Opened, campaign_id`; empty: the plan."""

    where: str
    message: str  # says what to do about it
    part: str = ""  # of the event: call, name, when, properties or context
    path: str = ""  # of the property there; empty: of the whole part

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


def faults(plan: EventPlan) -> list[Fault]:
    """All of them, in the order of the plan."""
    if len(plan.events) > MAX_EVENTS:
        return [Fault("", f"A plan has at most {MAX_EVENTS} events.")]
    found = [fault for event in plan.events for fault in event_faults(event)]
    times = Counter((event.call, event.name) for event in plan.events)
    found += [
        Fault(
            name or call, "The plan has this event twice. Remove or rename one.", "name"
        )
        for (call, name), count in times.items()
        if count > 1
    ]
    return found


def event_faults(event: PlannedEvent) -> list[Fault]:
    """What is wrong with one event, whatever else is in the plan."""
    found = list(_shape_faults(event))
    if not found:
        found = [
            Fault(
                f"{label(event)}, {finding.path}",
                f"In the examples {finding.message}",
                *_place(finding.path),
            )
            for finding in PlanChecks(EventPlan(events=(event,))).check(
                sample(event, user_id="u1")
            )
        ]
    return found


def _shape_faults(event: PlannedEvent) -> Iterator[Fault]:
    where = label(event)
    if event.call not in CALLS:
        yield Fault(
            where, f"“{event.call}” is no call. Take one of {', '.join(CALLS)}.", "call"
        )
        return
    yield from (Fault(where, message, "name") for message in _name_faults(event))
    if message := _text_fault("“When”", event.when):
        yield Fault(where, message, "when")
    if event.properties and not content_field(event.call):
        yield Fault(
            where, "An alias call has no properties. Remove them.", "properties"
        )
    for part, properties in (
        ("properties", event.properties),
        ("context", event.context),
    ):
        if len(properties) > MAX_PROPERTIES:
            message = f"An event has at most {MAX_PROPERTIES} properties."
            yield Fault(where, message, part)
            continue
        prefix = "context." if part == "context" else ""
        for planned, message in _property_faults(properties):
            place = f"{where}, {prefix}{planned.path[:MAX_PATH] or 'a property'}"
            yield Fault(place, message, part, planned.path)


def label(event: PlannedEvent) -> str:
    """What people call the event: its name, or its call."""
    return event.name[:MAX_NAME] or event.call


def property_faults(planned: PlannedProperty) -> Iterator[tuple[str, str]]:
    """What is wrong with one property, whatever else is in the event: a field of it, and
    what to do about that."""
    if message := _path_fault(planned.path):
        yield "path", message
    if planned.type not in TYPES:
        yield "type", f"“{planned.type}” is no type. Take one of {', '.join(TYPES)}."
    elif message := _example_fault(planned):
        yield "example", message
    if message := _text_fault("The description", planned.description):
        yield "description", message


def _place(path: str) -> tuple[str, str]:
    """The part and the path of the property that a finding in an event is about."""
    part, _, rest = path.partition(".")
    places = (EACH if place.isdigit() else place for place in parts(rest))
    return "context" if part == "context" else "properties", ".".join(places)


def _property_faults(
    properties: Iterable[PlannedProperty],
) -> Iterator[tuple[PlannedProperty, str]]:
    by_path: dict[str, PlannedProperty] = {}
    for planned in properties:
        for _, message in property_faults(planned):
            yield planned, message
        if planned.path in by_path:
            yield planned, "It is there twice. Remove one."
        by_path.setdefault(planned.path, planned)
    shapes: dict[str, bool] = {}
    for planned in by_path.values():
        for above, is_list in _above(planned.path):
            needed, words = LIST if is_list else OBJECT
            parent = by_path.get(above)
            if parent is not None and parent.type not in {needed, "any"}:
                yield (
                    planned,
                    f"Nothing can be in a {parent.type}. Make “{above}” {words}.",
                )
            if shapes.setdefault(above, is_list) != is_list:
                yield planned, f"{above} cannot be a list and an object at once."


def _above(path: str) -> Iterator[tuple[str, bool]]:
    """The places above one, and whether each is a list."""
    places = parts(path)
    for end in range(1, len(places)):
        yield ".".join(places[:end]), places[end] == EACH


def _name_faults(event: PlannedEvent) -> Iterator[str]:
    if event.call == "track" and not event.name:
        yield "A track event needs a name."
    elif event.name and event.call not in NAME_FIELDS:
        yield f"{event.call.capitalize()} calls have no name. Leave it empty."
    if len(event.name) > MAX_NAME:
        yield f"A name has at most {MAX_NAME} characters."
    if event.name != event.name.strip() or not event.name.isprintable():
        yield "The name begins or ends with a space, or has a line break. Remove it."


def _text_fault(what: str, text: str) -> str:
    if len(text) > MAX_TEXT:
        return f"{what} has at most {MAX_TEXT:,} characters. Shorten it."
    if NEVER_STORED.search(text):
        return f"{what} has a character that cannot be stored."
    return ""


def _path_fault(path: str) -> str:
    places = parts(path)
    if not path:
        return "A property needs a name."
    if len(path) > MAX_PATH or len(places) > MAX_DEPTH:
        return f"A path has at most {MAX_PATH} characters and {MAX_DEPTH} places."
    if not all(place.strip() == place and place for place in places):
        return "There is nothing, or a space, beside one of its dots."
    if places[0] == EACH or not path.isprintable():
        return "It cannot be read. Write it as email, address.city or products.$.sku."
    return ""


def _example_fault(planned: PlannedProperty) -> str:
    if planned.example is None:
        return ""
    try:
        encoded = msgspec.json.encode(planned.example)
        is_json = msgspec.json.decode(encoded) == planned.example  # not of NaN
    except (TypeError, ValueError, OverflowError, RecursionError):
        is_json = False
    if not is_json or NUL in encoded:
        return "The example is nothing that JSON can hold."
    if len(encoded) > MAX_EXAMPLE_BYTES:
        return f"The example is larger than {MAX_EXAMPLE_BYTES:,} bytes. Shorten it."
    if _depth(planned.example) > MAX_EXAMPLE_DEPTH:
        return f"The example is nested more than {MAX_EXAMPLE_DEPTH} deep. Shorten it."
    if not fits(planned.example, planned.type):
        return f"The example is not of the type {planned.type}. Change one of the two."
    return ""


def _depth(value: Any) -> int:
    """How many lists and objects are in each other."""
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, inner), default=0)
