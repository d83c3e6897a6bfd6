"""Send the messages to webhook endpoints that are due.

A process claims messages, sends them outside of any transaction, several at once, and then
stores the results. If it dies in between, the claims run out, and the messages are sent
again with the same ID and the same body.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q

from streams.alerts.webhook_sending.content import content_of
from streams.alerts.webhook_sending.requests import request_of
from streams.alerts.webhooks.disabling import disable
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.base.customer_urls.client import CustomerUrlClient, Unreached
from streams.base.customer_urls.urls import UrlRefused
from streams.base.keyring import CannotDecrypt

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from streams.alerts.webhook_sending.requests import MessageRequest

log = structlog.get_logger()

AT_ONCE = 16  # messages; each of another endpoint
CLAIM = timedelta(minutes=1)  # far longer than a request, which takes 5 s at most
ROUND_S = 20.0
GONE = (
    410  # by the Standard Webhooks specification, the receiver wants no more messages
)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)
Cause = WebhookMessage.Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of an attempt: a status, or the reason why there is none."""

    status: int | None = None
    failure: str = ""
    duration_ms: int = 0

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def customer_client() -> CustomerUrlClient:
    """Return the client that the settings allow."""
    if settings.LOCAL_WEBHOOKS:
        return CustomerUrlClient.with_localhost()
    return CustomerUrlClient()


def send_due(
    now: datetime,
    stop: Callable[[], bool],
    *,
    client: CustomerUrlClient,
) -> None:
    """Send messages until none is due, for about ROUND_S. `now` is the database's time."""
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as threads:
        while not stop() and (passed_s := time.monotonic() - began) < ROUND_S:
            at = now + timedelta(seconds=passed_s)
            messages = _claim(at)
            if not messages:
                return
            requests = [
                request for message in messages if (request := _prepared(message, at))
            ]
            results = threads.map(lambda request: _sent(client, request), requests)
            for request, result in zip(requests, results, strict=True):
                _store(request.message, result, at)


@transaction.atomic
def _claim(now: datetime) -> list[WebhookMessage]:
    """Claim the next messages, those of endpoints that work first."""
    due = WebhookMessage.objects.due(now).select_for_update(
        skip_locked=True, no_key=True, of=("self",)
    )
    related = due.select_related(
        "endpoint",
        "alert__workspace",
        "alert__stream__partner",
        "alert__partner",
        "alert__connection",
    )
    works_first = F("endpoint__failing_since").desc(nulls_first=True)
    messages = list(related.order_by(works_first, "due_at", "pk")[:AT_ONCE])
    for message in messages:
        message.claimed_until, message.attempts = now + CLAIM, message.attempts + 1
    WebhookMessage.objects.bulk_update(messages, ["claimed_until", "attempts"])
    return messages


def _prepared(message: WebhookMessage, now: datetime) -> MessageRequest | None:
    """Return the request of a claimed message, or drop or release the message."""
    try:
        is_disabled = message.endpoint.gone_at is not None
        if not is_disabled and (message.body or _has_content(message)):
            return request_of(message, now)
        _release(message, dropped_at=now)
    except CannotDecrypt:
        _store(message, Result(failure=Cause.UNREADABLE), now)
    except UrlRefused:
        _store(message, Result(failure=Cause.REFUSED), now)
    except DatabaseError:
        raise  # the claims run out
    except Exception:  # one message must not stop the others
        log.exception("webhook.failed", webhook_id=str(message))
        _store(message, Result(failure=Cause.INTERNAL), now)
    return None


def _has_content(message: WebhookMessage) -> bool:
    """Store the body of a message. False: it has no reason anymore."""
    content = content_of(message)
    if content is None:
        return False
    is_slack = message.endpoint.is_slack
    message.body = content.as_slack() if is_slack else content.as_json()
    message.save(update_fields=["body"])
    return True


def _sent(client: CustomerUrlClient, request: MessageRequest) -> Result:
    """Send a request, in a thread that doesn't use the database."""
    began = time.monotonic()
    status, failure = None, ""
    try:
        body = request.message.body.encode()
        status = client.post(request.url, body, request.headers)
    except Unreached as unreached:
        failure = Cause(unreached.failure.value)
    duration_ms = int((time.monotonic() - began) * 1_000)
    return Result(status=status, failure=failure, duration_ms=duration_ms)


def _store(message: WebhookMessage, result: Result, now: datetime) -> None:
    log.info(
        "webhook.attempted",
        webhook_id=str(message),
        endpoint=message.endpoint.public_id,
        attempt=message.attempts,
        status=result.status,
        failure=result.failure,
        duration_ms=result.duration_ms,
    )
    endpoint = WebhookEndpoint.objects.filter(pk=message.endpoint_id)
    attempt = {
        "attempted_at": now,
        "status": result.status,
        "failure": result.failure,
        "duration_ms": result.duration_ms,
    }
    if result.is_success:
        endpoint.exclude(failing_since=None).update(failing_since=None)
        _release(message, delivered_at=now, **attempt)
        return
    if result.status == GONE:
        _release(message, given_up_at=now, **attempt)
        disable(endpoint_id=message.endpoint_id, now=now)
        return
    endpoint.filter(failing_since=None).update(failing_since=now)
    wait = min(FIRST_WAIT * 2 ** min(message.attempts - 1, 10), LONGEST_WAIT)
    if now + wait > message.expires_at:
        log.error("webhook.given_up", webhook_id=str(message))
        _release(message, given_up_at=now, **attempt)
    else:
        _release(message, due_at=now + wait, **attempt)


def _release(message: WebhookMessage, **fields: object) -> None:
    """Store the result, unless the claim ran out and another process has the message."""
    own = Q(pk=message.pk, claimed_until=message.claimed_until)
    WebhookMessage.objects.filter(own).update(claimed_until=None, **fields)
