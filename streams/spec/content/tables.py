"""Compile the tables of the Spec, for each call and each semantic event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.spec.content.key_spelling import snake_case
from streams.spec.content.value_specs import KeyStyle, KeyTable, Misspelling, ValueSpec
from streams.spec.content.values import consent, group_id, wanted_value
from streams.spec.rules import RULES
from streams.spec.spec_data import DOCS, EVENTS, SPEC, SpecEvent, SpecField, docs_of

if TYPE_CHECKING:
    from streams.spec.issues import Rule

_EACH = "$"  # in a path: every item of a list
_MONEY = frozenset(
    {"revenue", "total", "value", "price", "subtotal", "shipping", "tax", "discount"}
)
_PROPERTY, _RESERVED = RULES["SPEC-PROPERTY-001"], RULES["SPEC-PROPERTY-003"]
_SPELLING, _DISPUTE = RULES["SPEC-PROPERTY-004"], RULES["SPEC-PROPERTY-005"]
_TRAIT, _CONTEXT = RULES["SPEC-TRAIT-001"], RULES["SPEC-CONTEXT-001"]
_FIELD = RULES["SPEC-FIELD-001"]
_GROUP_DOCS = DOCS + "connections/spec/group/"

# Types that an exception also allows, by event or part and by key.
_ALSO: dict[tuple[str, str], tuple[str, frozenset[type]]] = {
    ("Product Reviewed", "rating"): ("review-rating", frozenset({int, float})),
    ("group", "employees"): ("group-employees", frozenset({int, float})),
    ("context", "ip"): ("email-ip-object", frozenset({dict})),
}
# Keys on which the docs disagree: event, other key, safe key, exception.
_DISPUTED: list[tuple[str, str, str, str]] = [
    ("Video Quality Updated", "startup_time", "startupTime", "video-quality-case"),
    ("Video Quality Updated", "dropped_frames", "droppedFrames", "video-quality-case"),
    ("Checkout Started", "total", "value", "checkout-total"),
    *(
        (name, "value", "total", "checkout-total")
        for name in ("Order Updated", "Order Completed", "Order Cancelled")
    ),
    *(
        (name, f"{one}s", one, "video-ad-lists")
        for name, event in EVENTS.items()
        for one in ("ad_asset_id", "ad_pod_id", "ad_type")
        if one in {known.path for known in event.properties}
    ),
    *(
        (name, snake_case(one), one, "copilot-case")
        for name, event in EVENTS.items()
        for one in ("conversationId", "messageId")
        if one in {known.path for known in event.properties}
    ),
]


@dataclass(slots=True)
class _Node:
    one: SpecField | None = None
    children: dict[str, _Node] = field(default_factory=dict)


def _tree(fields: Iterable[SpecField]) -> _Node:
    root = _Node()
    for one in fields:
        node = root
        for part in one.path.split("."):
            node = node.children.setdefault(part, _Node())
        node.one = one
    return root


def _table(node: _Node, rule: Rule, of: str, docs: str) -> KeyTable:
    """Compile the fields of `of`, an event or a part of a call."""
    value_specs = {
        key: _place(key, child, rule, of, docs) for key, child in node.children.items()
    }
    return KeyTable(
        value_specs=value_specs,
        misspellings=_spelled_otherwise(value_specs, docs),
        style=KeyStyle.SNAKE_CASE,
    )


def _place(key: str, node: _Node, rule: Rule, of: str, docs: str) -> ValueSpec:
    each = node.children.get(_EACH)
    one = node.one or SpecField(path=key, type="object")
    if key in _MONEY and one.type == "number":
        rule = RULES["SPEC-MONEY-002"]
    reading, also = _ALSO.get((of, key), ("", frozenset()))
    item = _place(key, each, rule, of, docs) if each else None
    if item is None and one.items:
        item = ValueSpec(kind=one.items, rule=rule, docs=docs)
    return ValueSpec(
        kind=one.type,
        rule=rule,
        docs=docs,
        reading=reading,
        also=also,
        check=wanted_value(one, rule, docs),
        table=_table(node, rule, of, docs) if node.children and not each else None,
        each=item,
    )


def _spelled_otherwise(keys: Iterable[str], docs: str) -> dict[str, Misspelling]:
    """Return misspelled keys: `campaignId` for `campaign_id`, and `id` in products."""
    others = {
        _camel_case(key): Misspelling(_SPELLING, key, docs=docs)
        for key in keys
        if "_" in key
    }
    if "product_id" in keys and "sku" in keys:
        others["id"] = Misspelling(_SPELLING, "product_id", docs=docs)
    return others


def _camel_case(key: str) -> str:
    first, *more = key.split("_")
    return first + "".join(part.capitalize() for part in more)


def _event_table(event: SpecEvent) -> KeyTable:
    docs = docs_of(event)
    made = _table(_tree(event.properties), _PROPERTY, event.name, docs)
    shown = (
        SpecField(path=path, type="unspecified")
        for path in event.example_only_properties
    )
    value_specs = (
        TRACK.value_specs
        | _table(_tree(shown), _PROPERTY, event.name, docs).value_specs
    )
    disputed = {
        other: Misspelling(_DISPUTE, right, reading, docs)
        for name, other, right, reading in _DISPUTED
        if name == event.name
    }
    return KeyTable(
        value_specs={
            key: value_spec
            for key, value_spec in value_specs.items()
            if key not in disputed
        }
        | made.value_specs,
        misspellings=made.misspellings | disputed,
        style=KeyStyle.SNAKE_CASE,
    )


def _traits(fields: Iterable[SpecField], of: str, docs: str) -> KeyTable:
    """Compile reserved traits, in both allowed spellings."""
    value_specs = {
        spelled: _trait(one, of, docs)
        for one in fields
        for spelled in (one.path, snake_case(one.path))
    }
    return KeyTable(value_specs=value_specs, style=KeyStyle.ONE_SPELLING)


def _trait(one: SpecField, of: str, docs: str) -> ValueSpec:
    inside = [SpecField(path=name, type=kind) for name, _, kind in
              (sub.partition(":") for sub in one.subfields) if kind]  # fmt: skip
    reading, also = _ALSO.get((of, one.path), ("", frozenset()))
    return ValueSpec(
        kind=one.type,
        rule=_TRAIT,
        docs=docs,
        reading=reading,
        also=also,
        check=wanted_value(one, _TRAIT, docs),
        table=_traits(inside, of, docs) if inside else None,
    )


def _context() -> KeyTable:
    others = {
        snake_case(one.path): Misspelling(_FIELD, f"context.{one.path}")
        for one in SPEC.context_fields
        if snake_case(one.path) != one.path
    }
    for one in SPEC.field_corrections:
        where, _, wrong = one.wrong.partition(".")
        if where == "context":
            reading = "email-user-agent" if wrong == "user_agent" else ""
            others[wrong] = Misspelling(_FIELD, one.right, reading, DOCS + one.docs)
    value_specs = {
        key: _place(key, node, _CONTEXT, "context", "")
        for key, node in _tree(SPEC.context_fields).children.items()
    }
    value_specs["traits"] = ValueSpec(kind="object", rule=_CONTEXT, table=IDENTIFY)
    preferences = ValueSpec(kind="object", rule=_CONTEXT)
    value_specs["consent"] = ValueSpec(
        kind="object",
        rule=_CONTEXT,
        check=consent,
        table=KeyTable(value_specs={"categoryPreferences": preferences}),
    )
    value_specs["groupId"] = ValueSpec(kind="string", rule=_CONTEXT, check=group_id)
    return KeyTable(value_specs=value_specs, misspellings=others)


_RESERVED_FIELDS = {one.where: one.fields for one in SPEC.reserved}
TRACK, PAGE, SCREEN = (
    _table(_tree(_RESERVED_FIELDS[f"{call}_properties"]), _RESERVED, call,
           f"{DOCS}connections/spec/{call}/")
    for call in ("track", "page", "screen")
)  # fmt: skip
IDENTIFY = _traits(_RESERVED_FIELDS["identify_traits"], "identify", "")
GROUP = _traits(_RESERVED_FIELDS["group_traits"], "group", _GROUP_DOCS)
CONTEXT = _context()
EVENT_TABLES: dict[str, KeyTable] = {
    name: _event_table(event) for name, event in EVENTS.items()
}
