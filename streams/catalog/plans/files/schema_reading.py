"""A plan from a JSON Schema; schema_writing tells how the two map."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from streams.catalog.plans.faults import MAX_DEPTH, Fault
from streams.catalog.plans.files.problems import Path, Problems, UnreadableFile, shown
from streams.catalog.plans.files.schema_writing import ALL_BUT_NULL, says_content_alone
from streams.catalog.plans.plan import (
    EACH,
    NAME_FIELDS,
    TYPES,
    EventPlan,
    PlannedEvent,
    PlannedProperty,
    content_field,
)
from streams.spec.calls import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LEFT_OUT = 50  # keywords that are told of
DATES = {"date-time", "date"}
# Keywords that say nothing which a plan could hold, or say it by where they stand.
QUIET = {
    "$schema", "$id", "$comment", "title", "type", "properties", "required", "items",
    "additionalProperties", "x-planned", "x-required", "x-order",
}  # fmt: skip
# Keywords that say what a plan says in another way: to leave them out would be wrong.
BRANCHES = ("$ref", "allOf", "anyOf", "oneOf", "not", "if", "prefixItems")


def from_schema(text: str) -> tuple[EventPlan, tuple[str, ...]]:
    """What the document says, and the keywords that a plan has no place for.

    It may still be no plan (faults.py). Raises UnreadableFile.
    """
    reader = _Reader()
    document = reader.problems.mapping((), _parsed(text), '{"$defs": {}}')
    if not isinstance(defs := document.get("$defs"), dict):
        told = "Describe each event in an entry of “$defs”. There are none."
        reader.problems.add((), told)
        defs = {}
    events = tuple(reader.event(("$defs", key), schema) for key, schema in defs.items())
    reader.problems.raise_any()
    return EventPlan(events=events), tuple(reader.left_out[:MAX_LEFT_OUT])


class _Reader:
    def __init__(self) -> None:
        self.problems = Problems(_where)
        self.left_out: list[str] = []

    def event(self, path: Path, raw: Any) -> PlannedEvent:
        schema = self._schema(path, raw, {"description"})
        below = (*path, "properties")
        fields = self.problems.mapping(
            below, schema.get("properties"), '{"type": {"const": "track"}}'
        )
        call = self._constant(below, fields, "type")
        if call not in CALLS:
            told = f"The constant of “type” should be one of {', '.join(CALLS)}."
            self.problems.add((*below, "type"), told)
            return PlannedEvent()
        name_field, content = NAME_FIELDS.get(call, ""), content_field(call)
        for key in fields.keys() - {"type", name_field, content, "context"}:
            self._leave_out((*below, key))
        return PlannedEvent(
            call=call,
            name=self._constant(below, fields, name_field) if name_field else "",
            when=self.problems.text(path, schema, "description"),
            properties=self._properties((*below, content), fields.get(content)),
            context=self._properties((*below, "context"), fields.get("context")),
        )

    def _properties(self, path: Path, raw: Any) -> tuple[PlannedProperty, ...]:
        if raw is None:
            return ()
        found: list[tuple[int, PlannedProperty]] = []
        self._inside(path, self._schema(path, raw, set()), (), found)
        found.sort(key=lambda one: one[0])  # stable: all are 0 where no order is said
        return tuple(planned for _, planned in found)

    def _inside(
        self,
        path: Path,
        schema: Mapping[str, Any],
        place: tuple[str, ...],
        found: list[tuple[int, PlannedProperty]],
    ) -> None:
        """Read what is in an object or a list at a place of the event."""
        if len(place) >= MAX_DEPTH and ("properties" in schema or "items" in schema):
            self.problems.add(path, f"It is nested more than {MAX_DEPTH} deep.")
            return
        if "items" in schema:
            self._place((*path, "items"), schema["items"], (*place, EACH), found)
        if "properties" not in schema:
            return
        below = (*path, "properties")
        fields = self.problems.mapping(below, schema["properties"], '{"order_id": {}}')
        listed = self._names((*path, "required"), schema.get("required", []))
        needed = dict.fromkeys(listed)  # as a set, in its order
        for key in [one for one in needed if one not in fields]:
            told = f"“{shown(key)}” is required and not described. Describe it."
            self.problems.add((*path, "required"), told)
        for key, raw in fields.items():
            if "." in key or key == EACH:
                told = "A plan cannot hold a property with this name. Rename it."
                self.problems.add((*below, key), told)
            else:
                self._place(
                    (*below, key), raw, (*place, key), found, required=key in needed
                )

    def _place(
        self,
        path: Path,
        raw: Any,
        place: tuple[str, ...],
        found: list[tuple[int, PlannedProperty]],
        *,
        required: bool = False,
    ) -> None:
        known = {"description", "examples", "format", "x-sensitive"}
        schema = self._schema(path, raw, known)
        is_item = place[-1] == EACH
        by_default = not (is_item and says_content_alone(schema))
        if self.problems.flag(path, {"x-planned": by_default, **schema}, "x-planned"):
            planned = PlannedProperty(
                path=".".join(place),
                type=self._type(path, schema),
                required=self.problems.flag(path, schema, "x-required") or required,
                example=self._example(path, schema),
                description=self.problems.text(path, schema, "description"),
                sensitive=self.problems.flag(path, schema, "x-sensitive"),
            )
            found.append((self._order(path, schema), planned))
        self._inside(path, schema, place, found)

    def _schema(self, path: Path, raw: Any, known: set[str]) -> Mapping[str, Any]:
        if raw is True:  # anything, as {} is
            return {}
        schema = self.problems.mapping(path, raw, '{"type": "string"}')
        for key in schema:
            if key in BRANCHES:
                told = f"A plan cannot follow “{key}”. Write out what it stands for."
                self.problems.add((*path, key), told)
            elif key not in known and key not in QUIET:
                self._leave_out((*path, key))
        return schema

    def _type(self, path: Path, schema: Mapping[str, Any]) -> str:
        said = schema.get("type", [])
        names = self._names((*path, "type"), [said] if isinstance(said, str) else said)
        kinds = set(names) - {"null"}
        if not kinds or kinds == set(ALL_BUT_NULL):
            return "any"
        if kinds == {"integer", "number"}:
            return "number"
        kind = min(kinds)
        if len(kinds) > 1 or kind not in TYPES or kind in {"any", "date"}:
            told = f"A property has one type, not {shown(', '.join(sorted(kinds)))}."
            self.problems.add((*path, "type"), told)
        if "format" not in schema:
            return kind
        if kind == "string" and schema["format"] in DATES:
            return "date"
        self._leave_out((*path, "format"))
        return kind

    def _example(self, path: Path, schema: Mapping[str, Any]) -> Any:
        examples = schema.get("examples", [])
        if not isinstance(examples, list):
            self.problems.add((*path, "examples"), "“examples” should be a list.")
            return None
        if len(examples) > 1:
            self._leave_out((*path, "examples", 1))
        return examples[0] if examples else None

    def _order(self, path: Path, schema: Mapping[str, Any]) -> int:
        order = schema.get("x-order", 0)
        if type(order) is int:
            return order
        self.problems.add((*path, "x-order"), "“x-order” should be a number.")
        return 0

    def _constant(self, path: Path, fields: Mapping[str, Any], key: str) -> str:
        schema = fields.get(key, {})
        return self.problems.text(
            (*path, key), schema if isinstance(schema, dict) else {}, "const"
        )

    def _names(self, path: Path, raw: Any) -> list[str]:
        if isinstance(raw, list) and all(isinstance(one, str) for one in raw):
            return raw
        self.problems.add(path, "There should be a list of texts here.")
        return []

    def _leave_out(self, path: Path) -> None:
        self.left_out.append(_where(path))


def _where(path: Path) -> str:
    """`track Order Completed › properties › total`: the place in the document."""
    return " › ".join(shown(part) for part in path if part != "$defs")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        told = f"This is no JSON: {error.msg}."
        raise UnreadableFile([Fault(f"Line {error.lineno}", told)]) from error
    except RecursionError as error:
        raise UnreadableFile([Fault("", "It is nested too deep.")]) from error
    except ValueError as error:  # ours, or a number of thousands of digits
        raise UnreadableFile([Fault("", f"This is no JSON: {error}.")]) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key in content if times[key] > 1)
        raise ValueError(f"“{shown(twice)}” is twice in one object")
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
