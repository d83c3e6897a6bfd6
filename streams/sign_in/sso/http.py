"""Requests to providers: deadlines, no redirects, and only JSON objects as responses.

Each request has a deadline, and so have all requests of a step of a sign-in together: a
thread waits no longer for a provider, however slow it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, override

import requests
from requests.adapters import BaseAdapter

from streams.base.customer_urls.client import CustomerUrlClient, Unreached
from streams.base.customer_urls.urls import CustomerUrl, UrlRefused
from streams.base.http_deadlines import Deadline, DeadlineSession

_HEADERS = ("Accept", "Authorization", "Content-Type")
TIMEOUT_S = 5.0  # of one request in total
STEP_S = 8.0  # of all requests of one step of a sign-in, of which there are two

type Session = requests.Session
# No response, an error, or a response that can't be used.
Unusable = requests.RequestException


class ProviderSession(DeadlineSession):
    """For the provider of the operators, which may be in a private network."""

    def __init__(self, step: Deadline | None = None) -> None:
        super().__init__()
        self._step = step or Deadline(STEP_S)

    @override
    def request(
        self, method: str | bytes, url: str | bytes, *args: Any, **options: Any
    ) -> requests.Response:
        """Send a request. Raises Unusable."""
        options |= {"timeout": _seconds_left(self._step), "allow_redirects": False}
        return usable(super().request(method, url, *args, **options))


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How partners' providers are reached. Tests have one without the internet."""

    client: CustomerUrlClient = field(default_factory=CustomerUrlClient)
    to_loopback: bool = False


NETWORK = Network()


class CustomerSession(requests.Session):
    """For the provider of a partner, which may be hostile: only public addresses, over TLS."""

    def __init__(self, step: Deadline | None = None) -> None:
        super().__init__()
        self.trust_env = False  # no proxies, and no credentials from a file
        self.adapters.clear()
        self.mount("https://", _CustomerAdapter(step or Deadline(STEP_S)))

    @override
    def request(
        self, method: str | bytes, url: str | bytes, *args: Any, **options: Any
    ) -> requests.Response:
        """Send a request. Raises Unusable."""
        options["allow_redirects"] = False
        return usable(super().request(method, url, *args, **options))


class _CustomerAdapter(BaseAdapter):
    """Sends through the client for URLs of customers, within 5 s and 64 KB."""

    def __init__(self, step: Deadline) -> None:
        super().__init__()
        self._step = step

    @override
    def send(
        self, request: requests.PreparedRequest, *_args: Any, **_options: Any
    ) -> requests.Response:
        try:
            url = provider_url(request.url or "")
        except UrlRefused as error:
            raise requests.exceptions.InvalidURL(str(error)) from None
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        named = {n: request.headers[n] for n in _HEADERS if n in request.headers}
        try:
            client = replace(NETWORK.client, total_s=_seconds_left(self._step))
            got = client.request(request.method or "GET", url, content, named)
        except Unreached as error:
            raise requests.exceptions.ConnectionError(str(error)) from None
        response = requests.Response()
        response.status_code, response.raw = got.status, BytesIO(got.body)
        response.url, response.request = request.url or "", request
        return response

    @override
    def close(self) -> None:
        """Nothing stays open between two requests."""


def _seconds_left(step: Deadline) -> float:
    """Return how long the next request may take. Raises Unusable if the time is over."""
    try:
        return min(TIMEOUT_S, step.remaining_s())
    except TimeoutError as error:
        raise requests.Timeout(str(error)) from None


def provider_url(text: str) -> CustomerUrl:
    """Read a URL of a partner's provider. Raises base.customer_urls.UrlRefused."""
    return CustomerUrl.parse(text, to_loopback=NETWORK.to_loopback)


def usable(response: requests.Response) -> requests.Response:
    """Return a response with a JSON object, or an error. Raises Unusable."""
    if response.is_redirect:
        raise requests.TooManyRedirects("A provider must not redirect.")
    if response.ok and not isinstance(response.json(), dict):
        raise requests.exceptions.InvalidJSONError("Not a JSON object.")
    # allauth reads it without checking that it is there.
    response.headers["Content-Type"] = "application/json"
    return response
