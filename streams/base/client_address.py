"""The address a request came from, as far as the proxies in front can be trusted."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

IPV6_PREFIX = 64  # bits: one customer of a provider usually has at least such a network


def client_address(request: HttpRequest) -> str:
    """An IPv4 address, or an IPv6 network of 64 bits; "unknown" behind a Unix socket.

    Each trusted proxy appends the address it was called from to X-Forwarded-For. With n of
    them, the n-th entry from the end is the client. What stands before it is the client's
    own invention, and is not read.
    """
    found = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        # Fewer entries: the request came in by one of the inner proxies.
        found = hops[-min(settings.TRUSTED_PROXY_COUNT, len(hops))].strip() or found
    return _normal(found)


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
