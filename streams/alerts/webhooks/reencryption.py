"""Re-encrypt the URLs and secrets of endpoints with the newest key, without downtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.alerts.webhooks.models import WebhookEndpoint
from streams.alerts.webhooks.sealing import open_target, seal_target
from streams.audit.services import record
from streams.base.caching.key_rings import key_ring
from streams.base.keyring import CannotDecrypt

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class EndpointResult:
    """The result, with the public IDs of endpoints that ENCRYPTION_KEYS cannot decrypt."""

    renewed: int = 0
    unreadable: list[str] = field(default_factory=list)


def renew_endpoints(*, batch: int = 500) -> EndpointResult:
    """Re-encrypt all endpoints. Can be stopped and run again at any time.

    An endpoint that is changed meanwhile keeps the change.
    """
    result, newest = EndpointResult(), key_ring().newest
    for endpoint in _older(newest, batch):
        try:
            target = open_target(endpoint)
        except CannotDecrypt:
            result.unreadable.append(endpoint.public_id)
            continue
        sealed = seal_target(target, public_id=endpoint.public_id)
        old = bytes(endpoint.sealed)
        same = WebhookEndpoint.objects.filter(pk=endpoint.pk, sealed=old)
        result.renewed += same.update(
            sealed=sealed.ciphertext, key_ring_id=sealed.key_id
        )
    if result.renewed:
        record("webhooks.renewed", actor=None, count=result.renewed, key_id=newest)
    return result


def _older(newest: str, batch: int) -> Iterator[WebhookEndpoint]:
    """Yield the endpoints of other keys in batches, so that no transaction stays open."""
    rows = WebhookEndpoint.objects.exclude(key_ring_id=newest).order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last)[:batch]):
        yield from page
        last = page[-1].pk
