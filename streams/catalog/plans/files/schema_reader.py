"""Read a plan from a JSON Schema; schema_writer documents the mapping."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from streams.catalog.plans.files.problems import (
    InvalidPlanFile,
    Path,
    ProblemCollector,
    shown,
)
from streams.catalog.plans.files.schema_writer import ALL_BUT_NULL, says_content_alone
from streams.catalog.plans.plan import (
    EACH,
    NAME_FIELDS,
    TYPES,
    PlannedEvent,
    PlannedProperty,
    TrackingPlan,
    content_field,
)
from streams.catalog.plans.validation import MAX_DEPTH, PlanError
from streams.spec.call_structure import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LEFT_OUT = 50  # ignored keywords that are reported
DATES = {"date-time", "date"}
# Keywords that are ignored without a report, or read elsewhere.
QUIET = {
    "$schema", "$id", "$comment", "title", "type", "properties", "required", "items",
    "additionalProperties", "x-planned", "x-required", "x-order",
}  # fmt: skip
# Keywords that change the meaning of a schema, so they can't be ignored.
BRANCHES = ("$ref", "allOf", "anyOf", "oneOf", "not", "if", "prefixItems")


def from_schema(text: str) -> tuple[TrackingPlan, tuple[str, ...]]:
    """Read a plan, and list the keywords that a plan can't store.

    The plan isn't validated yet (validation.py). Raises InvalidPlanFile.
    """
    reader = _Reader()
    document = reader.problems.mapping((), _parsed(text), '{"$defs": {}}')
    if not isinstance(defs := document.get("$defs"), dict):
        message = _("“$defs” is missing. Describe each event in an entry of “$defs”.")
        reader.problems.add((), message)
        defs = {}
    events = tuple(reader.event(("$defs", key), schema) for key, schema in defs.items())
    reader.problems.raise_any()
    return TrackingPlan(events=events), tuple(reader.left_out[:MAX_LEFT_OUT])


class _Reader:
    def __init__(self) -> None:
        self.problems = ProblemCollector(_where)
        self.left_out: list[str] = []

    def event(self, path: Path, raw: Any) -> PlannedEvent:
        schema = self._schema(path, raw, {"description"})
        below = (*path, "properties")
        fields = self.problems.mapping(
            below, schema.get("properties"), '{"type": {"const": "track"}}'
        )
        call = self._constant(below, fields, "type")
        if call not in CALLS:
            message = _("The constant of “type” must be one of: %(calls)s.")
            self.problems.add((*below, "type"), message % {"calls": ", ".join(CALLS)})
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
        found.sort(key=lambda one: one[0])  # stable: all are 0 without `x-order`
        return tuple(planned for _, planned in found)

    def _inside(
        self,
        path: Path,
        schema: Mapping[str, Any],
        place: tuple[str, ...],
        found: list[tuple[int, PlannedProperty]],
    ) -> None:
        """Read the content of an object or a list at a place of the event."""
        if len(place) >= MAX_DEPTH and ("properties" in schema or "items" in schema):
            message = _("The schema is nested more than %(most)d levels deep.")
            self.problems.add(path, message % {"most": MAX_DEPTH})
            return
        if "items" in schema:
            self._place((*path, "items"), schema["items"], (*place, EACH), found)
        if "properties" not in schema:
            return
        below = (*path, "properties")
        fields = self.problems.mapping(below, schema["properties"], '{"order_id": {}}')
        listed = self._names((*path, "required"), schema.get("required", []))
        needed = dict.fromkeys(listed)  # a set that keeps the order
        for key in [one for one in needed if one not in fields]:
            message = _("“%(key)s” is required, but not described. Describe it.")
            self.problems.add((*path, "required"), message % {"key": shown(key)})
        for key, raw in fields.items():
            if "." in key or key == EACH:
                message = _(
                    "A plan can't contain a property with this name. Rename it."
                )
                self.problems.add((*below, key), message)
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
        if raw is True:  # anything, like {}
            return {}
        schema = self.problems.mapping(path, raw, '{"type": "string"}')
        for key in schema:
            if key in BRANCHES:
                message = _("“%(key)s” is not supported. Write out what it stands for.")
                self.problems.add((*path, key), message % {"key": key})
            elif key not in known and key not in QUIET:
                self._leave_out((*path, key))
        return schema

    def _type(self, path: Path, schema: Mapping[str, Any]) -> str:
        raw = schema.get("type", [])
        names = self._names((*path, "type"), [raw] if isinstance(raw, str) else raw)
        kinds = set(names) - {"null"}
        if not kinds or kinds == set(ALL_BUT_NULL):
            return "any"
        if kinds == {"integer", "number"}:
            return "number"
        kind = min(kinds)
        if len(kinds) > 1 or kind not in TYPES or kind in {"any", "date"}:
            message = _(
                "A property must have exactly one supported type, not: %(types)s."
            )
            types = {"types": shown(", ".join(sorted(kinds)))}
            self.problems.add((*path, "type"), message % types)
        if "format" not in schema:
            return kind
        if kind == "string" and schema["format"] in DATES:
            return "date"
        self._leave_out((*path, "format"))
        return kind

    def _example(self, path: Path, schema: Mapping[str, Any]) -> Any:
        examples = schema.get("examples", [])
        if not isinstance(examples, list):
            self.problems.add((*path, "examples"), _("“examples” must be an array."))
            return None
        if len(examples) > 1:
            self._leave_out((*path, "examples", 1))
        return examples[0] if examples else None

    def _order(self, path: Path, schema: Mapping[str, Any]) -> int:
        order = schema.get("x-order", 0)
        if type(order) is int:
            return order
        self.problems.add((*path, "x-order"), _("“x-order” must be an integer."))
        return 0

    def _constant(self, path: Path, fields: Mapping[str, Any], key: str) -> str:
        schema = fields.get(key, {})
        return self.problems.text(
            (*path, key), schema if isinstance(schema, dict) else {}, "const"
        )

    def _names(self, path: Path, raw: Any) -> list[str]:
        if isinstance(raw, list) and all(isinstance(one, str) for one in raw):
            return raw
        self.problems.add(path, _("Expected an array of strings."))
        return []

    def _leave_out(self, path: Path) -> None:
        self.left_out.append(_where(path))


def _where(path: Path) -> str:
    """Format a place in the document: `track Order Completed › properties › total`."""
    return " › ".join(shown(part) for part in path if part != "$defs")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = _("Line %(number)d") % {"number": error.lineno}
        raise InvalidPlanFile([PlanError(where, _invalid(error.msg))]) from error
    except RecursionError as error:
        raise InvalidPlanFile(
            [PlanError("", _("The JSON is nested too deeply."))]
        ) from error
    except ValueError as error:  # ours, or a number with thousands of digits
        raise InvalidPlanFile([PlanError("", _invalid(str(error)))]) from error


def _invalid(reason: str) -> str:
    return _("The file is not valid JSON: %(reason)s.") % {"reason": reason}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key in content if times[key] > 1)
        message = _("“%(key)s” is listed twice in one object")
        raise ValueError(message % {"key": shown(twice)})
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(_("%(name)s is not a JSON number") % {"name": name})
