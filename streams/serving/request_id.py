"""Request IDs, which connect the proxy's log with ours."""

from __future__ import annotations

import re
import secrets
from itertools import count

# The formats that proxies send: nginx's $request_id and UUIDs. Nothing else is accepted,
# because the ID is logged, and a write key (which has capital letters) must not be.
_OF_A_PROXY = re.compile(r"[0-9a-f-]{8,64}")
_NUMBERS = 0x1_0000_0000
_numbers = count()


def request_id(sent: str) -> str:
    """Return the ID that a proxy sent, or a new one."""
    return proxys_request_id(sent) or f"{_of_process}{next(_numbers) % _NUMBERS:08x}"


def proxys_request_id(sent: str) -> str:
    """Return the ID in this header if it can be logged, otherwise an empty string.

    32 digits get a UUID's hyphens. Without them, logs would mask them like a write key.
    """
    if not sent or not _OF_A_PROXY.fullmatch(sent):
        return ""
    return _with_hyphens(sent) if len(sent) == 32 and "-" not in sent else sent


def _with_hyphens(digits: str) -> str:
    return "-".join(
        (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    )


_of_process = _with_hyphens(secrets.token_hex(12))
