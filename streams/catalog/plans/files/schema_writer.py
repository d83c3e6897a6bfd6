"""Write a plan as a JSON Schema (draft 2020-12), for the tests of partners.

The document describes one call as it is sent, and is as strict as conformance.py. The mapping:

- each event is an entry of `$defs`, in the order of the plan; a call must match `anyOf`
  them; `type` and `event` (`name` of page and screen calls) are constants;
- `properties`, `traits` and `context` are nested like the call, `products.$.sku` within
  `items`; only the context allows other fields;
- `when` and descriptions become `description`, an example the first of `examples`;
- optional properties may be null, required ones are in `required`;
- a date is a string of the format `date-time`; `any` has no type, or all but null.

JSON Schema has no keywords for the following, so we use our own:

- `x-sensitive`: personal data;
- `x-planned`: whether the plan contains this place itself, or only its children. The
  default is true, except for list items that are described by their content alone;
- `x-required`: a list item that must not be null;
- `x-order`: the order of the properties in the plan, if it differs from the nested order.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from streams.catalog.plans.plan import NAME_FIELDS, content_field
from streams.catalog.plans.property_tree import PropertyNode, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES = {"date": "string"}  # our types that JSON Schema calls differently
FORMAT = {"date": "date-time"}
ALL_BUT_NULL = ["string", "number", "boolean", "object", "array"]


def to_schema(plan: TrackingPlan, *, title: str) -> str:
    """Write a plan as indented JSON Schema."""
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
    """Whether a schema describes the content of a place and nothing else."""
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


def _object(
    node: PropertyNode, orders: Mapping[str, int], *, closed: bool
) -> dict[str, Any]:
    """Describe the content of an object."""
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
    node: PropertyNode, orders: Mapping[str, int], *, closed: bool, is_item: bool
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
        schema |= _annotations(node.planned)
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


def _annotations(planned: PlannedProperty) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if planned.description:
        found["description"] = planned.description
    if planned.example is not None:
        found["examples"] = [planned.example]
    if planned.sensitive:
        found["x-sensitive"] = True
    return found


def _nullable(schema: dict[str, Any], node: PropertyNode) -> dict[str, Any]:
    if node.required:
        return schema
    return {**schema, "type": [schema["type"], "null"]}


def _orders(
    node: PropertyNode, properties: tuple[PlannedProperty, ...]
) -> dict[str, int]:
    """Return the position of each path in the plan; empty if the tree has the same order."""
    paths = [planned.path for planned in properties]
    if paths == [planned.path for planned in _in_order(node)]:
        return {}
    return {path: place for place, path in enumerate(paths, start=1)}


def _in_order(node: PropertyNode) -> Iterator[PlannedProperty]:
    """Yield the properties of the tree, parents first."""
    if node.planned is not None:
        yield node.planned
    for child in node.children.values():
        yield from _in_order(child)
