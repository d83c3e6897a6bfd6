"""Badges of outcomes and statuses, in the colors of the portal's badges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.translation import gettext

from streams.delivery.event_status import EventState
from streams.delivery.models import Delivery
from streams.observability.issues.models import SEVERITIES
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from streams.delivery.event_status import EventStatus

OUTCOMES = {
    Delivery.Outcome.DELIVERED: "good",
    Delivery.Outcome.REJECTED: "bad",
    Delivery.Outcome.RETRY: "warn",
    Delivery.Outcome.HELD: "bad",
}
STATES = {
    EventState.DELIVERED: "good",
    EventState.RECOVERED: "good",
    EventState.REJECTED: "bad",
    EventState.HELD: "warn",
    EventState.PENDING: "busy",
}

SEVERITY_TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.HINT: ""}


def badge(text: str, tone: str) -> str:
    """Return a badge. `tone` is good, busy, warn, bad, calm or empty."""
    return format_html('<span class="badge {}">{}</span>', tone, text)


def outcome_badge(delivery: Delivery) -> str:
    """Return the outcome of a delivery attempt as a badge."""
    outcome = Delivery.Outcome(delivery.outcome)
    return badge(str(outcome.label), OUTCOMES.get(outcome, ""))


def deleted_badge() -> str:
    """Return the badge of a connection that was deleted."""
    return badge(gettext("Deleted"), "")


def severity_badge(severity: Severity) -> str:
    """Return the severity of an issue as a badge."""
    words = {str(value): str(word) for value, word in SEVERITIES}
    return badge(words[severity.value], SEVERITY_TONES[severity])


def state_badge(status: EventStatus) -> str:
    """Return the state of an event as a badge."""
    return badge(str(status.state.label), STATES.get(status.state, ""))
