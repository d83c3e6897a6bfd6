"""Validation of a stream's events against the Spec and the published plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery

from streams.catalog.models import Stream
from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.plans.models import PlanVersion
from streams.catalog.validation.portal_test_event import is_connection_test
from streams.spec.check.event import semantics
from streams.spec.issues import Severity
from streams.spec.spec_exceptions import SAFE, SpecExceptions
from streams.spec.validation_modes import ValidationMode, stricter

if TYPE_CHECKING:
    from datetime import datetime

    from streams.spec.issues import Issue


@dataclass(frozen=True, slots=True)
class EventValidator:
    """Checks against the Spec and a stream's published plan. Thread-safe."""

    mode: ValidationMode  # in force; never OFF
    exceptions: SpecExceptions = SAFE
    plan: CompiledPlan | None = None

    def issues(self, event: Mapping[str, Any], *, now: datetime) -> list[Issue]:
        """Return the issues of an event that passed `spec.call_structure.structure_issues`."""
        found = semantics(event, readings=self.exceptions, now=now)
        if self.plan is not None:
            found += self.plan.check(event)
        return found

    def stored_issues(self, event: Mapping[str, Any], *, now: datetime) -> list[Issue]:
        """Return the issues of a stored event; the portal's test event is in no plan."""
        checks = replace(self, plan=None) if is_connection_test(event) else self
        return checks.issues(event, now=now)

    def hidden(self, call: str, name: str) -> frozenset[tuple[str, ...]]:
        """Return the paths, as tuples of keys, whose values must never be shown."""
        return self.plan.hidden(call, name) if self.plan else frozenset()

    def stopped_by(self, issues: Iterable[Issue]) -> Issue | None:
        """Return the first issue that blocks the event; None if it can be delivered."""
        return None if self.mode is ValidationMode.WARN else first_error(issues)


@dataclass(frozen=True, slots=True)
class StreamRules:
    """Validation rules of a stream, before a workspace makes them stricter."""

    mode: ValidationMode
    exceptions: SpecExceptions
    plan: CompiledPlan | None

    def checks(self, workspace_mode: ValidationMode) -> EventValidator | None:
        """Return the checks for a workspace; None if its events aren't checked."""
        mode = stricter(self.mode, workspace_mode)
        if mode is ValidationMode.OFF:
            return None
        return EventValidator(mode, self.exceptions, self.plan)


class RuleCache:
    """Current rules of streams, with a cache of compiled plans. Thread-safe.

    Settings are read on every call. A published plan never changes, so it is compiled
    only once.
    """

    KEPT = 1_000  # plans

    def __init__(self) -> None:
        self._ready: dict[int, CompiledPlan] = {}

    def of(self, stream_ids: Iterable[int]) -> dict[int, StreamRules]:
        """Return the rules by stream ID, with one query unless a plan is new."""
        newest = PlanVersion.objects.published().filter(stream=OuterRef("pk"))
        streams = Stream.objects.filter(pk__in=stream_ids).annotate(
            plan=Subquery(newest.values("pk")[:1])
        )
        rows = list(streams.values_list("pk", "check_mode", "spec_readings", "plan"))
        plans = self._made_ready({plan for *_, plan in rows if plan})
        return {
            pk: StreamRules(
                ValidationMode(mode), SpecExceptions.of(exceptions), plans.get(plan)
            )
            for pk, mode, exceptions, plan in rows
        }

    def _made_ready(self, wanted: set[int]) -> dict[int, CompiledPlan]:
        ready = self._ready if len(self._ready) < self.KEPT else {}
        if missing := wanted - ready.keys():
            found = PlanVersion.objects.filter(pk__in=missing)
            # Replaced, not changed, because other threads may be reading it.
            ready = ready | {v.pk: CompiledPlan(v.plan) for v in found}
            self._ready = ready
        return ready


def first_error(issues: Iterable[Issue]) -> Issue | None:
    """Return the first error. Warnings and hints never block an event."""
    return next((issue for issue in issues if issue.severity is Severity.ERROR), None)
