"""CORS headers, so that web pages can send events and read the response.

The ingest ignores cookies, so any page is allowed: a key is enough to send events.
"""

from __future__ import annotations

import re

ALLOWED = "authorization, content-type, content-encoding, x-retry-count"
_EXPOSED = "retry-after, www-authenticate, allow, date"
_ORIGIN = re.compile(r"[!-~]{1,300}")
_NAMES = re.compile(r"[\w!#$%&'*+.^`|~, -]{1,1000}", re.ASCII)


def cors(origin: str) -> dict[str, str]:
    """Return the headers of every response.

    Browsers require the page's own origin if it sends credentials.
    """
    headers = {"access-control-expose-headers": _EXPOSED, "vary": "origin"}
    if not _ORIGIN.fullmatch(origin):
        return {"access-control-allow-origin": "*", **headers}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        **headers,
    }


def preflight_headers(asked: str) -> dict[str, str]:
    """Return the headers of the response to a preflight for these headers."""
    return {
        "access-control-allow-methods": "POST, OPTIONS",
        "access-control-allow-headers": asked if _NAMES.fullmatch(asked) else ALLOWED,
        "access-control-max-age": "86400",
        "vary": "origin, access-control-request-headers",
    }
