"""Infer events from the last day's traffic and add the selected ones to the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.catalog.plans.authoring.editing import found, key_of
from streams.catalog.plans.authoring.inference import InferredEvent, extended, learn
from streams.catalog.plans.plan import TrackingPlan, from_json, to_json
from streams.catalog.plans.services import InvalidPlan, change_draft, drafted_plan
from streams.catalog.plans.validation import label
from streams.catalog.validation.portal_test_event import TEST_EVENT
from streams.events.recent_events import newest
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_develop,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within
from streams.spec.names.collisions import right_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from streams.catalog.models import Stream
    from streams.catalog.plans.authoring.inference import InferredProperty
    from streams.catalog.plans.plan import PlannedEvent

DAY = timedelta(days=1)
MAX_AGE_S = 60 * 60  # after which the events shown can no longer be added


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedEvent:
    """A received event and what the plan lacks of it."""

    learned: InferredEvent
    planned: PlannedEvent | None  # None: not in the plan
    right: str  # the Spec's name for it; empty: the name is fine
    new: frozenset[str]  # paths to add

    @property
    def key(self) -> str:
        return key_of(self.learned.event)

    @property
    def name(self) -> str:
        """The name by which issues list it: of an event without one, its call."""
        return self.learned.name or self.learned.call

    @property
    def title(self) -> str:
        return label(self.learned.event)

    @property
    def adds(self) -> bool:
        return self.planned is None or bool(self.new)

    @property
    def is_checked(self) -> bool:
        """Whether it is selected by default."""
        return self.adds and not self.right and not self.learned.is_named_by_value

    @property
    def rows(self) -> list[tuple[str, InferredProperty, int, bool]]:
        """The path, property, frequency in percent, and whether it is new."""
        context = (
            (f"context.{learned.planned.path}", learned)
            for learned in self.learned.context
        )
        own = ((learned.planned.path, learned) for learned in self.learned.properties)
        return [
            # Rounded down, so that 100 percent means all of them.
            (path, learned, int(learned.share * 100), path in self.new)
            for path, learned in (*own, *context)
        ]


@signed_in
def learning(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show received events and what the plan lacks of them; a POST adds the selected ones.

    With a name in `event`, only the event of that name is selected, and comes first.
    """
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    if request.method == "POST" and _add(request, stream):
        return redirect(within(access, "partner-stream-plan", stream_slug))
    sample = newest(stream.feeds.all(), now() - DAY)
    lesson = learn(sent_by_tool(sample.payloads()))
    plan = drafted_plan(stream)
    offers = [_offer(event, plan, stream) for event in lesson.events]
    wanted = request.GET.get("event", "")
    asked = [one.key for one in offers if one.name == wanted] if wanted else None
    offers.sort(key=lambda one: one.name != wanted)
    context = {
        "access": access,
        "stream": stream,
        "lesson": lesson,
        "feeds": len(sample.feeds),
        "offers": offers,
        "adds": any(offer.adds for offer in offers),
        # The selection, if it couldn't be added.
        "picked": request.POST.getlist("events") if request.POST else asked,
        "missing": asked == [] and wanted,
        "learned": _sealed((offer.learned.event for offer in offers if offer.adds), stream),
    }  # fmt: skip
    return render(request, "portal/plan/inference.html", context)


def sent_by_tool(payloads: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield stored events, without the portal's own test events."""
    for payload in payloads:
        content = msgspec.json.decode(payload)
        if content.get("event") != TEST_EVENT:
            yield content


def _offer(
    learned: InferredEvent, plan: TrackingPlan, stream: Stream
) -> SuggestedEvent:
    event = learned.event
    planned = found(plan, key_of(event))
    before = _paths(planned) if planned else frozenset[str]()
    after = _paths(extended(planned, event) if planned else event)
    right = (
        right_name(event.name, stream.spec_exceptions)
        if event.call == "track"
        else None
    )
    return SuggestedEvent(
        learned=learned, planned=planned, right=right or "", new=after - before
    )


def _paths(event: PlannedEvent) -> frozenset[str]:
    return frozenset(path for path, _ in event.places)


def _add(request: PortalRequest, stream: Stream) -> bool:
    """Add the selected events. If none were added, say why and return False."""
    keys = set(request.POST.getlist("events"))
    learned = _opened(request.POST.get("learned", ""), stream)
    if learned is None:
        messages.error(request, _("The list expired after an hour and was refreshed. Select the events again."))  # fmt: skip
        return False
    chosen = [event for event in learned.events if key_of(event) in keys]
    if not chosen:
        messages.error(request, _("Select at least one event."))
        return False
    try:
        change_draft(
            stream=stream,
            change=lambda plan: _joined(plan, chosen),
            what=f"From traffic: {', '.join(map(label, chosen))}",
            actor=request.user,
        )
    except InvalidPlan as error:
        message = _("Nothing was added. %(reason)s")
        messages.error(request, message % {"reason": error})
        return False
    messages.success(request, _("Added to the draft. Enter the trigger of each event."))
    return True


def _joined(plan: TrackingPlan, chosen: Collection[PlannedEvent]) -> TrackingPlan:
    by_key = {key_of(event): event for event in chosen}
    events = [
        extended(event, by_key.pop(key_of(event))) if key_of(event) in by_key else event
        for event in plan.events
    ]
    return TrackingPlan(events=(*events, *by_key.values()))


def _sealed(events: Iterable[PlannedEvent], stream: Stream) -> str:
    """Sign the events for a hidden field, so that exactly what was shown is added."""
    plain = to_json(TrackingPlan(events=tuple(events)))
    return signing.dumps(plain, salt=_salt(stream), compress=True)


def _opened(text: str, stream: Stream) -> TrackingPlan | None:
    """Return the signed events, or None if expired. Raises BadRequest if not ours."""
    try:
        return from_json(signing.loads(text, salt=_salt(stream), max_age=MAX_AGE_S))
    except signing.SignatureExpired:
        return None
    except signing.BadSignature as error:
        raise BadRequest("This list belongs to another stream.") from error


def _salt(stream: Stream) -> str:
    return f"streams.portal.plan_learn.{stream.pk}"
