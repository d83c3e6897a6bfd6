"""Sends a test run through the portal's own public ingest, as a partner's server does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from django.views.decorators.debug import sensitive_variables

from streams.base.deadlines import deadline_session

if TYPE_CHECKING:
    from streams.base.ids import Secret

TIMEOUT_S = 10.0  # in all
STORED = frozenset({"accepted", "warned", "held", "duplicate"})
MOST_TOLD = 10  # of what was not stored


class NotTaken(Exception):
    """The ingest took no events; the message says why. Never holds the token."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the events of one request."""

    stored: int
    refused: tuple[str, ...]  # "Email Opened: why (RULE)"; the first ones


@sensitive_variables("token")
def send(ingest_url: str, token: Secret, events: Sequence[dict[str, Any]]) -> Taken:
    """One request with all of them. Raises NotTaken."""
    try:
        with deadline_session() as session:
            answer = session.post(
                f"{ingest_url}/v1/batch",
                json={"batch": events},
                auth=_Bearer(token),
                timeout=TIMEOUT_S,
                allow_redirects=False,  # the token is for this address alone
            )
    except requests.RequestException as error:
        # Without its text and its cause, which hold the request.
        raise NotTaken(
            f"The ingest at {ingest_url} does not answer ({type(error).__name__})."
            " Nothing is wrong with your stream: try again in a minute, and tell the"
            " people who run this portal if it stays so."
        ) from None
    if answer.status_code != 200:
        raise NotTaken(f"The ingest answers {answer.status_code}: {answer.text[:200]}")
    return _taken(events, answer.json()["results"])


def _taken(events: Sequence[dict[str, Any]], results: list[dict[str, Any]]) -> Taken:
    refused = [
        f"{event.get('event') or event['type']}: {_why(result)}"
        for event, result in zip(events, results, strict=True)
        if result["outcome"] not in STORED
    ]
    return Taken(len(results) - len(refused), tuple(refused[:MOST_TOLD]))


def _why(result: dict[str, Any]) -> str:
    told = (result.get("findings") or [result])[0]
    if "message" not in told:
        return str(result["outcome"])
    return f"{told['message']} ({told['rule']})"


class _Bearer(requests.auth.AuthBase):
    """As `auth`, so that no .netrc of the machine takes the header's place."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.text}"
        return request
