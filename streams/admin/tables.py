"""Gathers the staff's tables; imported where they are served (site.py).

Not by the package itself: the site is in it, and would be made twice.
"""

from __future__ import annotations

from streams.admin import (
    audit,
    connections,
    deliveries,
    feeds,
    findings,
    halts,
    history_of_database,
    partners,
    people,
    plans,
    replays,
    streams,
    workspaces,
)

__all__ = [
    "audit", "connections", "deliveries", "feeds", "findings", "halts", "history_of_database", "partners", "people",
    "plans", "replays", "streams", "workspaces",
]  # fmt: skip
