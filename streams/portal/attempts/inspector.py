"""All that the portal knows of one delivery attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from streams.connections.regions import tracking_url
from streams.delivery.attempts.contents import Try, events_of, tries_of
from streams.delivery.attempts.fault_meaning import FaultMeaning, fault_meaning
from streams.delivery.limits.send_policy import SendPolicy
from streams.delivery.models import Delivery
from streams.delivery.segment.client import headers_to_show
from streams.events.retention.past_retention import oldest_retained
from streams.portal.event.curl import curl_of_file

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.events.models import Event
    from streams.portal.shared.access import WorkspaceAccess

EVENTS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of the duration of an attempt."""

    label: StrOrPromise
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """An attempt with its request, its response, and the other attempts of its batch."""

    attempt: Delivery
    path: str  # of the request
    headers: dict[str, str]  # without secrets
    phases: list[Phase]  # of the duration; empty: not measured
    events: list[Event]  # the first ones that are still stored
    tries: list[Try]
    is_retried: bool  # another attempt of this batch is scheduled
    can_retry: bool  # "Retry now" would send it
    fault: FaultMeaning | None
    has_body: bool  # all of its events are still stored
    file: str  # the name of the file with the body
    curl: str


def inspect(attempt: Delivery, access: WorkspaceAccess) -> Inspection:
    """Collect it with a few bounded queries; `attempt` has its relations loaded."""
    url = urlsplit(tracking_url(attempt.connection.region))
    file = f"attempt-{attempt.pk}.json"
    first_events = events_of(attempt).defer("payload")[:EVENTS_SHOWN]
    is_retried = _is_retried(attempt)
    failed = attempt.outcome != Delivery.Outcome.DELIVERED
    return Inspection(
        attempt=attempt,
        path=f"{url.path}/batch",
        headers=headers_to_show(url.netloc, attempt.body_bytes),
        phases=phases_of(attempt),
        events=list(first_events),
        tries=tries_of(attempt),
        is_retried=is_retried,
        can_retry=is_retried and access.can_edit and _may_send(attempt, access),
        fault=_fault(attempt) if failed else None,
        has_body=attempt.first_seq >= oldest_retained(attempt.cursor.feed),
        file=file,
        curl=curl_of_file(attempt.connection.region, file),
    )


def phases_of(attempt: Delivery) -> list[Phase]:
    """Return the parts of its duration, in order; none if they were not measured."""
    connect_ms, first_ms = attempt.connect_ms, attempt.first_byte_ms
    if connect_ms is None:
        return []
    # Each is rounded, so a difference may be -1.
    waited_ms = (attempt.duration_ms if first_ms is None else first_ms) - connect_ms
    phases = [
        Phase(label=_("Connecting"), ms=connect_ms),
        Phase(label=_("Sending and waiting"), ms=max(waited_ms, 0)),
    ]
    if first_ms is not None:
        read_ms = max(attempt.duration_ms - first_ms, 0)
        phases.append(Phase(label=_("Reading the response"), ms=read_ms))
    return phases


def _is_retried(attempt: Delivery) -> bool:
    cursor = attempt.cursor
    return (
        attempt.outcome == Delivery.Outcome.RETRY
        and cursor.failures > 0
        and cursor.due_at is not None
        and cursor.position < attempt.first_seq
    )


def _may_send(attempt: Delivery, access: WorkspaceAccess) -> bool:
    connection = attempt.connection
    if attempt.cursor.held or connection.deleted_at is not None:
        return False
    stream, workspace = access.the_feed.stream, access.workspace
    policy = SendPolicy.load()
    return policy.block(connection, stream=stream, workspace=workspace) is None


def _fault(attempt: Delivery) -> FaultMeaning:
    return fault_meaning(attempt.outcome, attempt.status_code, attempt.error)
