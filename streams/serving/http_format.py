"""HTTP/1.1 on the wire: interprets the head of a request and encodes a response."""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httptools

from streams.base.request_errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.serving.application import Response
    from streams.serving.request import Request

MAX_TARGET_BYTES = 4 * 1024  # path and query, as sent
MAX_HEAD_BYTES = 32 * 1024  # target and headers
MAX_HEADERS = 100

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# If repeated, a proxy could interpret these differently than we do.
_ONCE = frozenset(
    {
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "transfer-encoding",
    }
)
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY = {204, 304}


def read_path(target: bytes) -> str:
    """Return a request's path without its query. Raises RequestRefused."""
    if target.startswith(b"/"):
        path = target.partition(b"?")[0].decode("latin-1")
    else:  # http://host/path, like to a proxy; or *
        try:
            path = (httptools.parse_url(target).path or b"").decode("latin-1")
        except httptools.HttpParserInvalidURLError:
            path = ""
    return unquote(path) if "%" in path else path


def add_header(headers: dict[str, str], name: bytes, value: bytes) -> None:
    """Add one header, with its name in lower case. Raises RequestRefused."""
    key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")
    if key in headers:
        if key in _ONCE:
            raise bad_http(f"The request has more than one {key} header.")
        # RFC 9110, 5.3; cookies are joined by semicolons (RFC 9113, 8.2.3).
        text = f"{headers[key]}{'; ' if key == 'cookie' else ', '}{text}"
    elif len(headers) >= MAX_HEADERS:
        raise head_too_large()
    headers[key] = text


def body_length(headers: Mapping[str, str]) -> int | None:
    """Return the length of the body; None if it is chunked. Raises RequestRefused.

    The parser checks that both headers are well formed and not combined.
    """
    coding = headers.get("transfer-encoding")
    if coding is None:
        return int(headers.get("content-length", "0"))
    if coding.lower() != "chunked":
        raise bad_http("The only supported Transfer-Encoding is chunked.")
    return None


def wants_continue(headers: Mapping[str, str]) -> bool:
    """Whether the sender waits for 100 Continue before the body. Raises RequestRefused."""
    expected = headers.get("expect")
    if expected is None:
        return False
    if expected.lower() != "100-continue":
        raise RequestRefused(
            417,
            "INGEST-HTTP-003",
            "The Expect header is not supported.",
            "Send Expect: 100-continue, or omit the header.",
        )
    return True


def encode(response: Response, request: Request, *, keep_alive: bool) -> bytes:
    """Encode the response to a request, without the body for a HEAD."""
    length = response.length
    return b"%bx-request-id: %b\r\n%b%b%b\r\n%b" % (
        response.head(request.headers),
        request.request_id.encode(),
        _date(int(time.time())),
        b"" if length is None else b"content-length: %d\r\n" % length,
        b"" if keep_alive else b"connection: close\r\n",
        b"" if request.method == "HEAD" else response.body,
    )


def encode_head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """Encode a status line and these headers."""
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, '')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, ""]).encode("latin-1")


def has_body(status: int) -> bool:
    """Whether a response with this status has a Content-Length."""
    return status >= 200 and status not in _WITHOUT_BODY


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return f"date: {formatdate(second, usegmt=True)}\r\n".encode()


def bad_http(message: str) -> RequestRefused:
    return RequestRefused(
        400, "INGEST-HTTP-001", message, "Use an HTTP library that sends HTTP/1.1."
    )


def too_large(limit: int) -> RequestRefused:
    return RequestRefused(
        413,
        "INGEST-SIZE-001",
        f"The request is larger than {limit:,} bytes.",
        "Send fewer events per request. The limit applies to the decompressed body.",
    )


def target_too_long() -> RequestRefused:
    return RequestRefused(
        414,
        "INGEST-HTTP-002",
        f"The path and query are longer than {MAX_TARGET_BYTES:,} bytes.",
        "Send the events in the body.",
    )


def head_too_large() -> RequestRefused:
    return RequestRefused(
        431,
        "INGEST-HTTP-002",
        f"The request has more than {MAX_HEADERS} headers, or headers with more than"
        f" {MAX_HEAD_BYTES:,} bytes.",
        "Omit headers that are not needed, such as cookies.",
    )


def too_slow(patience_s: float) -> RequestRefused:
    return RequestRefused(
        408,
        "INGEST-SLOW-001",
        f"The request took longer than {patience_s:.0f} seconds to arrive.",
        "Retry the request, or send fewer events per request.",
    )


def unavailable(code: str, message: str, *, retry_after_s: int) -> RequestRefused:
    """Refuse a request that can be retried later. None of it was stored."""
    return RequestRefused(
        503,
        code,
        message,
        "Retry the request after the number of seconds in Retry-After.",
        {"retry-after": str(retry_after_s)},
    )
