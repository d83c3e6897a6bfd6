"""Access to the sandbox: the allowed Host names, and who can use the control API.

A web page can reach a local server through a name that resolves to 127.0.0.1. So host names
must be allowed explicitly; IP addresses are always allowed.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from streams.sandbox.http.request import Request

# Headers of a proxy on this machine, whose client can be elsewhere.
_FORWARDED = {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"}


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The access rules. With `allowed_hosts` None, events can be sent to any name."""

    allowed_hosts: frozenset[str] | None = None
    control_token: str = ""

    def allows_host(self, request: Request) -> bool:
        """Whether the request's Host is allowed."""
        if self.allowed_hosts is None:
            return True
        host = _name(request.headers.get("host", ""))
        if not host or _is_local_name(host) or _address(host) is not None:
            return True
        return host in self.allowed_hosts

    def may_control(self, request: Request) -> bool:
        """Whether the client can use the control API and the debugger.

        This requires the control token, if there is one; otherwise, the client must be on
        this machine.
        """
        if self.control_token:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            same = hmac.compare_digest(token.encode(), self.control_token.encode())
            return same and scheme.lower() == "bearer"
        if not _FORWARDED.isdisjoint(request.headers):
            return False
        host = _name(request.headers.get("host", ""))
        named_here = not host or _is_local_name(host) or _is_here(host, request)
        return named_here and _is_here(request.peer, request)


def _is_here(address: str, request: Request) -> bool:
    parsed = _address(address)
    if parsed is None:
        return False
    return parsed.is_loopback or address == request.local_address


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _name(host: str) -> str:
    """Return the host of a Host header in lower case, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().removesuffix(".")
