"""Learn a plan from what came in the last day: shown first, then added by choice."""

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

from streams.base.clock import now
from streams.catalog.plans.editing import found, key_of
from streams.catalog.plans.faults import label
from streams.catalog.plans.learning import LearnedEvent, extended, learn
from streams.catalog.plans.plan import EventPlan, from_json, to_json
from streams.catalog.plans.services import BrokenPlan, change_draft, drafted_plan
from streams.delivery.proof import TEST_EVENT
from streams.events.sampling import newest
from streams.portal.access import (
    PortalRequest,
    partner_to_develop,
    signed_in,
    stream_of,
)
from streams.portal.tags import within
from streams.spec.collisions import right_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from streams.catalog.models import Stream
    from streams.catalog.plans.learning import Learned
    from streams.catalog.plans.plan import PlannedEvent

DAY = timedelta(days=1)
MAX_AGE_S = 60 * 60  # how long what was shown can be added


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An event that came, and what of it the plan lacks."""

    learned: LearnedEvent
    planned: PlannedEvent | None  # None: the plan has no such event
    right: str  # the Spec's name for it; empty: this is right
    new: frozenset[str]  # paths that would be added

    @property
    def key(self) -> str:
        return key_of(self.learned.event)

    @property
    def title(self) -> str:
        return label(self.learned.event)

    @property
    def adds(self) -> bool:
        return self.planned is None or bool(self.new)

    @property
    def is_checked(self) -> bool:
        """Whether it is likely to be wanted as it is."""
        return self.adds and not self.right and not self.learned.is_named_by_value

    @property
    def rows(self) -> list[tuple[str, Learned, int, bool]]:
        """Path, property, per cent, and whether it would be added."""
        context = ((f"context.{one.planned.path}", one) for one in self.learned.context)
        own = ((one.planned.path, one) for one in self.learned.properties)
        return [
            # Down: 100 per cent is all of them.
            (path, one, int(one.share * 100), path in self.new)
            for path, one in (*own, *context)
        ]


@signed_in
def learning(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """What came, and what of it the plan lacks; a POST adds what is checked."""
    place = partner_to_develop(request, slug)
    stream = stream_of(place, stream_slug)
    if request.method == "POST" and _add(request, stream):
        return redirect(within(place, "partner-stream-plan", stream_slug))
    sample = newest(stream.feeds.all(), now() - DAY)
    lesson = learn(_events(sample.payloads()))
    plan = drafted_plan(stream)
    offers = [_offer(one, plan, stream) for one in lesson.events]
    shown = {
        "place": place,
        "stream": stream,
        "lesson": lesson,
        "feeds": len(sample.feeds),
        "offers": offers,
        "adds": any(offer.adds for offer in offers),
        # What was checked, where it could not be added.
        "picked": request.POST.getlist("events") if request.POST else None,
        "learned": _sealed((offer.learned.event for offer in offers if offer.adds), stream),
    }  # fmt: skip
    return render(request, "portal/partner_plan_learn.html", shown)


def _events(payloads: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for payload in payloads:
        content = msgspec.json.decode(payload)
        # The portal's own test of a connection is no event of the stream's.
        if content.get("event") != TEST_EVENT:
            yield content


def _offer(learned: LearnedEvent, plan: EventPlan, stream: Stream) -> Offer:
    event = learned.event
    planned = found(plan, key_of(event))
    before = _paths(planned) if planned else frozenset[str]()
    after = _paths(extended(planned, event) if planned else event)
    right = right_name(event.name, stream.readings) if event.call == "track" else None
    return Offer(
        learned=learned, planned=planned, right=right or "", new=after - before
    )


def _paths(event: PlannedEvent) -> frozenset[str]:
    return frozenset(path for path, _ in event.places)


def _add(request: PortalRequest, stream: Stream) -> bool:
    """Whether something was added; else it is told why not."""
    keys = set(request.POST.getlist("events"))
    learned = _opened(request.POST.get("learned", ""), stream)
    if learned is None:
        messages.error(request, "That was an hour ago. This is what came since.")
        return False
    chosen = [one for one in learned.events if key_of(one) in keys]
    if not chosen:
        messages.error(request, "Check the events to add.")
        return False
    try:
        change_draft(
            stream=stream,
            change=lambda plan: _joined(plan, chosen),
            what=f"From traffic: {', '.join(map(label, chosen))}",
            actor=request.user,
        )
    except BrokenPlan as error:
        messages.error(request, f"Nothing was added. {error}")
        return False
    messages.success(request, "Added to the draft. Say of each event when it is sent.")
    return True


def _joined(plan: EventPlan, chosen: Collection[PlannedEvent]) -> EventPlan:
    by_key = {key_of(one): one for one in chosen}
    events = [
        extended(one, by_key.pop(key_of(one))) if key_of(one) in by_key else one
        for one in plan.events
    ]
    return EventPlan(events=(*events, *by_key.values()))


def _sealed(events: Iterable[PlannedEvent], stream: Stream) -> str:
    """For a hidden field: what is added is what was shown, and not what came since."""
    plain = to_json(EventPlan(events=tuple(events)))
    return signing.dumps(plain, salt=_salt(stream), compress=True)


def _opened(text: str, stream: Stream) -> EventPlan | None:
    """None: it is too old. Raises BadRequest for what we never gave out."""
    try:
        return from_json(signing.loads(text, salt=_salt(stream), max_age=MAX_AGE_S))
    except signing.SignatureExpired:
        return None
    except signing.BadSignature as error:
        raise BadRequest("This was learned from another stream.") from error


def _salt(stream: Stream) -> str:
    return f"streams.portal.plan_learn.{stream.pk}"
