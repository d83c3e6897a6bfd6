"""How long a process waits for a broker that doesn't respond."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def broker_options(keepalives: Mapping[str, int], silence_ms: int) -> dict[str, Any]:
    """Return the options of connections to the broker.

    `keepalives` has seconds and counts by the names of libpq (idle, interval, count).
    """
    options = {
        "TCP_KEEPIDLE": keepalives["idle"],
        "TCP_KEEPINTVL": keepalives["interval"],
        "TCP_KEEPCNT": keepalives["count"],
        "TCP_USER_TIMEOUT": silence_ms,
    }
    return {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "socket_keepalive_options": {
            getattr(socket, name): number
            for name, number in options.items()
            if hasattr(socket, name)  # Linux has them all
        },
    }
