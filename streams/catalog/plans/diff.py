"""Compare two plans and describe the changes.

The words never repeat an example or a description, which may be sensitive or long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise, StrPromise

    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan


class EventChange(StrEnum):
    """The kind of a change to an event."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"

    @property
    def label(self) -> StrPromise:
        """For badges."""
        return _LABELS[self]


_LABELS = {
    EventChange.ADDED: _("New"),
    EventChange.REMOVED: _("Removed"),
    EventChange.RENAMED: _("Renamed"),
    EventChange.CHANGED: _("Changed"),
}


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """The changes of one property of an event, or of the event itself."""

    path: str  # context fields start with `context.`; empty: the event itself
    phrases: tuple[StrOrPromise, ...]  # such as `now required`

    @property
    def words(self) -> str:
        """All phrases, separated by commas."""
        return ", ".join(map(str, self.phrases))


@dataclass(frozen=True, slots=True)
class EventDiff:
    """An event that changed."""

    change: EventChange
    event: PlannedEvent  # the new version; the old one of a removed event
    before: str = ""  # the old name of a renamed event
    details: tuple[PropertyChange, ...] = ()  # of a changed event


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """All changes; false if there are none."""

    events: tuple[EventDiff, ...] = ()  # in the order of the plan, removed events last
    reordered: bool = False  # the remaining events are in another order

    def __bool__(self) -> bool:
        return bool(self.events) or self.reordered

    @property
    def summary(self) -> str:
        """The number of events of each change."""
        if not self:
            return str(_("No changes."))
        if not self.events:
            return str(_("The order of the events changed."))
        return f"{', '.join(self._counts())}."

    def _counts(self) -> Iterator[str]:
        counts = Counter(one.change for one in self.events)
        if count := counts[EventChange.ADDED]:
            yield ngettext("%(count)d event added", "%(count)d events added", count) % {"count": count}  # fmt: skip
        if count := counts[EventChange.REMOVED]:
            yield ngettext("%(count)d event removed", "%(count)d events removed", count) % {"count": count}  # fmt: skip
        if count := counts[EventChange.RENAMED]:
            yield ngettext("%(count)d event renamed", "%(count)d events renamed", count) % {"count": count}  # fmt: skip
        if count := counts[EventChange.CHANGED]:
            yield ngettext("%(count)d event changed", "%(count)d events changed", count) % {"count": count}  # fmt: skip


def plan_difference(old: TrackingPlan, new: TrackingPlan) -> PlanDiff:
    """Compare plans. Events are matched by call and name, renamed ones by their content."""
    before = {(event.call, event.name): event for event in old.events}
    after = {(event.call, event.name): event for event in new.events}
    gone = {key: event for key, event in before.items() if key not in after}
    found: list[EventDiff] = []
    for key, event in after.items():
        was = before.get(key)
        if was is None:
            found.append(_new(event, gone))
        elif was != event:
            details = tuple(_details(was, event))
            found.append(EventDiff(EventChange.CHANGED, event, details=details))
    found += [EventDiff(EventChange.REMOVED, event) for event in gone.values()]
    stay = [key for key in before if key in after]
    return PlanDiff(tuple(found), stay != [key for key in after if key in before])


def _new(event: PlannedEvent, gone: dict[tuple[str, str], PlannedEvent]) -> EventDiff:
    """Match a new event with a gone one, which is then removed from `gone`.

    An event that has only a name can't be matched.
    """
    if not (event.when or event.properties):
        return EventDiff(EventChange.ADDED, event)
    for key, was in gone.items():
        named = event.name and was.name
        if named and msgspec.structs.replace(was, name=event.name) == event:
            del gone[key]
            return EventDiff(EventChange.RENAMED, event, before=was.name)
    return EventDiff(EventChange.ADDED, event)


def _details(was: PlannedEvent, now: PlannedEvent) -> Iterator[PropertyChange]:
    if was.when != now.when:
        yield PropertyChange("", (_("Trigger changed"),))
    old, new = dict(was.places), dict(now.places)
    for path, planned in new.items():
        before = old.get(path)
        if before is None:
            if planned.required:
                added = format_lazy(_("added ({type}, required)"), type=planned.type)
            else:
                added = format_lazy(_("added ({type})"), type=planned.type)
            yield PropertyChange(path, (added,))
        elif before != planned:
            yield PropertyChange(path, tuple(_changed(before, planned)))
    yield from (
        PropertyChange(path, (_("removed"),)) for path in old if path not in new
    )
    if [path for path in old if path in new] != [path for path in new if path in old]:
        yield PropertyChange("", (_("Order of the properties changed"),))


def _changed(was: PlannedProperty, now: PlannedProperty) -> Iterator[StrOrPromise]:
    if was.type != now.type:
        yield format_lazy(
            _("type changed from {before} to {after}"), before=was.type, after=now.type
        )
    if was.required != now.required:
        yield _("now required") if now.required else _("now optional")
    if was.sensitive != now.sensitive:
        yield _("now sensitive") if now.sensitive else _("no longer sensitive")
    if was.description != now.description:
        if was.description and now.description:
            yield _("description changed")
        else:
            yield (
                _("description added") if now.description else _("description removed")
            )
    if was.example != now.example:
        if was.example is not None and now.example is not None:
            yield _("example changed")
        else:
            added = now.example is not None
            yield _("example added") if added else _("example removed")
