"""What every process checks before it starts, so that it fails at once, in one line.

A database that does not respond is no reason to refuse: it is retried while running.
"""

from __future__ import annotations

import sys

from django.conf import settings
from django.db import DatabaseError, connection

from streams.base.migrating import migrations_missing
from streams.base.pooling import shares_sessions
from streams.connections.keys import unknown_key_ids


def refusal() -> str:
    """Why this process must not start, as one line; empty: it may."""
    try:
        if shares_sessions():
            return (
                "DATABASE_URL leads to a pooler that shares sessions (PgBouncer with"
                " pool_mode=transaction or statement); set pool_mode=session."
            )
        if missing := migrations_missing(connection):
            return missing
        if ids := unknown_key_ids():
            return (
                "ENCRYPTION_KEYS lacks keys that write keys are sealed with:"
                f" {', '.join(ids)}; add them."
            )
    except DatabaseError:
        return ""
    finally:
        connection.close()
    return ""


def exit_if_refused(*, needs_broker: bool = False) -> None:
    """End this process with one line on stderr, and exit code 1, if it must not start."""
    if needs_broker and not settings.REDIS_URL:
        sys.exit(
            "REDIS_URL is not set; a worker and beat need it, such as redis://host:6379/0."
        )
    if reason := refusal():
        sys.exit(f"Not started: {reason}")
