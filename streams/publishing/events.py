"""Printed parts about the plan: the events, what is in them, and how that changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from streams.base.writing import code, literal, table

if TYPE_CHECKING:
    from streams.catalog.plans.models import PlanVersion
    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty
    from streams.publishing.facts import Facts

NO_PLAN = "The events are listed here once their plan is published."
TITLES = {"identify": "Identify", "group": "Group", "alias": "Alias", "page": "Page", "screen": "Screen"}  # fmt: skip


def write_events(facts: Facts) -> str:
    if not facts.events:
        return NO_PLAN
    rows = [
        [literal(title_of(event)), code(event.call), literal(event.when)]
        for event in facts.events
    ]
    return table(["Event", "Call", "When it is sent"], rows)


def write_properties(facts: Facts) -> str:
    """A table for each event, below a heading of its own."""
    if not facts.events:
        return NO_PLAN
    return "\n\n".join(_properties(event) for event in facts.events)


def write_changes(facts: Facts) -> str:
    """Version by version, the newest first."""
    if not facts.plans:
        return "Each published version of the plan is listed here."
    return "\n".join(_version(version) for version in facts.plans)


def title_of(event: PlannedEvent) -> str:
    """What readers know it by; calls without a name, by their kind."""
    return event.name or TITLES.get(event.call, event.call)


def _version(version: PlanVersion) -> str:
    day = f", {version.published_at:%-d %B %Y}" if version.published_at else ""
    note = f": {literal(version.note)}" if version.note else ""
    return f"- **Version {version.number}**{day}{note}"


def _properties(event: PlannedEvent) -> str:
    heading = f"### {literal(title_of(event))}"
    planned = [
        *((one.path, one) for one in event.properties),
        *((f"context.{one.path}", one) for one in event.context),
    ]
    if not planned:
        return f"{heading}\n\nIt has no properties."
    rows = [
        [code(path), f"{one.type}, required" if one.required else one.type, _told(one)]
        for path, one in planned
    ]
    return f"{heading}\n\n{table(['Property', 'Type', 'Description'], rows)}"


def _told(planned: PlannedProperty) -> str:
    """What it is, and an example unless that would show what is sensitive."""
    words = literal(planned.description)
    if planned.sensitive:
        return f"{words} Personal data.".strip()
    if planned.example is None:
        return words
    example = planned.example
    shown = example if isinstance(example, str) else json.dumps(example)
    return f"{words} Example: {code(shown)}".strip()
