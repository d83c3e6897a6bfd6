"""Why an event is queued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.catalog.retention_period import NOTICE
from streams.connections.models import Connection
from streams.delivery.explanation.explanation import (
    Action,
    Cause,
    Explanation,
    said_at,
)
from streams.delivery.limits.send_policy import BlockCause
from streams.delivery.segment.responses import says_key_rejected

if TYPE_CHECKING:
    from datetime import datetime

    from streams.delivery.event_status import EventStatus
    from streams.delivery.explanation.delivery_now import DeliveryNow
    from streams.delivery.limits.send_policy import SendBlock
    from streams.delivery.models import Cursor
    from streams.events.models import Event


@dataclass(frozen=True, slots=True)
class _Why:
    cause: Cause
    label: str
    reason: str
    action: Action | None = None
    tone: str = "warn"

    @property
    def retries(self) -> bool:
        return self.cause is Cause.RETRYING


def explain_queued(
    event: Event, status: EventStatus, delivery: DeliveryNow
) -> Explanation:
    """Return why the event is queued, and a warning if it expires within NOTICE."""
    why = _why(event, delivery)
    expires_at = delivery.retention.kept_until(event.received_at)
    warning = ""
    if expires_at <= delivery.now + NOTICE:
        warning = _("It expires on %(time)s unless it is sent before.")
        warning %= {"time": said_at(expires_at)}
    return Explanation(
        state=status.state,
        cause=why.cause,
        label=why.label,
        tone=why.tone,
        reason=why.reason,
        warning=warning,
        next_attempt_at=_next_attempt(delivery) if why.retries else None,
        action=why.action,
    )


def _next_attempt(delivery: DeliveryNow) -> datetime | None:
    """The time of the next attempt, unless it is due already."""
    due = delivery.cursor.due_at
    return due if due is not None and due > delivery.now else None


def _why(event: Event, delivery: DeliveryNow) -> _Why:
    """The most fundamental of several reasons: those that people must end come first."""
    connection = delivery.connection
    if connection is None or not delivery.cursors:
        return _not_connected(delivery)
    if connection.status == Connection.Status.PAUSED:
        return _paused(connection)
    if connection.status == Connection.Status.ATTENTION:
        return _stopped(connection)
    if delivery.block:
        return _blocked(delivery.block)
    if delivery.cursor.failures and connection.status_reason:
        return _waiting_for_operator()
    if delivery.cursor.failures:
        return _retrying(event, delivery)
    return _in_line(event, delivery.cursor)


def _not_connected(delivery: DeliveryNow) -> _Why:
    if delivery.cursors:
        reason = _("Not sent yet, because the connection to Segment was deleted.")
    else:
        reason = _("Not sent yet, because Segment isn't connected.")
    action = Action(_("Connect Segment"), "connection")
    return _Why(Cause.NOT_CONNECTED, _("Queued: not connected"), reason, action)


def _paused(connection: Connection) -> _Why:
    words = {
        "time": said_at(connection.status_at),
        "reason": connection.status_reason,
    }
    if connection.status_reason:
        why = _(
            "Not sent yet, because the operator of this portal paused delivery on"
            " %(time)s: %(reason)s"
        )
    else:
        why = _("Not sent yet, because delivery was paused on %(time)s.")
    return _Why(
        Cause.PAUSED,
        _("Queued: paused"),
        why % words,
        Action(_("Resume delivery"), "connection-resume", is_post=True),
    )


def _stopped(connection: Connection) -> _Why:
    """Segment's responses stopped the connection."""
    words = {
        "time": said_at(connection.status_at),
        "reason": connection.status_reason,
    }
    if says_key_rejected(connection.status_reason):
        return _Why(
            Cause.KEY_REFUSED,
            _("Queued: key refused"),
            _("Not sent yet, because Segment refused the write key on %(time)s.")
            % words,
            Action(_("Replace write key"), "connection-change"),
            tone="bad",
        )
    return _Why(
        Cause.NEEDS_ATTENTION,
        _("Queued: needs attention"),
        _("Not sent yet, because delivery stopped on %(time)s: %(reason)s") % words,
        Action(_("Check connection"), "connection"),
        tone="bad",
    )


def _blocked(block: SendBlock) -> _Why:
    match block.cause:
        case BlockCause.HALTED:
            return _Why(
                Cause.HALTED,
                _("Queued: halted by operator"),
                _("Not sent yet, because the operator halted delivery: %(reason)s")
                % {"reason": block.halt_reason},
            )
        case BlockCause.SUSPENDED:
            return _Why(
                Cause.SUSPENDED,
                _("Queued: suspended"),
                _("Not sent yet, because the operator suspended the stream."),
            )
        case BlockCause.AWAITING_APPROVAL:
            return _Why(
                Cause.AWAITING_APPROVAL,
                _("Queued: awaiting approval"),
                _("Not sent yet, because the stream is awaiting approval."),
            )


def _waiting_for_operator() -> _Why:
    return _Why(
        Cause.WAITING_FOR_OPERATOR,
        _("Queued: waiting for operator"),
        _(
            "Not sent yet, because the portal can't read the write key until its operator"
            " fixes that. You don't need to do anything."
        ),
    )


def _retrying(event: Event, delivery: DeliveryNow) -> _Why:
    cursor, failed = delivery.cursor, delivery.failed
    is_tried = failed is None or event.seq <= failed.last_seq
    next_at = _next_attempt(delivery)
    if is_tried and next_at is None:
        reason = ngettext(
            "Not delivered yet: %(count)s attempt failed with “%(error)s”, and the next"
            " one is due now.",
            "Not delivered yet: %(count)s attempts failed, the last one with “%(error)s”,"
            " and the next one is due now.",
            cursor.failures,
        )
    elif is_tried:
        reason = ngettext(
            "Not delivered yet: %(count)s attempt failed with “%(error)s”, and the next"
            " one is at %(time)s.",
            "Not delivered yet: %(count)s attempts failed, the last one with “%(error)s”,"
            " and the next one is at %(time)s.",
            cursor.failures,
        )
    elif next_at is None:
        reason = _(
            "Not sent yet: the events before it failed with “%(error)s”, and their next"
            " attempt is due now."
        )
    else:
        reason = _(
            "Not sent yet: the events before it failed with “%(error)s”, and their next"
            " attempt is at %(time)s."
        )
    reason %= {
        "count": cursor.failures,
        "error": failed.error.rstrip(".")
        if failed and failed.error
        else _("no response"),
        "time": said_at(next_at) if next_at else "",
    }
    action = Action(_("Retry now"), "connection-retry", is_post=True)
    return _Why(Cause.RETRYING, _("Queued: retrying"), reason, action)


def _in_line(event: Event, cursor: Cursor) -> _Why:
    before = event.seq - cursor.position - 1
    if before <= 0:
        reason = _("On its way: it is the first event of the next request to Segment.")
    else:
        reason = ngettext(
            "On its way: %(count)s event is sent before it.",
            "On its way: %(count)s events are sent before it.",
            before,
        ) % {"count": f"{before:,}"}
    return _Why(Cause.IN_FLIGHT, _("Queued"), reason, tone="busy")
