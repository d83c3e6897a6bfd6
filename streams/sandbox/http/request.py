"""A complete HTTP request."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Request:
    """A request. Header names are in lower case; repeated query names have the last value.

    `peer` is the client's IP address, `local_address` the one that it connected to.
    `arrived_ns` is monotonic, `received_at` is in epoch seconds.
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
