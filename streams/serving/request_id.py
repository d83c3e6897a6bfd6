"""One name for a request, from the proxy's log to ours."""

from __future__ import annotations

import re
import secrets
from itertools import count

# What proxies send: nginx's $request_id, and UUIDs. Nothing else is taken: it is logged,
# and a write key, which has capitals, must not get there.
_OURS_OR_A_PROXYS = re.compile(r"[0-9a-f-]{8,64}")
_of_process = secrets.token_hex(12)
_numbers = count()


def request_id(sent: str) -> str:
    """The one that a proxy sent, if it is of a kind that is logged as it is; else a new one."""
    if sent and _OURS_OR_A_PROXYS.fullmatch(sent):
        return sent
    return f"{_of_process}{next(_numbers) & 0xFFFFFFFF:08x}"
