"""A test call: a signed event to an inbound address, sent as Segment does."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import requests
import structlog
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from streams.audit.services import record
from streams.base.clock import now
from streams.base.http_deadlines import DeadlineSession
from streams.identity.inbound.events import TEST_MESSAGE_ID
from streams.identity.inbound.secrets import open_secrets
from streams.identity.inbound.services import OVERLAP

if TYPE_CHECKING:
    from streams.identity.inbound_address import InboundAddress
    from streams.tenancy.models import User

log = structlog.get_logger()

TIMEOUT_S = 5.0  # in total; Segment waits for 5 to 10 seconds
# Ingest processes keep the secrets of an address for up to 3 s.
KNOWN_AFTER = timedelta(seconds=5)
USER_ID = "portal-test-call"


@dataclass(frozen=True, slots=True)
class CallResult:
    """The response to a test call; `status` is None if there was none."""

    status: int | None
    reason: str  # of a refusal

    @property
    def arrived(self) -> bool:
        return self.status == 200


@sensitive_variables("secret", "signature")
def send_test_call(
    *, address: InboundAddress, ingest_url: str, actor: User | None
) -> CallResult:
    """Send an identify call without an identifier, so it is counted and no link is learned.

    `ingest_url` is the public one, so that the call passes every proxy that Segment's events
    pass. Raises base.keyring.CannotDecrypt.
    """
    secret = _known_secret(address)
    body = json.dumps(_call(address)).encode()
    signature = hmac.digest(secret.encode(), body, "sha1").hex()
    result = _post(f"{ingest_url}/v1/inbound/{address.public_id}", body, signature)
    record(
        "inbound.tested",
        actor=actor,
        workspace=address.feed.workspace,
        stream=address.feed.stream.slug,
        status=result.status,
    )
    return result


@sensitive_variables("stored")
def _known_secret(address: InboundAddress) -> str:
    """Return a secret that all ingest processes know already."""
    stored, until = open_secrets(address), address.previous_secret_until
    if stored.previous and until and now() < until - OVERLAP + KNOWN_AFTER:
        return stored.previous
    return stored.newest


def _call(address: InboundAddress) -> dict[str, object]:
    stream, at = address.feed.stream, now().isoformat()
    return {
        "type": "identify",
        "messageId": f"{TEST_MESSAGE_ID}{uuid4()}",
        "userId": USER_ID,
        "traits": {},
        "timestamp": at,
        "sentAt": at,
        # An event that the tool sent itself, so nothing is learned from it.
        "context": {"integration": {"name": stream.slug, "version": stream.version}},
    }


def _post(url: str, body: bytes, signature: str) -> CallResult:
    headers = {"Content-Type": "application/json", "X-Signature": signature}
    try:
        with DeadlineSession() as session:
            response = session.post(
                url,
                data=body,
                headers=headers,
                auth=_Unchanged(),
                timeout=TIMEOUT_S,
                allow_redirects=False,  # Segment's requests aren't redirected either
            )
    except requests.RequestException as error:
        # Without the error's text and cause, which hold the request.
        log.warning("inbound.test_unreachable", error=type(error).__name__)
        return CallResult(None, _("The inbound address can't be reached."))
    if response.status_code == 200:
        return CallResult(200, "")
    return CallResult(response.status_code, response.text[:300])


class _Unchanged(requests.auth.AuthBase):
    """Passed as `auth`, so that no .netrc on the machine adds a header."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
