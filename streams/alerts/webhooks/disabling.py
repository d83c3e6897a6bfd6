"""Disable an endpoint whose receiver responded 410 Gone, and enable it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from streams.alerts.models import Notice
from streams.alerts.people.defaults import CHANNELS
from streams.alerts.people.outbox import TRIED_FOR
from streams.alerts.people.recipients import people_of, place_of
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.audit.services import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from streams.tenancy.models import Partner, User, Workspace

ADMIN = "admin"  # the role in a workspace and in a partner


@transaction.atomic
def disable(*, endpoint_id: int, now: datetime) -> None:
    """Send an endpoint no more messages, and notify the admins of its owner, once."""
    same = WebhookEndpoint.objects.filter(pk=endpoint_id)
    is_first = same.filter(gone_at=None).update(gone_at=now, failing_since=None)
    waiting = WebhookMessage.objects.unfinished().filter(endpoint=endpoint_id)
    waiting.update(dropped_at=now)
    endpoint = same.select_related("partner", "workspace__partner").first()
    if not is_first or endpoint is None:
        return
    record(
        "webhook.disabled",
        actor=None,
        partner=endpoint.partner,
        workspace=endpoint.workspace,
        url=endpoint.shown_url,
    )
    owner = endpoint.partner or endpoint.workspace
    if owner is not None:
        Notice.objects.bulk_create(_notices(endpoint, owner, now))


@transaction.atomic
def enable(*, endpoint: WebhookEndpoint, actor: User) -> bool:
    """Send a disabled endpoint messages about new alerts again. False: it isn't disabled."""
    same = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if not same.exclude(gone_at=None).update(gone_at=None):
        return False
    record(
        "webhook.enabled",
        actor=actor,
        partner=endpoint.partner,
        workspace=endpoint.workspace,
        url=endpoint.shown_url,
    )
    return True


def _notices(
    endpoint: WebhookEndpoint, owner: Workspace | Partner, now: datetime
) -> Iterator[Notice]:
    """Yield the notices to the admins, who alone see endpoints, whatever they chose."""
    place = place_of(owner)
    roles = people_of([place]).roles[place]
    audience = (
        Notice.Audience.PARTNER if endpoint.partner else Notice.Audience.WORKSPACE
    )
    for user in sorted(user for user, role in roles.items() if role == ADMIN):
        for channel in CHANNELS:
            yield Notice(
                transition=Notice.Transition.GONE,
                endpoint=endpoint,
                channel=channel,
                recipient_id=user,
                audience=audience,
                workspace=endpoint.workspace,
                partner=endpoint.partner,
                due_at=now,
                expires_at=now + TRIED_FOR,
            )
