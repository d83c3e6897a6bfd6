"""Requests from browsers: CORS preflights, and the pixel, which is always an image."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

import msgspec

from streams.sandbox.http.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.sandbox.http.request import Request

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
MAX_DEPTH = 20
_HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}")


def pixel() -> Response:
    """Return a transparent image of one pixel."""
    headers = {"Content-Type": "image/gif", "Cache-Control": "no-store"}
    return Response(200, GIF, headers)


def pixel_body(query: Mapping[str, str]) -> bytes:
    """Return the call in a pixel's query as JSON: `data` in base64, or names with dots.

    Anything else becomes an empty body, which is not a valid call.
    """
    try:
        if "data" in query:
            # An unescaped plus sign has become a space.
            text = query["data"].replace(" ", "+").translate({0x2D: "+", 0x5F: "/"})
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        return msgspec.json.encode(_nested(query))
    except (binascii.Error, ValueError):
        return b""


def preflight(request: Request) -> Response:
    """Allow pages from any origin to send events."""
    asked = request.headers.get("access-control-request-headers", "")
    allowed = asked if _HEADER_NAMES.fullmatch(asked) else "Authorization, Content-Type"
    headers = {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": allowed,
        "Access-Control-Max-Age": "86400",
    }
    return cross_origin(Response(204, b"", headers))


def cross_origin(response: Response) -> Response:
    """Make a response readable by pages from any origin."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After, X-RateLimit-Reset",
    }
    return Response(response.status, response.body, {**response.headers, **headers})


def _nested(query: Mapping[str, str]) -> dict[str, Any]:
    """Turn `properties.price=5` into nested objects. Raises ValueError."""
    nested: dict[str, Any] = {}
    for name, value in query.items():
        *folders, last = name.split(".")
        if len(folders) > MAX_DEPTH:
            raise ValueError("nested too deeply")
        inner = nested
        for folder in folders:
            inner = inner.setdefault(folder, {})
            if not isinstance(inner, dict):
                # The input is wrong, not the type of an argument.
                raise ValueError("a name is both a value and an object")  # noqa: TRY004
        inner[last] = value
    return nested
