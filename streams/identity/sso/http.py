"""Requests to providers: a deadline, no redirects, and only JSON objects as responses."""

from __future__ import annotations

from typing import Any, override

import requests

from streams.base.http_deadlines import DeadlineSession

TIMEOUT_S = 5.0  # of one request in total; a sign-in sends up to five

type Session = requests.Session
# No response, an error, or a response that can't be used.
Unusable = requests.RequestException


class ProviderSession(DeadlineSession):
    """For the provider of the operators, which may be in a private network."""

    @override
    def request(
        self, method: str | bytes, url: str | bytes, *args: Any, **options: Any
    ) -> requests.Response:
        """Send a request. Raises Unusable."""
        options |= {"timeout": TIMEOUT_S, "allow_redirects": False}
        return usable(super().request(method, url, *args, **options))


def usable(response: requests.Response) -> requests.Response:
    """Return a response with a JSON object, or an error. Raises Unusable."""
    if response.is_redirect:
        raise requests.TooManyRedirects("A provider must not redirect.")
    if response.ok and not isinstance(response.json(), dict):
        raise requests.exceptions.InvalidJSONError("Not a JSON object.")
    # allauth reads it without checking that it is there.
    response.headers["Content-Type"] = "application/json"
    return response
