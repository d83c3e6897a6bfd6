"""Time zones by name, as people choose them."""

from __future__ import annotations

import zoneinfo
from functools import cache


def zone_named(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the zone of that name; None, which means UTC, for an unknown name."""
    # zoneinfo treats a name as a path, so check its list of names first.
    return zoneinfo.ZoneInfo(name) if name in _names() else None


@cache
def zones_to_choose() -> tuple[str, ...]:
    """Return UTC and the names of places, in order, without aliases such as `Etc/GMT+5`."""
    places = (name for name in _names() if "/" in name and not name.startswith("Etc/"))
    return ("UTC", *sorted(places))


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())  # reads hundreds of files
