"""Load the Segment Spec from spec.json, which scripts/build_spec.py generates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

DOCS = "https://segment.com/docs/"


class SpecField(msgspec.Struct, frozen=True, kw_only=True):
    """A property of an event, a trait, or a field of the event itself or its context."""

    path: str  # `a.b`: in an object; `products.$.sku`: of each item of a list
    type: str  # `string|object`: either; `unspecified`: not in the docs
    required: str = ""  # usually empty: not in the docs
    items: str = ""  # the type of list items
    enum: tuple[str, ...] = ()
    default: Any = None
    subfields: tuple[str, ...] = ()  # of an object; `name` or `name:type`


class SpecEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A semantic event. All of them are track calls."""

    name: str
    category: str = ""
    group: str = ""
    sender: str = ""  # partner, customer, customer_or_partner
    properties: tuple[SpecField, ...] = ()
    context: tuple[SpecField, ...] = ()  # the paths start with `context.`
    aliases: tuple[str, ...] = ()
    accepted_variants: tuple[str, ...] = ()
    example_only_properties: tuple[str, ...] = ()  # in an example, but in no table
    auto_collected_by: tuple[str, ...] = ()  # Segment's mobile libraries
    superseded_by: str = ""
    note: str = ""


class Category(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    docs: str  # relative to DOCS
    events: int
    written_for: str  # partners, customers


class OtherName(msgspec.Struct, frozen=True, kw_only=True):
    """A name that is not in the Spec."""

    name: str
    right: str = ""  # empty: the Spec has no such event
    kind: str = ""  # of a correction: wrong_name, alias, accepted_variant …
    docs: str = ""  # relative to DOCS
    sources: int = 0  # in the catalog that send it


class CallFields(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    purpose: str
    fields: tuple[SpecField, ...]


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    where: str  # identify_traits, group_traits, track_properties …
    fields: tuple[SpecField, ...]


class FieldCorrection(msgspec.Struct, frozen=True, kw_only=True):
    wrong: str
    right: str
    docs: str  # relative to DOCS
    call: str = ""  # the only call it applies to
    within: str = ""  # `properties`, or its list `products`; empty: the event


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """A contradiction in Segment's docs."""

    id: str
    text: str


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    categories: tuple[Category, ...]
    events: tuple[SpecEvent, ...]
    old_events: tuple[SpecEvent, ...]
    system_events: tuple[OtherName, ...]  # sent by Segment's own libraries
    library_events: tuple[OtherName, ...]  # known only to its matching library
    corrections: tuple[OtherName, ...]
    near_misses: tuple[OtherName, ...]
    outside: tuple[OtherName, ...]  # common names without a Spec event
    calls: tuple[CallFields, ...]
    common_fields: tuple[SpecField, ...]
    context_fields: tuple[SpecField, ...]
    reserved: tuple[Reserved, ...]
    field_corrections: tuple[FieldCorrection, ...]
    disagreements: tuple[Disagreement, ...]


SPEC = msgspec.json.decode(
    Path(__file__).with_name("spec.json").read_bytes(), type=Spec
)
EVENTS: dict[str, SpecEvent] = {event.name: event for event in SPEC.events}
_PAGES = {category.id: DOCS + category.docs for category in SPEC.categories}


def docs_of(event: SpecEvent) -> str:
    """Return the URL of the docs page about an event."""
    return _PAGES[event.category]
