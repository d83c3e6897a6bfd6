"""Which IP addresses anyone on the internet may have. All others could be the portal's own."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

# Python counts these as global, or did in an earlier version.
_NOT_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "100.64.0.0/10",  # carriers and clouds, such as Alibaba's metadata
        "168.63.129.16/32",  # Azure's own services, from inside each machine
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo embeds IPv4 addresses
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: embeds IPv4 addresses
        "3fff::/20",  # documentation
    )
)
_UNICAST = IPv6Network("2000::/3")  # everything that is assigned to hosts
# Networks without IPv4 reach IPv4 hosts through these addresses (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an address is on the internet: not loopback, private, link-local or reserved.

    Addresses that embed an IPv4 address are refused, except those of NAT64, which count as
    the embedded one. So is everything that isn't an address, or has a zone.
    """
    if "%" in text:
        return False
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return _is_public_v4(IPv4Address(int(address) & 0xFFFF_FFFF))
        return _is_public_v6(address)
    return _is_public_v4(address)


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not any(
        address in network for network in _NOT_PUBLIC_V4
    )


def _is_public_v6(address: IPv6Address) -> bool:
    return (
        address in _UNICAST
        and address.is_global
        and not any(address in network for network in _NOT_PUBLIC_V6)
    )
