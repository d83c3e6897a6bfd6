"""The recent events that would have new issues if a draft were published."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.catalog.plans.conformance import CompiledPlan
from streams.spec.names.recipients import is_sent_to_people

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from streams.catalog.plans.plan import TrackingPlan

MOST_KINDS = 20  # shown


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue that events of one name would have, and the number of these events."""

    name: str  # of the event, or else its call
    rule: str
    path: str
    message: str
    events: int


@dataclass(frozen=True, slots=True)
class PublishPreview:
    """The effect of a draft on recent events."""

    checked: int  # events
    affected: int  # events with an issue that they don't have by the published plan
    issues: Sequence[NewIssue]  # of these, the most frequent kinds first


def publish_preview(
    before: TrackingPlan | None,
    after: TrackingPlan,
    events: Iterable[Mapping[str, Any]],
) -> PublishPreview:
    """Check events as they are stored by both plans; `before` None: nothing is published."""
    old, new = CompiledPlan(before) if before else None, CompiledPlan(after)
    checked = affected = 0
    counts = Counter[tuple[str, str, str]]()
    messages: dict[tuple[str, str, str], str] = {}
    for event in events:
        checked += 1
        known = {(one.rule, one.path) for one in old.check(event)} if old else set()
        issues = [one for one in new.check(event) if (one.rule, one.path) not in known]
        affected += bool(issues)
        name = event.get("event") or event.get("name") or event["type"]
        for one in issues:
            kind = (str(name), one.rule, one.path)
            counts[kind] += 1
            messages.setdefault(kind, one.message)
    found = [
        NewIssue(*kind, messages[kind], total)
        for kind, total in counts.most_common(MOST_KINDS)
    ]
    return PublishPreview(checked, affected, found)


def new_recipients(before: TrackingPlan, after: TrackingPlan) -> Sequence[str]:
    """Return the names of new events that happen to people whom a message is sent to."""
    known = {(event.call, event.name) for event in before.events}
    return [
        event.name
        for event in after.events
        if (event.call, event.name) not in known
        and event.call == "track"
        and is_sent_to_people(event.name)
    ]
