"""Validate plans: duplicate names, impossible paths, wrong examples.

spec_review.py checks plans against Segment's Spec.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils.translation import gettext as _

from streams.catalog.plans.conformance import CompiledPlan, fits
from streams.catalog.plans.plan import (
    EACH,
    NAME_FIELDS,
    TYPES,
    TrackingPlan,
    content_field,
    parts,
)
from streams.catalog.plans.samples import sample
from streams.spec.call_structure import CALLS

if TYPE_CHECKING:
    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty

MAX_EVENTS = 500
MAX_PROPERTIES = 300  # per event, and as many context fields
MAX_NAME = 200  # characters, the limit of stored events
MAX_PATH = 200
MAX_DEPTH = 8  # parts of a path
MAX_TEXT = 1000  # characters of a trigger or a description
MAX_EXAMPLE_BYTES = 2000  # as JSON
MAX_EXAMPLE_DEPTH = 20  # nested lists and objects
NEVER_STORED = re.compile("[\0\ud800-\udfff]")  # NUL and lone surrogates
NUL = b"\\u0000"  # in JSON; PostgreSQL can't store it


@dataclass(frozen=True, slots=True)
class PlanError:
    """An error in a plan; `where` is like `Email Opened, campaign_id`, empty for the plan."""

    where: str
    message: str  # for people: what is wrong and how to fix it
    part: str = ""  # of the event: call, name, when, properties or context
    path: str = ""  # of the property; empty: the whole part

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


def plan_errors(plan: TrackingPlan) -> list[PlanError]:
    """List the errors of a plan, in its order."""
    if len(plan.events) > MAX_EVENTS:
        message = _("A plan can have at most %(most)d events.")
        return [PlanError("", message % {"most": MAX_EVENTS})]
    found = [error for event in plan.events for error in event_errors(event)]
    times = Counter((event.call, event.name) for event in plan.events)
    found += [
        PlanError(
            name or call,
            _("The plan has two events with this name. Remove or rename one."),
            "name",
        )
        for (call, name), count in times.items()
        if count > 1
    ]
    return found


def event_errors(event: PlannedEvent) -> list[PlanError]:
    """List the errors of one event, regardless of the rest of the plan."""
    found = list(_shape_errors(event))
    if not found:
        found = [
            PlanError(
                f"{label(event)}, {issue.path}",
                _("The examples don't match the plan. %(issue)s")
                % {"issue": issue.message},
                *_place(issue.path),
            )
            for issue in CompiledPlan(TrackingPlan(events=(event,))).check(
                sample(event, user_id="u1")
            )
        ]
    return found


def _shape_errors(event: PlannedEvent) -> Iterator[PlanError]:
    where = label(event)
    if event.call not in CALLS:
        message = _("“%(call)s” is not a call. Use one of: %(calls)s.")
        listed = {"call": event.call, "calls": ", ".join(CALLS)}
        yield PlanError(where, message % listed, "call")
        return
    yield from (PlanError(where, message, "name") for message in _name_errors(event))
    if len(event.when) > MAX_TEXT:
        message = _("The trigger is longer than %(most)s characters. Shorten it.")
        yield PlanError(where, message % {"most": f"{MAX_TEXT:,}"}, "when")
    elif NEVER_STORED.search(event.when):
        message = _("The trigger contains a character that can't be stored. Remove it.")
        yield PlanError(where, message, "when")
    if event.properties and not content_field(event.call):
        message = _("An alias call can't have properties. Remove them.")
        yield PlanError(where, message, "properties")
    for part, properties in (
        ("properties", event.properties),
        ("context", event.context),
    ):
        if len(properties) > MAX_PROPERTIES:
            message = _("An event can have at most %(most)d properties.")
            yield PlanError(where, message % {"most": MAX_PROPERTIES}, part)
            continue
        prefix = "context." if part == "context" else ""
        for planned, message in _property_errors(properties):
            place = (
                f"{where}, {prefix}{planned.path[:MAX_PATH] or _('unnamed property')}"
            )
            yield PlanError(place, message, part, planned.path)


def label(event: PlannedEvent) -> str:
    """Return the name of an event for people, or its call if it has none."""
    return event.name[:MAX_NAME] or event.call


def property_errors(planned: PlannedProperty) -> Iterator[tuple[str, str]]:
    """Yield the errors of one property, regardless of the rest of the event: field, message."""
    if message := _path_fault(planned.path):
        yield "path", message
    if planned.type not in TYPES:
        yield "type", unknown_type(planned.type)
    elif message := _example_fault(planned):
        yield "example", message
    if len(planned.description) > MAX_TEXT:
        message = _("The description is longer than %(most)s characters. Shorten it.")
        yield "description", message % {"most": f"{MAX_TEXT:,}"}
    elif NEVER_STORED.search(planned.description):
        yield (
            "description",
            _("The description contains a character that can't be stored. Remove it."),
        )


def unknown_type(name: str) -> str:
    """Return the message about a type that is not one of TYPES."""
    message = _("“%(type)s” is not a type. Use one of: %(types)s.")
    return message % {"type": name, "types": ", ".join(TYPES)}


def _place(path: str) -> tuple[str, str]:
    """Return the part and path of the property at an issue's path."""
    part, _, rest = path.partition(".")
    places = (EACH if place.isdigit() else place for place in parts(rest))
    return "context" if part == "context" else "properties", ".".join(places)


def _property_errors(
    properties: Iterable[PlannedProperty],
) -> Iterator[tuple[PlannedProperty, str]]:
    by_path: dict[str, PlannedProperty] = {}
    for planned in properties:
        for _field, message in property_errors(planned):
            yield planned, message
        if planned.path in by_path:
            yield planned, _("This property is listed twice. Remove one.")
        by_path.setdefault(planned.path, planned)
    shapes: dict[str, bool] = {}
    for planned in by_path.values():
        for above, is_list in _above(planned.path):
            parent = by_path.get(above)
            needed = "array" if is_list else "object"
            if parent is not None and parent.type not in {needed, "any"}:
                message = _("“%(parent)s” has the type %(type)s. Change it to %(needed)s, or remove this property.")  # fmt: skip
                yield (
                    planned,
                    message % {"parent": above, "type": parent.type, "needed": needed},
                )
            if shapes.setdefault(above, is_list) != is_list:
                message = _("“%(parent)s” can't be both an array and an object.")
                yield planned, message % {"parent": above}


def _above(path: str) -> Iterator[tuple[str, bool]]:
    """Yield the ancestors of a path and whether each is a list."""
    places = parts(path)
    for end in range(1, len(places)):
        yield ".".join(places[:end]), places[end] == EACH


def _name_errors(event: PlannedEvent) -> Iterator[str]:
    if event.call == "track" and not event.name:
        yield _("A track event needs a name.")
    elif event.name and event.call not in NAME_FIELDS:
        message = _("A call of type %(call)s can't have a name. Leave it empty.")
        yield message % {"call": event.call}
    if len(event.name) > MAX_NAME:
        message = _("The name is longer than %(most)d characters. Shorten it.")
        yield message % {"most": MAX_NAME}
    if event.name != event.name.strip() or not event.name.isprintable():
        yield _(
            "The name starts or ends with a space, or contains a line break. Remove it."
        )


def _path_fault(path: str) -> str:
    places = parts(path)
    if not path:
        return _("A property needs a name.")
    if len(path) > MAX_PATH or len(places) > MAX_DEPTH:
        message = _("A path can have at most %(characters)d characters and %(parts)d parts.")  # fmt: skip
        return message % {"characters": MAX_PATH, "parts": MAX_DEPTH}
    if not all(place.strip() == place and place for place in places):
        return _("The path has an empty part, or a space next to a dot. Remove it.")
    if places[0] == EACH or not path.isprintable():
        return _("Enter a valid path, such as email, address.city, or products.$.sku.")
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
        return _("The example can't be stored as JSON. Change it.")
    if len(encoded) > MAX_EXAMPLE_BYTES:
        message = _("The example is larger than %(most)s bytes. Shorten it.")
        return message % {"most": f"{MAX_EXAMPLE_BYTES:,}"}
    if _depth(planned.example) > MAX_EXAMPLE_DEPTH:
        message = _(
            "The example is nested more than %(most)d levels deep. Simplify it."
        )
        return message % {"most": MAX_EXAMPLE_DEPTH}
    if not fits(planned.example, planned.type):
        message = _("The example doesn't have the type %(type)s. Change the example or the type.")  # fmt: skip
        return message % {"type": planned.type}
    return ""


def _depth(value: Any) -> int:
    """Count the levels of nested lists and objects."""
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, inner), default=0)
