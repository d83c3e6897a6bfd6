"""The client address of a request, as reported by trusted proxies."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

IPV6_PREFIX = 64  # bits: providers usually assign at least this much to one customer


def client_address(request: HttpRequest) -> str:
    """Return an IPv4 address, a 64-bit IPv6 network, or "unknown" behind a Unix socket.

    Each trusted proxy appends its caller's address to X-Forwarded-For. With n proxies, the
    n-th entry from the end is the client. Earlier entries are set by the client and ignored.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        # With fewer entries, the request came through an inner proxy.
        address = hops[-min(settings.TRUSTED_PROXY_COUNT, len(hops))].strip() or address
    return _normal(address)


def _normal(text: str) -> str:
    if text.count(":") == 1:  # some proxies add the port
        text = text.partition(":")[0]
    elif text.startswith("["):
        text = text[1:].partition("]")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address.packed, IPV6_PREFIX), strict=False))
