"""What a browser needs to let a page send events and read the response.

Nothing here depends on cookies, so any page may: whoever has a key may send.
"""

from __future__ import annotations

import re

ALLOWED = "authorization, content-type, content-encoding, x-retry-count"
_EXPOSED = "retry-after, www-authenticate, allow, date"
_ORIGIN = re.compile(r"[!-~]{1,300}")
_NAMES = re.compile(r"[\w!#$%&'*+.^`|~, -]{1,1000}", re.ASCII)


def cors(origin: str) -> dict[str, str]:
    """For every response. A page that sends credentials must find its own origin there."""
    headers = {"access-control-expose-headers": _EXPOSED, "vary": "origin"}
    if not _ORIGIN.fullmatch(origin):
        return {"access-control-allow-origin": "*", **headers}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        **headers,
    }


def preflight_headers(asked: str) -> dict[str, str]:
    """For the response to a preflight that asks for these headers."""
    return {
        "access-control-allow-methods": "POST, OPTIONS",
        "access-control-allow-headers": asked if _NAMES.fullmatch(asked) else ALLOWED,
        "access-control-max-age": "86400",
        "vary": "origin, access-control-request-headers",
    }
