"""Imports every module that registers a model with the admin; see site.py.

The package's `__init__` cannot import them: the site is part of the package and would be
created twice.
"""

from __future__ import annotations

from streams.admin.catalog import plans, streams
from streams.admin.delivery import (
    attempts,
    connections,
    cursors,
    feeds,
    halts,
    replays,
)
from streams.admin.monitoring import (
    activity_log,
    alerts,
    database_history,
    identity,
    issues,
    notices,
    webhooks,
)
from streams.admin.tenancy import groups, partners, users, workspaces

__all__ = [
    "activity_log", "alerts", "attempts", "connections", "cursors", "database_history", "feeds", "groups", "halts", "identity", "issues", "notices", "partners", "plans",
    "replays", "streams", "users", "webhooks", "workspaces",
]  # fmt: skip
