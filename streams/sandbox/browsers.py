"""What browsers ask for: preflights, and the pixel, which is always a picture."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

import msgspec

from streams.sandbox.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.sandbox.request import Request

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
MAX_DEPTH = 20
_HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}")


def pixel() -> Reply:
    """A transparent picture of one pixel."""
    headers = {"Content-Type": "image/gif", "Cache-Control": "no-store"}
    return Reply(200, GIF, headers)


def pixel_body(query: Mapping[str, str]) -> bytes:
    """The call in a pixel's query as JSON: `data` in base64, or names with dots.

    Anything else becomes an empty body, which is no call.
    """
    try:
        if "data" in query:
            # A plus sign that was not escaped has become a space.
            text = query["data"].replace(" ", "+").translate({0x2D: "+", 0x5F: "/"})
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        return msgspec.json.encode(_nested(query))
    except (binascii.Error, ValueError):
        return b""


def preflight(request: Request) -> Reply:
    """Allow a page of any origin to send."""
    asked = request.headers.get("access-control-request-headers", "")
    allowed = asked if _HEADER_NAMES.fullmatch(asked) else "Authorization, Content-Type"
    headers = {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": allowed,
        "Access-Control-Max-Age": "86400",
    }
    return cross_origin(Reply(204, b"", headers))


def cross_origin(reply: Reply) -> Reply:
    """The reply, readable by a page of any origin."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After, X-RateLimit-Reset",
    }
    return Reply(reply.status, reply.body, {**reply.headers, **headers})


def _nested(query: Mapping[str, str]) -> dict[str, Any]:
    """`properties.price=5` as an object in an object. Raises ValueError."""
    nested: dict[str, Any] = {}
    for name, value in query.items():
        *folders, last = name.split(".")
        if len(folders) > MAX_DEPTH:
            raise ValueError("nested too deeply")
        inner = nested
        for folder in folders:
            inner = inner.setdefault(folder, {})
            if not isinstance(inner, dict):
                # What came is wrong, not how we called.
                raise ValueError("a value and an object of one name")  # noqa: TRY004
        inner[last] = value
    return nested
