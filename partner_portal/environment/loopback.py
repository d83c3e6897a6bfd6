"""Requests to this machine itself never go through a proxy."""

from __future__ import annotations

from collections.abc import MutableMapping

# requests matches a name, an IPv6 address and an IPv4 network; urllib the names alone.
LOOPBACK = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1", "[::1]")


def exempt_loopback(environ: MutableMapping[str, str]) -> None:
    """Add loopback addresses to `no_proxy`, for this process and those that it starts.

    Proxies of the environment go on to be used for all other hosts, such as Segment's.
    """
    # The lowercase name wins where both are set.
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    names = [name.strip() for name in exempt.split(",") if name.strip()]
    if names != ["*"]:  # no host at all goes through a proxy
        environ["no_proxy"] = ",".join(dict.fromkeys([*names, *LOOPBACK]))
