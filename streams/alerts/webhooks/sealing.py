"""The URL and the signing secrets of an endpoint, encrypted for its row.

Nothing here puts them into an error, a repr, or a log. The URL is a secret, too: anyone who
has that of a Slack channel can write to it.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.base.caching.key_rings import key_ring
from streams.base.keyring import Ciphertext

if TYPE_CHECKING:
    from streams.alerts.webhooks.models import WebhookEndpoint

SECRET_BYTES = 32
PREFIX = "whsec_"  # of the Standard Webhooks specification


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """Where messages go, and the secrets that sign them; Slack has none."""

    url: str
    secret: str = ""
    previous_secret: str = ""

    def __repr__(self) -> str:
        return "Target(…)"


def new_signing_secret() -> str:
    """Return a new secret of 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal_target(target: Target, *, public_id: str) -> Ciphertext:
    """Encrypt a target for the endpoint with this ID."""
    fields = [target.url, target.secret, target.previous_secret]
    return key_ring().seal(json.dumps(fields), bound_to=_row(public_id))


def open_target(endpoint: WebhookEndpoint) -> Target:
    """Return the target of an endpoint. Raises base.keyring.CannotDecrypt."""
    sealed = Ciphertext(endpoint.key_ring_id, bytes(endpoint.sealed))
    fields = key_ring().open(sealed, bound_to=_row(endpoint.public_id))
    return Target(*json.loads(fields))


def _row(public_id: str) -> str:
    return f"webhook-endpoint:{public_id}"
