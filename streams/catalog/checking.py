"""What a stream's events are held against, and what becomes of one that fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery

from streams.catalog.models import Stream
from streams.catalog.plans.checks import PlanChecks
from streams.catalog.plans.models import PlanVersion
from streams.spec.check import semantics
from streams.spec.findings import Severity
from streams.spec.modes import Mode, stricter
from streams.spec.readings import SAFE, Readings

if TYPE_CHECKING:
    from datetime import datetime

    from streams.spec.findings import Finding


@dataclass(frozen=True, slots=True)
class Checks:
    """The Spec and a stream's published plan. Safe between threads."""

    mode: Mode  # in force; never OFF
    readings: Readings = SAFE
    plan: PlanChecks | None = None

    def findings(self, event: Mapping[str, Any], *, now: datetime) -> list[Finding]:
        """What is wrong with a structurally sound event (`spec.calls.problems`)."""
        found = semantics(event, readings=self.readings, now=now)
        if self.plan is not None:
            found += self.plan.check(event)
        return found

    def hidden(self, call: str, name: str) -> frozenset[tuple[str, ...]]:
        """What of such an event is to be shown to nobody: places by parts of a path."""
        return self.plan.hidden(call, name) if self.plan else frozenset()

    def stopped_by(self, findings: Iterable[Finding]) -> Finding | None:
        """The first that keeps its event from being sent; None: it may go."""
        return None if self.mode is Mode.WARN else first_error(findings)


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What a stream asks of its events, for all its workspaces."""

    mode: Mode
    readings: Readings
    plan: PlanChecks | None

    def checks(self, workspace_mode: Mode) -> Checks | None:
        """What holds in a workspace; None: its events are not looked at."""
        mode = stricter(self.mode, workspace_mode)
        if mode is Mode.OFF:
            return None
        return Checks(mode, self.readings, self.plan)


class Rulebook:
    """The rules of streams as they stand, asked anew; a published plan is made ready
    once, since it is fixed. Safe between threads."""

    KEPT = 1_000  # plans

    def __init__(self) -> None:
        self._ready: dict[int, PlanChecks] = {}

    def of(self, stream_ids: Iterable[int]) -> dict[int, StreamRules]:
        """By stream, in one query where no plan is new."""
        newest = PlanVersion.objects.published().filter(stream=OuterRef("pk"))
        streams = Stream.objects.filter(pk__in=stream_ids).annotate(
            plan=Subquery(newest.values("pk")[:1])
        )
        rows = list(streams.values_list("pk", "check_mode", "spec_readings", "plan"))
        plans = self._made_ready({plan for *_, plan in rows if plan})
        return {
            pk: StreamRules(Mode(mode), Readings.of(readings), plans.get(plan))
            for pk, mode, readings, plan in rows
        }

    def _made_ready(self, wanted: set[int]) -> dict[int, PlanChecks]:
        ready = self._ready if len(self._ready) < self.KEPT else {}
        if missing := wanted - ready.keys():
            found = PlanVersion.objects.filter(pk__in=missing)
            # Replaced, not changed: others read it meanwhile.
            ready = ready | {v.pk: PlanChecks(v.plan) for v in found}
            self._ready = ready
        return ready


def first_error(findings: Iterable[Finding]) -> Finding | None:
    """Warnings and hints never stop an event."""
    return next((f for f in findings if f.severity is Severity.ERROR), None)
