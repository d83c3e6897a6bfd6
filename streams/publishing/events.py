"""Printed parts about the plan: the events, what is in them, and how that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from streams.base.writing import code, literal, table
from streams.catalog.plans.difference import Change, plan_difference
from streams.publishing.facts import MOST_PLANS

if TYPE_CHECKING:
    from streams.catalog.plans.difference import EventDifference
    from streams.catalog.plans.models import PlanVersion
    from streams.catalog.plans.plan import EventPlan, PlannedEvent, PlannedProperty
    from streams.publishing.facts import Facts

# Characters of Markdown, about: pages are rendered for whoever asks, and rendering so much
# takes a second. Of Segment's own catalog no page comes near; what goes beyond is counted.
MOST_OF_EVENTS, MOST_OF_PROPERTIES, MOST_OF_CHANGES = 40_000, 120_000, 40_000
# Of the change history.
MAX_VERSIONS = MOST_PLANS - 1
MAX_EVENTS = 20  # of one version
MAX_DETAILS = 8  # of one event
NO_PLAN = "The events are listed here once their plan is published."
TITLES = {"identify": "Identify", "group": "Group", "alias": "Alias", "page": "Page", "screen": "Screen"}  # fmt: skip


def write_events(facts: Facts) -> str:
    if not facts.events:
        return NO_PLAN
    rows = (
        [literal(title_of(event)), code(event.call), literal(event.when)]
        for event in facts.events
    )
    shown = list(_fitting(rows, MOST_OF_EVENTS))
    listed = table(["Event", "Call", "When it is sent"], shown)
    return f"{listed}{_more(len(facts.events) - len(shown), 'events')}"


def write_properties(facts: Facts) -> str:
    """A table for each event, below a heading of its own."""
    if not facts.events:
        return NO_PLAN
    room, shown = MOST_OF_PROPERTIES, list[str]()
    for event in facts.events:
        if room <= 0:
            break
        shown.append(_properties(event, room))
        room -= len(shown[-1])
    more = _more(len(facts.events) - len(shown), "events, which are not listed here")
    return f"{'\n\n'.join(shown)}{more}"


def write_changes(facts: Facts) -> str:
    """Version by version, the newest first."""
    if not facts.plans:
        return "Each published version of the plan is listed here."
    plans = [version.plan for version in facts.plans]
    lines = []
    for at, version in enumerate(facts.plans[:MAX_VERSIONS]):
        lines.append([_version(version)])
        if at + 1 < len(plans):
            lines += [[line] for line in _changes(plans[at + 1], plans[at])]
    shown = [line for [line] in _fitting(lines, MOST_OF_CHANGES)]
    if len(shown) < len(lines) or len(plans) > MAX_VERSIONS:
        shown.append("- Older changes are not listed here.")
    return "\n".join(shown)


def title_of(event: PlannedEvent) -> str:
    """What readers know it by; calls without a name, by their kind."""
    return event.name or TITLES.get(event.call, event.call)


def _fitting(rows: Iterable[list[str]], room: int) -> Iterator[list[str]]:
    """The first rows, as many as there is room for in characters."""
    for row in rows:
        room -= sum(map(len, row))
        if room < 0:
            return
        yield row


def _more(count: int, of_what: str) -> str:
    return f"\n\nAnd {count:,} more {of_what}." if count else ""


def _version(version: PlanVersion) -> str:
    day = f", {version.published_at:%-d %B %Y}" if version.published_at else ""
    note = f": {literal(version.note)}" if version.note else ""
    return f"- **Version {version.number}**{day}{note}"


def _changes(older: EventPlan, newer: EventPlan) -> Iterator[str]:
    """As a list below the version."""
    found = plan_difference(older, newer).events
    yield from (f"  - {_change(one)}" for one in found[:MAX_EVENTS])
    if len(found) > MAX_EVENTS:
        yield f"  - And {len(found) - MAX_EVENTS} more events."


def _change(one: EventDifference) -> str:
    title = f"**{literal(title_of(one.event))}**"
    if one.change is Change.RENAMED:
        return f"{title} was named {literal(one.before)} before."
    if one.change is not Change.CHANGED:
        return f"{title} {one.change}."
    told = [
        f"{code(detail.path)} {detail.words}" if detail.path else detail.words
        for detail in one.details[:MAX_DETAILS]
    ]
    more = len(one.details) - MAX_DETAILS
    return f"{title}: {'; '.join(told)}{f'; and {more} more' if more > 0 else ''}."


def _properties(event: PlannedEvent, room: int) -> str:
    heading = f"### {literal(title_of(event))}"
    if not event.places:
        return f"{heading}\n\nIt has no properties."
    rows = (
        [code(path), f"{one.type}, required" if one.required else one.type, _told(one)]
        for path, one in event.places
    )
    shown = list(_fitting(rows, room))
    listed = table(["Property", "Type", "Description"], shown)
    return f"{heading}\n\n{listed}{_more(len(event.places) - len(shown), 'properties')}"


def _told(planned: PlannedProperty) -> str:
    """What it is, and an example unless that would show what is sensitive."""
    words = literal(planned.description)
    if words and words[-1] not in ".!?":
        words += "."
    if planned.sensitive:
        return f"{words} Personal data.".strip()
    if not planned.example_text:
        return words
    return f"{words} Example: {code(planned.example_text)}".strip()
