"""Client that sends a QA run through the public ingest, as a partner's server would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import structlog
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from streams.base.http_deadlines import DeadlineSession

if TYPE_CHECKING:
    from streams.base.ids import Secret

log = structlog.get_logger()

TIMEOUT_S = 10.0  # in total
STORED = frozenset({"accepted", "warned", "held", "duplicate"})
MOST_TOLD = 10  # events that were not stored


class EventsRefused(Exception):
    """The ingest accepted no events; the message says why and never holds the token."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """Result of the events of one request."""

    stored: int
    refused: tuple[str, ...]  # "Email Opened: why (RULE)"; the first ones


@sensitive_variables("token")
def send(
    ingest_url: str, token: Secret, events: Sequence[dict[str, Any]]
) -> IngestResult:
    """Send all events in one request. Raises EventsRefused."""
    try:
        with DeadlineSession() as session:
            response = session.post(
                f"{ingest_url}/v1/batch",
                json={"batch": events},
                auth=_Bearer(token),
                timeout=TIMEOUT_S,
                allow_redirects=False,  # the token is only for this address
            )
    except requests.RequestException as error:
        # Without the error's text and cause, which hold the request.
        log.warning("qa.ingest_unreachable", error=type(error).__name__)
        problem = _(
            "The ingest API at %(address)s can't be reached. This isn't a problem with"
            " your stream. Try again in a minute. If the problem persists, contact the"
            " operator of this portal."
        )
        raise EventsRefused(problem % {"address": ingest_url}) from None
    if response.status_code != 200:
        problem = _("The ingest API returned %(status)s: %(text)s")
        values = {"status": str(response.status_code), "text": response.text[:200]}
        raise EventsRefused(problem % values)
    return _taken(events, response.json()["results"])


def _taken(
    events: Sequence[dict[str, Any]], results: list[dict[str, Any]]
) -> IngestResult:
    refused = [
        f"{event.get('event') or event['type']}: {_why(result)}"
        for event, result in zip(events, results, strict=True)
        if result["outcome"] not in STORED
    ]
    return IngestResult(len(results) - len(refused), tuple(refused[:MOST_TOLD]))


def _why(result: dict[str, Any]) -> str:
    issue = (result.get("findings") or [result])[0]
    if "message" not in issue:
        return str(result["outcome"])
    return f"{issue['message']} ({issue['rule']})"


class _Bearer(requests.auth.AuthBase):
    """Passed as `auth`, so that no .netrc on the machine replaces the header."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.text}"
        return request
