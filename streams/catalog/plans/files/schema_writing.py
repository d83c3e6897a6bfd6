"""A plan as a JSON Schema (draft 2020-12), for the validators of a partner's own tests.

One document that describes one call as it is sent; it asks of one what checks.py asks.
How the two map:

- an event is an entry of `$defs`, in the order of the plan, and a call should be `anyOf`
  them; `type` and `event` (a page's and a screen's `name`) are constants;
- what the event has below `properties`, `traits` or `context` is there as it is nested,
  `products.$.sku` within `items`; nothing else may be there but in the context;
- `when` and descriptions are `description`, an example is the first of `examples`;
- what is optional may also be null, and what is required stands in `required`;
- a date is a string of the format `date-time`; `any` has no type, or all but null.

And what JSON Schema has no word for, in keywords of our own:

- `x-sensitive`: personal data;
- `x-planned`: whether the plan names a place itself, or only what is in it. If left out
  it does, except a list's item about which only its content is said;
- `x-required`: an item of a list that may not be null;
- `x-order`: the places of the properties, where they are not listed as they are nested.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from streams.catalog.plans.plan import NAME_FIELDS, content_field
from streams.catalog.plans.tree import Node, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.catalog.plans.plan import EventPlan, PlannedEvent, PlannedProperty

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES = {"date": "string"}  # of our types, where JSON Schema has another
FORMAT = {"date": "date-time"}
ALL_BUT_NULL = ["string", "number", "boolean", "object", "array"]


def to_schema(plan: EventPlan, *, title: str) -> str:
    """As indented JSON."""
    defs = {_key(event): _event(event) for event in plan.events}
    calls = [{"$ref": f"#/$defs/{_pointer(key)}"} for key in defs]
    either: dict[str, Any] = {"anyOf": calls} if calls else {"not": {}}
    document = {
        "$schema": DIALECT,
        "title": title,
        **either,
        "$defs": defs,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def says_content_alone(schema: Mapping[str, Any]) -> bool:
    """Whether nothing is said of a place but what is in it."""
    content = {"type", "properties", "required", "additionalProperties", "items"}
    has_content = "properties" in schema or "items" in schema
    return has_content and schema.keys() <= content | {"x-planned"}


def _key(event: PlannedEvent) -> str:
    return f"{event.call} {event.name}".rstrip()


def _pointer(key: str) -> str:
    return quote(key.replace("~", "~0").replace("/", "~1"))


def _event(event: PlannedEvent) -> dict[str, Any]:
    properties: dict[str, Any] = {"type": {"const": event.call}}
    required = ["type"]
    if event.name and (field := NAME_FIELDS.get(event.call)):
        properties[field] = {"const": event.name}
        required.append(field)
    if field := content_field(event.call):
        node = tree(event.properties)
        orders = _orders(node, event.properties)
        properties[field] = _nullable(
            {"type": "object", **_object(node, orders, closed=True)}, node
        )
        required += [field] if node.required else []
    if event.context:
        node = tree(event.context)
        orders = _orders(node, event.context)
        properties["context"] = _nullable(
            {"type": "object", **_object(node, orders, closed=False)}, node
        )
        required += ["context"] if node.required else []
    described = {"description": event.when} if event.when else {}
    return {
        "title": _key(event),
        **described,
        "type": "object",
        "properties": properties,
        "required": required,
    }


def _object(node: Node, orders: Mapping[str, int], *, closed: bool) -> dict[str, Any]:
    """What may be in an object."""
    schema: dict[str, Any] = {
        "properties": {
            key: _place(child, orders, closed=closed, is_item=False)
            for key, child in node.children.items()
        }
    }
    if needed := [key for key, child in node.children.items() if child.required]:
        schema["required"] = needed
    if closed:
        schema["additionalProperties"] = False
    return schema


def _place(
    node: Node, orders: Mapping[str, int], *, closed: bool, is_item: bool
) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if node.type != "any":
        schema["type"] = NAMES.get(node.type, node.type)
        schema = _nullable(schema, node)
    elif node.required:
        schema["type"] = ALL_BUT_NULL
    if node.type in FORMAT:
        schema["format"] = FORMAT[node.type]
    if node.planned is not None:
        schema |= _said(node.planned)
        if is_item and node.required:
            schema["x-required"] = True
        if orders:
            schema["x-order"] = orders[node.planned.path]
    if node.each is not None:
        schema["items"] = _place(node.each, orders, closed=closed, is_item=True)
    elif node.children:
        schema |= _object(node, orders, closed=closed)
    if (node.planned is not None) != (not (is_item and says_content_alone(schema))):
        schema["x-planned"] = node.planned is not None
    return schema


def _said(planned: PlannedProperty) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if planned.description:
        said["description"] = planned.description
    if planned.example is not None:
        said["examples"] = [planned.example]
    if planned.sensitive:
        said["x-sensitive"] = True
    return said


def _nullable(schema: dict[str, Any], node: Node) -> dict[str, Any]:
    if node.required:
        return schema
    return {**schema, "type": [schema["type"], "null"]}


def _orders(node: Node, properties: tuple[PlannedProperty, ...]) -> dict[str, int]:
    """The place of each path in the plan; empty where it is that of the tree."""
    paths = [planned.path for planned in properties]
    if paths == [planned.path for planned in _in_order(node)]:
        return {}
    return {path: place for place, path in enumerate(paths, start=1)}


def _in_order(node: Node) -> Iterator[PlannedProperty]:
    """Each place before what is in it."""
    if node.planned is not None:
        yield node.planned
    for child in node.children.values():
        yield from _in_order(child)
