from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

from streams.base.clock import now
from streams.connections.regions import Region
from streams.delivery import event_status
from streams.delivery.attempts.grouping import grouped
from streams.delivery.event_status import EventState
from streams.delivery.explanation.delivery_now import DeliveryNow
from streams.delivery.explanation.explain import explain
from streams.delivery.explanation.explanation import FORMAT
from streams.delivery.retention.expiry import expired_unsent_at
from streams.events import queries
from streams.events.dry_run import check_stored
from streams.events.erasure.tombstones import ERASED
from streams.events.retention.past_retention import oldest_retained
from streams.portal.event.curl import curl
from streams.portal.event.timeline import timeline
from streams.portal.shared.access import PortalRequest, signed_in, workspace_to_see
from streams.portal.shared.navigation_tags import to
from streams.portal.shared.plan_links import PlanLinks
from streams.portal.shared.way_back import opened_from
from streams.portal.workspace.annotated_json import AnnotatedEvent, annotated
from streams.portal.workspace.json_text import stamps
from streams.publishing.page_data import profile_of
from streams.spec.check.pasted_events import PastedEvent

if TYPE_CHECKING:
    from datetime import datetime

    from streams.delivery.explanation.explanation import Action
    from streams.delivery.models import Delivery
    from streams.events.models import Event, Feed
    from streams.portal.shared.access import WorkspaceAccess

SENT = frozenset({EventState.DELIVERED, EventState.REJECTED, EventState.RECOVERED})
QUEUED = frozenset({EventState.PENDING, EventState.HELD})


@signed_in
def event(request: PortalRequest, public_id: str, seq: int) -> HttpResponse:
    """Show one event: why it is in its state, its issues, and its delivery attempts."""
    access = workspace_to_see(request, public_id)
    attempts = event_status.attempts_with(access.the_feed, seq)
    stored = queries.event(access.the_feed, seq)
    if stored is None:
        return _expired(request, access, seq, attempts)
    if stored.type == ERASED:
        context = {"access": access, "seq": seq, "attempts": _of_all(attempts)}
        return render(request, "portal/event/erased.html", context)
    context = {
        "access": access,
        "event": stored,
        "attempts": attempts,
        "groups": grouped(attempts, only_splits=True),
        "search": _search_before(request, access),
        "link": request.build_absolute_uri(),
        "plan_links": PlanLinks.load(access, access.the_feed.stream),
        "planned_name": stored.name or stored.type,
        "support_email": profile_of(access.the_feed.stream).support_email,
        "format": FORMAT,
        **_explained(access, stored, attempts),
    }
    return render(request, "portal/event/event.html", context)


def _search_before(request: PortalRequest, access: WorkspaceAccess) -> str:
    """Return the partner's search that the event was opened from; empty: another page."""
    search = reverse("portal:partner-events", args=[access.workspace.partner.slug])
    return opened_from(request, search)


@signed_in
def event_json(request: PortalRequest, public_id: str, seq: int) -> HttpResponse:
    """Download the JSON of one event."""
    access = workspace_to_see(request, public_id)
    stored = queries.event(access.the_feed, seq)
    if stored is None or stored.type == ERASED:
        raise Http404
    response = HttpResponse(
        msgspec.json.format(bytes(stored.payload), indent=2),
        content_type="application/json",
    )
    response["Content-Disposition"] = f'attachment; filename="event-{seq}.json"'
    return response


def _explained(
    access: WorkspaceAccess, stored: Event, attempts: list[Delivery]
) -> dict[str, object]:
    feed, payload = access.the_feed, bytes(stored.payload)
    status = event_status.statuses(feed, [stored])[stored.seq]
    delivery = DeliveryNow.load(feed, workspace=access.workspace, now=now())
    taken = next((a for a in attempts if a.pk == status.delivery_id), None)
    explanation = explain(
        stored, status, delivery, delivered_at=taken.started_at if taken else None
    )
    # Later attempts than the one that delivered it are replays.
    on_its_way = [a for a in attempts if taken is None or a.pk <= taken.pk]
    checked, added = _checked(feed, stored), stamps(payload)
    text, is_sent = payload.decode(), status.state in SENT
    region = delivery.connection.region if delivery.connection else Region.US
    return {
        "explanation": explanation,
        "replay_id": status.replay_id,
        "action_url": _url(access, explanation.action),
        "is_sent": is_sent,
        "is_delivered": status.state in {EventState.DELIVERED, EventState.RECOVERED},
        "is_queued": status.state in QUEUED,
        "steps": timeline(
            stored,
            on_its_way,
            arrived_at=_time(added.received_at),
            is_sent=is_sent,
        ),
        "checked": checked,
        "stamps": added,
        "happened_at": _time(added.timestamp),
        "kept_until": delivery.retention.kept_until(stored.received_at),
        "json": msgspec.json.format(text, indent=2),
        "curl": curl(region, f'{{"batch":[{text}]}}'),
    }


def _time(text: str) -> datetime | None:
    """Read a timestamp; None: it is in another form, or has no zone."""
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and is_aware(at) else None


def _url(access: WorkspaceAccess, action: Action | None) -> str:
    return to(access, action.page, **action.query) if action else ""


def _of_all(attempts: list[Delivery]) -> list[Delivery]:
    """Return the attempts with every event of their range, so with one that was erased later.

    A request with fewer may have left it out, because it was erased before.
    """
    return [one for one in attempts if one.events == one.last_seq - one.first_seq + 1]


def _expired(
    request: PortalRequest,
    access: WorkspaceAccess,
    seq: int,
    attempts: list[Delivery],
) -> HttpResponse:
    """Say what is known of an event that retention deleted."""
    feed = access.the_feed
    if not 0 < seq < oldest_retained(feed):
        raise Http404
    context = {
        "access": access,
        "seq": seq,
        "attempts": attempts,
        "groups": grouped(attempts, only_splits=True),
        "unsent_at": expired_unsent_at(feed, seq),
        "format": FORMAT,
    }
    return render(request, "portal/event/expired.html", context)


def _checked(feed: Feed, event: Event) -> AnnotatedEvent:
    """Check a stored event by the current plan, and add its issues to its lines."""
    result = check_stored(event, feed.stream)
    text = bytes(event.payload).decode()
    return annotated(PastedEvent(text, 1), result, is_whole=True)
