"""Generate the docs sections about the plan: events, properties and changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from streams.base.text.markdown_writer import code, literal, table
from streams.catalog.plans.diff import EventChange, plan_difference
from streams.publishing.page_data import MOST_PLANS

if TYPE_CHECKING:
    from streams.catalog.plans.diff import EventDiff
    from streams.catalog.plans.models import PlanVersion
    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
    from streams.publishing.page_data import PageData

# Limits in characters of Markdown, which take about a second to render. No page of Segment's
# catalog is close to them. Only the number of further entries is shown.
MOST_OF_EVENTS, MOST_OF_PROPERTIES, MOST_OF_CHANGES = 40_000, 120_000, 40_000
# Limits of the change history.
MAX_VERSIONS = MOST_PLANS - 1
MAX_EVENTS = 20  # per version
MAX_DETAILS = 8  # per event
NO_PLAN = "This section lists the events once the tracking plan is published."
TITLES = {"identify": "Identify", "group": "Group", "alias": "Alias", "page": "Page", "screen": "Screen"}  # fmt: skip


def write_events(facts: PageData) -> str:
    if not facts.events:
        return NO_PLAN
    rows = (
        [literal(title_of(event)), code(event.call), literal(event.when)]
        for event in facts.events
    )
    shown = list(_fitting(rows, MOST_OF_EVENTS))
    listed = table(["Event", "Call", "Trigger"], shown)
    return f"{listed}{_more(len(facts.events) - len(shown), 'event', 'events')}"


def write_properties(facts: PageData) -> str:
    """Write a heading and a table for each event."""
    if not facts.events:
        return NO_PLAN
    room, shown = MOST_OF_PROPERTIES, list[str]()
    for event in facts.events:
        if room <= 0:
            break
        shown.append(_properties(event, room))
        room -= len(shown[-1])
    more = _more(len(facts.events) - len(shown), "event", "events")
    return f"{'\n\n'.join(shown)}{more}"


def write_changes(facts: PageData) -> str:
    """List the versions, newest first."""
    if not facts.plans:
        return "This section lists the published versions of the tracking plan."
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
    """Return the name of an event, or the title of its call."""
    return event.name or TITLES.get(event.call, event.call)


def _fitting(rows: Iterable[list[str]], room: int) -> Iterator[list[str]]:
    """Yield the first rows that fit into `room` characters."""
    for row in rows:
        room -= sum(map(len, row))
        if room < 0:
            return
        yield row


def _more(count: int, one: str, many: str) -> str:
    """Write how many rows are not shown; empty for none."""
    noun = one if count == 1 else many
    return f"\n\n{count:,} more {noun} not shown." if count else ""


def _version(version: PlanVersion) -> str:
    day = f", {version.published_at:%-d %B %Y}" if version.published_at else ""
    note = f": {literal(version.note)}" if version.note else ""
    return f"- **Version {version.number}**{day}{note}"


def _changes(older: TrackingPlan, newer: TrackingPlan) -> Iterator[str]:
    """Yield the changes as a nested list."""
    changes = plan_difference(older, newer).events
    yield from (f"  - {_change(one)}" for one in changes[:MAX_EVENTS])
    if len(changes) > MAX_EVENTS:
        more = len(changes) - MAX_EVENTS
        yield f"  - {more} more {'event' if more == 1 else 'events'}."


def _change(one: EventDiff) -> str:
    title = f"**{literal(title_of(one.event))}**"
    if one.change is EventChange.RENAMED:
        return f"{title} was renamed from {literal(one.before)}."
    if one.change is not EventChange.CHANGED:
        return f"{title} was {one.change}."
    changes = [
        f"{code(detail.path)} {detail.words}" if detail.path else detail.words
        for detail in one.details[:MAX_DETAILS]
    ]
    more = len(one.details) - MAX_DETAILS
    return f"{title}: {'; '.join(changes)}{f'; {more} more' if more > 0 else ''}."


def _properties(event: PlannedEvent, room: int) -> str:
    heading = f"### {literal(title_of(event))}"
    if not event.places:
        return f"{heading}\n\nNo properties."
    rows = (
        [
            code(path),
            f"{one.type}, required" if one.required else one.type,
            _description(one),
        ]
        for path, one in event.places
    )
    shown = list(_fitting(rows, room))
    listed = table(["Property", "Type", "Description"], shown)
    return f"{heading}\n\n{listed}{_more(len(event.places) - len(shown), 'property', 'properties')}"


def _description(planned: PlannedProperty) -> str:
    """Write the description, and the example unless it is sensitive."""
    words = literal(planned.description)
    if words and words[-1] not in ".!?":
        words += "."
    if planned.sensitive:
        return f"{words} Personal data.".strip()
    if not planned.example_text:
        return words
    return f"{words} Example: {code(planned.example_text)}".strip()
