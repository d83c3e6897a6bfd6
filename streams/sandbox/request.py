"""An HTTP request that has arrived whole."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Request:
    """Header names are in small letters; a query's name has its last value.

    `peer` is the caller's IP address, `local_address` the one that it connected to.
    `arrived_ns` is of a clock that only goes on, `received_at` is seconds since 1970.
    """

    method: str = ""
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    keep_alive: bool = True
    peer: str = ""
    local_address: str = ""
    arrived_ns: int = 0
    received_at: float = 0
