"""Checks that every process runs before it starts, to fail early with one line.

An unavailable database is no reason to refuse: a running process retries it.
"""

from __future__ import annotations

import sys

from django.conf import settings
from django.db import DatabaseError, connection

from streams.base.database.pooling import shares_sessions
from streams.base.database.safe_migrations import migrations_missing
from streams.observability.missing_keys import missing_in_words


def refusal() -> str:
    """Return the reason why this process must not start, in one line, or an empty string."""
    if settings.HTTPS and not settings.REQUIRE_SECOND_FACTOR:
        return (
            "REQUIRE_SECOND_FACTOR is off, which is only for a demonstration without"
            " HTTPS. Set REQUIRE_SECOND_FACTOR=on."
        )
    try:
        if shares_sessions():
            return (
                "DATABASE_URL refers to a connection pooler that shares sessions (PgBouncer"
                " with pool_mode=transaction or statement). Set pool_mode=session."
            )
        if missing := migrations_missing(connection):
            return missing
        if missing := missing_in_words():
            return f"{missing} Add them."
    except DatabaseError:
        return ""
    finally:
        connection.close()
    return ""


def exit_if_refused(*, needs_broker: bool = False) -> None:
    """Exit with code 1 and one line on stderr if this process must not start."""
    if needs_broker and not settings.REDIS_URL:
        sys.exit(
            "REDIS_URL is not set. Workers and beat need it; set one such as"
            " redis://host:6379/0."
        )
    if reason := refusal():
        sys.exit(f"Not started: {reason}")
