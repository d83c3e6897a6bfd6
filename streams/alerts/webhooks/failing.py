"""Endpoints whose messages fail, for operators: their receivers miss alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q

from streams.alerts.webhooks.models import (
    FAILING_AFTER,
    WebhookEndpoint,
    WebhookMessage,
)

if TYPE_CHECKING:
    from datetime import datetime

    from streams.alerts.webhooks.models import WebhookEndpointQuerySet


def failing_endpoints(at: datetime) -> WebhookEndpointQuerySet:
    """Return the endpoints that fail for a day, or that missed a message, the longest first.

    Tests don't count: their sender sees the result.
    """
    missed = WebhookMessage.objects.filter(
        endpoint=OuterRef("pk"),
        alert__isnull=False,
        given_up_at__gte=OuterRef("failing_since"),
    )
    failing = WebhookEndpoint.objects.filter(failing_since__isnull=False)
    is_long = Q(failing_since__lte=at - FAILING_AFTER)
    return failing.filter(is_long | Exists(missed)).order_by(F("failing_since"), "pk")
