"""Read a plan from a YAML file; yaml_writer documents the format."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from streams.catalog.plans.files.problems import Path, ProblemCollector, shown
from streams.catalog.plans.files.yaml_tree import YamlTree
from streams.catalog.plans.plan import (
    TYPES,
    PlannedEvent,
    PlannedProperty,
    TrackingPlan,
)
from streams.catalog.plans.validation import unknown_type

EVENT_KEYS = ("call", "name", "when", "properties", "context")
PROPERTY_KEYS = ("type", "required", "example", "description", "sensitive")


def from_yaml(text: str) -> TrackingPlan:
    """Read a plan, which isn't validated yet (validation.py). Raises InvalidPlanFile."""
    tree = YamlTree(text)
    problems = ProblemCollector(tree.line)
    document = problems.mapping((), tree.value, "“events:”")
    problems.only((), document, ("events",))
    listed = document.get("events")
    if not isinstance(listed, list) and not problems.errors:
        problems.add(
            ("events",), _("“events:” must be a list. Start each event with a dash.")
        )
    events = tuple(
        _event(problems, ("events", index), raw)
        for index, raw in enumerate(listed if isinstance(listed, list) else ())
    )
    problems.raise_any()
    return TrackingPlan(events=events)


def _event(problems: ProblemCollector, path: Path, raw: Any) -> PlannedEvent:
    content = problems.mapping(path, raw, "“name: Order Completed”")
    problems.only(path, content, EVENT_KEYS)
    return PlannedEvent(
        call=problems.text(path, content, "call") or "track",
        name=problems.text(path, content, "name"),
        when=problems.text(path, content, "when"),
        properties=_properties(problems, path, content, "properties"),
        context=_properties(problems, path, content, "context"),
    )


def _properties(
    problems: ProblemCollector, path: Path, content: Any, key: str
) -> tuple[PlannedProperty, ...]:
    if content.get(key) is None:
        return ()
    listed = problems.mapping((*path, key), content[key], "“order_id: {type: string}”")
    return tuple(
        _property(problems, (*path, key, name), name, raw)
        for name, raw in listed.items()
    )


def _property(
    problems: ProblemCollector, path: Path, name: str, raw: Any
) -> PlannedProperty:
    content = problems.mapping(path, {} if raw is None else raw, "“type: string”")
    problems.only(path, content, PROPERTY_KEYS)
    kind = problems.text(path, content, "type") or "string"
    if kind not in TYPES:
        problems.add((*path, "type"), unknown_type(shown(kind)))
    return PlannedProperty(
        path=name,
        type=kind,
        required=problems.flag(path, content, "required"),
        example=content.get("example"),
        description=problems.text(path, content, "description"),
        sensitive=problems.flag(path, content, "sensitive"),
    )
