"""What changes from one plan to another, in words.

No word repeats an example or a description: what is sensitive stays untold, and docs
that print the difference stay short.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from streams.catalog.plans.plan import EventPlan, PlannedEvent, PlannedProperty


class Change(StrEnum):
    """What becomes of an event; the value is the end of a sentence about it."""

    ADDED = "is new"
    REMOVED = "was removed"
    RENAMED = "has another name"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing about a changed event: a path, and what is said of it."""

    path: str  # with `context.` before fields of it; empty: of the event itself
    words: str  # `is now required`; of the event itself a whole sentence without a dot


@dataclass(frozen=True, slots=True)
class EventDifference:
    """An event that is not as it was."""

    change: Change
    event: PlannedEvent  # as it is now; a removed one as it was
    before: str = ""  # the name of a renamed one
    details: tuple[Detail, ...] = ()  # of a changed one


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """All that changes; false if nothing does."""

    events: tuple[
        EventDifference, ...
    ] = ()  # in the order of the plan, removed ones last
    reordered: bool = False  # the events that stay are listed in another order

    def __bool__(self) -> bool:
        return bool(self.events) or self.reordered

    @property
    def summary(self) -> str:
        """One sentence: how many events of each change."""
        words = {
            Change.ADDED: "added",
            Change.REMOVED: "removed",
            Change.RENAMED: "renamed",
            Change.CHANGED: "changed",
        }
        changes = [one.change for one in self.events]
        told = [
            f"{changes.count(change)} {word}"
            for change, word in words.items()
            if change in changes
        ]
        if not told:
            return "The order of the events changed." if self else "Nothing changed."
        first, *others = told
        noun = "event" if first.startswith("1 ") else "events"
        return f"{', '.join([first.replace(' ', f' {noun} ', 1), *others])}."


def plan_difference(old: EventPlan, new: EventPlan) -> PlanDifference:
    """An event is known by its call and name, or else by all the rest of it."""
    before = {(event.call, event.name): event for event in old.events}
    after = {(event.call, event.name): event for event in new.events}
    gone = {key: event for key, event in before.items() if key not in after}
    found: list[EventDifference] = []
    for key, event in after.items():
        was = before.get(key)
        if was is None:
            found.append(_new(event, gone))
        elif was != event:
            details = tuple(_details(was, event))
            found.append(EventDifference(Change.CHANGED, event, details=details))
    found += [EventDifference(Change.REMOVED, event) for event in gone.values()]
    stay = [key for key in before if key in after]
    return PlanDifference(tuple(found), stay != [key for key in after if key in before])


def _new(
    event: PlannedEvent, gone: dict[tuple[str, str], PlannedEvent]
) -> EventDifference:
    """Takes the event that it was before out of those that are gone.

    An event that says nothing but its name could be any other one.
    """
    if not (event.when or event.properties):
        return EventDifference(Change.ADDED, event)
    for key, was in gone.items():
        named = event.name and was.name
        if named and msgspec.structs.replace(was, name=event.name) == event:
            del gone[key]
            return EventDifference(Change.RENAMED, event, before=was.name)
    return EventDifference(Change.ADDED, event)


def _details(was: PlannedEvent, now: PlannedEvent) -> Iterator[Detail]:
    if was.when != now.when:
        yield Detail("", "When it is sent is told in other words")
    old, new = dict(was.places), dict(now.places)
    for path, planned in new.items():
        before = old.get(path)
        if before is None:
            kind = f"{planned.type}, required" if planned.required else planned.type
            yield Detail(path, f"is new ({kind})")
        elif before != planned:
            yield Detail(path, _changed(before, planned))
    yield from (Detail(path, "was removed") for path in old if path not in new)
    if [path for path in old if path in new] != [path for path in new if path in old]:
        yield Detail("", "Its properties are in another order")


def _changed(was: PlannedProperty, now: PlannedProperty) -> str:
    told = []
    if was.type != now.type:
        told.append(f"is now of type {now.type}, not {was.type}")
    if was.required != now.required:
        told.append("is now required" if now.required else "is now optional")
    if was.sensitive != now.sensitive:
        told.append(
            "is now personal data" if now.sensitive else "is no longer personal data"
        )
    if was.description != now.description:
        told.append(_other("description", had=was.description, has=now.description))
    if was.example != now.example:
        told.append(
            _other(
                "example",
                had=was.example is not None,
                has=now.example is not None,
            )
        )
    *others, last = told
    return f"{', '.join(others)} and {last}" if others else last


def _other(what: str, *, had: object, has: object) -> str:
    if had and has:
        return f"has another {what}"
    one = f"{'an' if what == 'example' else 'a'} {what}"
    return f"has {one} now" if has else f"has no {what} anymore"
