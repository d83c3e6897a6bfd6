"""Sends events like a partner's server: with an API token, and in batches."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any, Self

import requests

EVENTS_PER_REQUEST = 200
TRIES = 8
TIMEOUT_S = 30.0
BUSY = {429, 503}


class EventsRefused(Exception):
    """The portal refused events. The message has the reason, and never the token."""


class PartnerServer:
    """A client for the ingest of one portal, with an API token."""

    def __init__(self, ingest_url: str, token: str) -> None:
        self._url = f"{ingest_url}/v1/batch"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def send(self, events: Sequence[dict[str, Any]]) -> Iterator[Counter[str]]:
        """Send all events, and yield the counts by outcome of each request.

        Raises EventsRefused.
        """
        for batch in batched(events, EVENTS_PER_REQUEST):
            yield self._send_batch(batch)

    def _send_batch(self, batch: Sequence[dict[str, Any]]) -> Counter[str]:
        for _ in range(TRIES):
            response = self._post(batch)
            if response.status_code not in BUSY:
                break
            time.sleep(_wait_s(response))
        if not response.ok:
            raise EventsRefused(
                f"The ingest responded with {response.status_code}: {response.text[:300]}"
            )
        return Counter(event["outcome"] for event in response.json()["results"])

    def _post(self, batch: Sequence[dict[str, Any]]) -> requests.Response:
        try:
            return self._session.post(
                self._url, json={"batch": batch}, timeout=TIMEOUT_S
            )
        except requests.RequestException as error:
            raise EventsRefused(
                f"The ingest at {self._url} is unavailable ({type(error).__name__})."
            ) from None


def _wait_s(response: requests.Response) -> float:
    """Return the seconds of Retry-After, or 1 if it has none."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 1.0
