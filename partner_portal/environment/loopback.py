"""Keeps requests to this machine from going through a proxy."""

from __future__ import annotations

from collections.abc import MutableMapping

# requests matches names, IPv6 addresses and IPv4 networks; urllib matches only names.
LOOPBACK = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1", "[::1]")


def exempt_loopback(environ: MutableMapping[str, str]) -> None:
    """Add loopback addresses to `no_proxy`, for this process and its children.

    The environment's proxies are still used for all other hosts, such as Segment's.
    """
    # The lowercase name wins if both are set.
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    names = [name.strip() for name in exempt.split(",") if name.strip()]
    if names != ["*"]:  # with *, no host uses a proxy anyway
        environ["no_proxy"] = ",".join(dict.fromkeys([*names, *LOOPBACK]))
