"""Explain the state of an event. Pure: `DeliveryNow` has everything that it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.delivery.event_status import EventState
from streams.delivery.explanation.explanation import (
    Action,
    Cause,
    Explanation,
    said_at,
)
from streams.delivery.explanation.queued import explain_queued
from streams.delivery.segment.stored_responses import StoredRejection

if TYPE_CHECKING:
    from datetime import datetime

    from streams.delivery.event_status import EventStatus
    from streams.delivery.explanation.delivery_now import DeliveryNow
    from streams.events.models import Event


def explain(
    event: Event,
    status: EventStatus,
    delivery: DeliveryNow,
    *,
    delivered_at: datetime | None = None,
) -> Explanation:
    """Return why the event is in its state.

    `delivered_at` is when the request that delivered it started, if it is known.
    """
    match status.state:
        case EventState.DELIVERED:
            return _delivered(status, delivery, delivered_at)
        case EventState.REJECTED:
            return _rejected(event, status)
        case EventState.RECOVERED:
            return _recovered(status)
        case EventState.FILTERED:
            return _skipped(event, status, delivery)
        case EventState.ERASED:
            return _erased()
        case _:
            return explain_queued(event, status, delivery)


def _delivered(
    status: EventStatus, delivery: DeliveryNow, at: datetime | None
) -> Explanation:
    current, replaced_at = delivery.connection, delivery.replaced_at
    is_unknown = (
        current and current.pk == status.connection_id and current.is_key_unknown
    )
    if is_unknown and replaced_at is None:
        return _probably_dropped(is_sure_of_key=True)
    if is_unknown and replaced_at and (at is None or at > replaced_at):
        return _probably_dropped(is_sure_of_key=at is not None)
    if at is None:
        reason = _("Segment accepted this event.")
    elif is_unknown:
        reason = _(
            "Segment accepted this event on %(time)s, before the write key or the region was"
            " replaced."
        ) % {"time": said_at(at)}
    else:
        reason = _("Segment accepted this event on %(time)s.") % {"time": said_at(at)}
    return Explanation(
        state=EventState.DELIVERED,
        cause=Cause.DELIVERED,
        label=_("Delivered"),
        tone="good",
        reason=reason,
    )


def _probably_dropped(*, is_sure_of_key: bool) -> Explanation:
    """Explain a 200 for an unknown key: Segment accepts any key, and drops the events.

    `is_sure_of_key`: the event was sent with the present key.
    """
    if is_sure_of_key:
        reason = _(
            "Segment accepted this event but doesn't recognize the write key, so it probably"
            " dropped the event."
        )
    else:
        reason = _(
            "Segment accepted this event but doesn't recognize the current write key. It"
            " probably dropped the event, if it was sent with that key."
        )
    return Explanation(
        state=EventState.DELIVERED,
        cause=Cause.KEY_UNKNOWN,
        label=_("Delivered"),
        tone="warn",
        reason=reason,
        action=Action(_("Check connection"), "connection"),
    )


def _rejected(event: Event, status: EventStatus) -> Explanation:
    return Explanation(
        state=EventState.REJECTED,
        cause=Cause.REJECTED,
        label=_("Rejected by Segment"),
        tone="bad",
        reason=_why_rejected(status.reason),
        action=_replay(event, _("Replay…")),
    )


def _erased() -> Explanation:
    return Explanation(
        state=EventState.ERASED,
        cause=Cause.ERASED,
        label=_("Erased"),
        tone="",
        reason=_(
            "The data of this event was erased with that of its person. Only the event number"
            " and the time of receipt remain. If the event wasn't sent before, it never is."
        ),
    )


def _why_rejected(stored: str) -> str:
    rejection = StoredRejection.of(stored)
    if not rejection.status:
        reason = _("Not delivered, because Segment rejected it: %(message)s")
    elif rejection.message:
        reason = _(
            "Not delivered, because Segment rejected it with “%(message)s” (%(status)s)."
        )
    else:
        reason = _("Not delivered, because Segment rejected it (%(status)s).")
    return reason % {"message": rejection.message, "status": rejection.status}


def _recovered(status: EventStatus) -> Explanation:
    rejection = StoredRejection.of(status.reason)
    if rejection.status:
        reason = _(
            "Segment rejected this event at first (%(status)s), then accepted it from a"
            " replay on %(time)s."
        )
    else:
        reason = _(
            "Segment rejected this event at first, then accepted it from a replay on"
            " %(time)s."
        )
    words = {
        "status": rejection.status,
        "time": said_at(status.recovered_at) if status.recovered_at else "",
    }
    return Explanation(
        state=EventState.RECOVERED,
        cause=Cause.RECOVERED,
        label=_("Recovered"),
        tone="good",
        reason=reason % words,
    )


def _skipped(event: Event, status: EventStatus, delivery: DeliveryNow) -> Explanation:
    later = [cursor for cursor in delivery.cursors if cursor.start >= event.seq]
    words = {
        "number": f"{later[-1].start + 1:,}" if later else "",
        "key": delivery.key_hints.get(status.connection_id or 0, ""),
    }
    if status.skip is not None:
        cause = Cause.QUEUE_SKIPPED
        words |= {"person": str(status.skip.actor), "time": said_at(status.skip.at)}
        if status.skip.actor:
            reason = _("Not sent, because %(person)s skipped the queue on %(time)s.")
        else:
            reason = _("Not sent, because the queue was skipped on %(time)s.")
    elif status.connection_id is None:
        cause = Cause.BEFORE_CONNECTION
        reason = _(
            "Not sent, because it came before the connection, which started with event"
            " number %(number)s."
        )
    else:
        cause = Cause.LEFT_UNSENT
        reason = _(
            "Not sent, because the connection with the write key …%(key)s was deleted"
            " first, and the next one started with event number %(number)s."
        )
    can_send = delivery.connection is not None
    return Explanation(
        state=EventState.FILTERED,
        cause=cause,
        label=_("Skipped"),
        tone="",
        reason=reason % words,
        action=_replay(event, _("Send this event…")) if can_send else None,
    )


def _replay(event: Event, label: str) -> Action:
    return Action(label, "replay-new", {"first": event.seq, "last": event.seq})
