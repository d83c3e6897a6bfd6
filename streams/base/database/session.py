from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError
from django.db.backends.signals import connection_created

from streams.base.database import statement_timeout

# The database can't work at all: it is unreachable, its disk is full, or (InternalError) it is
# read-only, like a standby or a hosted database that is out of space.
DATABASE_DOWN = (OperationalError, InterfaceError, InternalError)
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE


def is_lock_timeout(error: BaseException) -> bool:
    """Whether PostgreSQL timed out waiting for a lock; the database itself is healthy."""
    return getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE


def set_session(*, connection: Any, **_: object) -> None:
    """Apply SESSION_SETTINGS to a new connection, in one statement.

    Settings in the `options` of DATABASE_URL belong to the operator and aren't overridden.
    """
    if connection.vendor != "postgresql":
        return
    chosen = connection.settings_dict["OPTIONS"].get("options", "")
    values = {k: v for k, v in settings.SESSION_SETTINGS.items() if k not in chosen}
    if values:
        calls = ", ".join(["set_config(%s, %s, false)"] * len(values))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {calls}", [x for pair in values.items() for x in pair]
            )


# Set the deadline first: a server may hang from the first statement on.
connection_created.connect(
    statement_timeout.bound, dispatch_uid="streams.base.statements"
)
connection_created.connect(set_session, dispatch_uid="streams.base.database")
