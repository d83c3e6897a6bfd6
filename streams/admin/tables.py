"""Imports every module that registers a model with the admin; see site.py.

The package's `__init__` cannot import them: the site is part of the package and would be
created twice.
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
