"""The only module that sends events, and write keys, to Segment."""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import replace
from email.utils import parsedate_to_datetime
from math import ceil, isfinite
from typing import TYPE_CHECKING

import requests
from isal import igzip
from requests.auth import AuthBase

from streams.base.clock import now
from streams.base.http_deadlines import Deadline, DeadlineSession
from streams.delivery.segment.responses import SegmentResponse

if TYPE_CHECKING:
    from datetime import datetime

    from streams.connections.write_keys import WriteKey

MAX_RESPONSE_BYTES = 1_000
MAX_HEADERS = 2_000  # characters
# Response headers that may identify a session, in lower case; never stored.
SECRET_HEADERS = frozenset({"set-cookie", "set-cookie2", "authentication-info"})
# Longer responses are not read to the end; the connection is closed.
MAX_READ_BYTES = 64 * 1024
# Segment's addresses change without notice (segment/http-api.md, 1), so an open connection
# is closed after this time to resolve the name again.
SESSION_LIFE_S = 600.0
GZIP_FROM_BYTES = 1_000  # smaller bodies fit into one packet
LONGEST_RETRY_AFTER_S = 7 * 24 * 3600.0  # more is treated as a mistake


class SegmentClient:
    """One sender's connections to Segment; don't share between threads.

    `timeout_s` is the total time of a request, from connecting to the last byte.
    """

    def __init__(self, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._session = DeadlineSession()
        self._opened_at = time.monotonic()

    def post_batch(
        self, url: str, *, write_key: WriteKey, body: bytes
    ) -> SegmentResponse:
        """Send one batch. Network errors are returned as a `SegmentResponse`, never raised."""
        started = time.monotonic()
        deadline = Deadline(self._timeout_s)
        try:
            response = self._post(url, write_key, body)
        except requests.RequestException as error:
            self._session.close()
            reason = NOT_IN_TIME if deadline.has_passed else _description(error)
            response = SegmentResponse(status=None, error=reason)
        return replace(
            response,
            duration_ms=ceil((time.monotonic() - started) * 1000),
            connect_ms=ceil(self._session.connecting_s * 1000),
        )

    def close(self) -> None:
        """Close the connections. Don't use the client after that."""
        self._session.close()

    def _post(self, url: str, write_key: WriteKey, body: bytes) -> SegmentResponse:
        headers = _headers(len(body))
        if "Content-Encoding" in headers:
            body = igzip.compress(body, compresslevel=1, mtime=0)
        with self._fresh_session().post(
            f"{url}/batch",
            data=body,
            headers=headers,
            auth=_WriteKeyAuth(write_key),
            timeout=self._timeout_s,
            allow_redirects=False,
            stream=True,
        ) as response:
            return SegmentResponse(
                status=response.status_code,
                headers=_headers_to_keep(response),
                first_byte_ms=ceil(response.elapsed.total_seconds() * 1000),
                text=_start_of(response),
                retry_after_s=retry_after_s(response.headers.get("Retry-After"), now()),
            )

    def _fresh_session(self) -> requests.Session:
        if time.monotonic() - self._opened_at > SESSION_LIFE_S:
            self._session.close()
            self._session = DeadlineSession()
            self._opened_at = time.monotonic()
        return self._session


def headers_to_show(host: str, body_bytes: int) -> dict[str, str]:
    """Return the headers of a request with a body of that size, with the key covered."""
    return {
        "Host": host,
        **requests.utils.default_headers(),
        **_headers(body_bytes),
        "Authorization": "Basic •••",
    }


def _headers(body_bytes: int) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    if body_bytes >= GZIP_FROM_BYTES:
        headers["Content-Encoding"] = "gzip"
    return headers


def _headers_to_keep(response: requests.Response) -> str:
    lines = [
        f"{name}: {value}"
        for name, value in response.headers.items()
        if name.lower() not in SECRET_HEADERS
    ]
    return "\n".join(lines).replace("\x00", "\ufffd")[:MAX_HEADERS]


class _WriteKeyAuth(AuthBase):
    """Puts the key into the Authorization header, as the user name without a password.

    Nothing else unwraps the `WriteKey`, so its text is in no error, and outside of this
    class in no local variable.
    """

    def __init__(self, write_key: WriteKey) -> None:
        self._write_key = write_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        credentials = b64encode(f"{self._write_key.text}:".encode()).decode()
        request.headers["Authorization"] = f"Basic {credentials}"
        return request


def retry_after_s(value: str | None, at: datetime) -> float | None:
    """Parse a Retry-After header, a number or a date, into seconds; else None."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - at).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S) if isfinite(seconds) else None


def _start_of(response: requests.Response) -> str:
    # Read to the end, so that the connection can be reused, but keep only the start, and
    # stop at MAX_READ_BYTES.
    start, read_bytes = b"", 0
    for chunk in response.iter_content(1024):
        start = (start + chunk)[:MAX_RESPONSE_BYTES]
        read_bytes += len(chunk)
        if read_bytes > MAX_READ_BYTES:
            break
    return start.decode("utf-8", "replace").replace("\x00", "\ufffd")


NOT_IN_TIME = "Segment did not respond in time."


def _description(error: requests.RequestException) -> str:
    """Describe the error without the request, whose headers contain the write key."""
    kinds: list[tuple[type[requests.RequestException], str]] = [
        (requests.ConnectTimeout, "The connection to Segment timed out."),
        (requests.ReadTimeout, NOT_IN_TIME),
        (requests.exceptions.SSLError, "Segment's certificate could not be verified."),
        (requests.ConnectionError, "The connection to Segment failed."),
    ]
    for kind, description in kinds:
        if isinstance(error, kind):
            return description
    return f"The request to Segment failed ({type(error).__name__})."
