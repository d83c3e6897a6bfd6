"""The request of a message: its URL, its body and the headers that sign it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from django.views.decorators.debug import sensitive_variables
from standardwebhooks.webhooks import Webhook

from streams.alerts.webhooks.sealing import open_target
from streams.alerts.webhooks.services import read_url

if TYPE_CHECKING:
    from datetime import datetime

    from streams.alerts.webhooks.models import WebhookMessage
    from streams.alerts.webhooks.sealing import Target
    from streams.base.customer_urls.urls import CustomerUrl


@dataclass(frozen=True, slots=True, repr=False)
class MessageRequest:
    """A request that is ready to be sent. Its parts are secret."""

    message: WebhookMessage
    url: CustomerUrl
    headers: dict[str, str]

    def __repr__(self) -> str:
        return f"MessageRequest({self.message})"


@sensitive_variables("target")
def request_of(message: WebhookMessage, now: datetime) -> MessageRequest:
    """Return the request of a message that has its body.

    Raises CannotDecrypt, and UrlRefused for a URL that the settings no longer allow.
    """
    endpoint = message.endpoint
    target = open_target(endpoint)
    headers = {"Content-Type": "application/json"}
    if not endpoint.is_slack:
        until = endpoint.previous_secret_until
        overlaps = until is not None and until > now
        headers |= _signed(message, target, now, with_previous=overlaps)
    return MessageRequest(message, read_url(target.url), headers)


def _signed(
    message: WebhookMessage, target: Target, now: datetime, *, with_previous: bool
) -> dict[str, str]:
    """Return the headers of the Standard Webhooks specification."""
    secrets = [target.secret]
    if with_previous and target.previous_secret:
        secrets.append(target.previous_secret)
    # The library takes the time as UTC, whatever its zone.
    moment, name = now.astimezone(UTC), str(message)
    signatures = [
        Webhook(secret).sign(msg_id=name, timestamp=moment, data=message.body)
        for secret in secrets
    ]
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
