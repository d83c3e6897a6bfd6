from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError
from django.db.backends.signals import connection_created

from streams.base import statements

# The database cannot do its work now, whatever it was asked: it is away, its disk is
# full, or (InternalError) it takes no writes, as a standby or a hosted one without room.
DATABASE_DOWN = (OperationalError, InterfaceError, InternalError)
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE


def is_lock_timeout(error: BaseException) -> bool:
    """Whether PostgreSQL gave up waiting for a lock: the database itself is well."""
    return getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE


def set_session(*, connection: Any, **_: object) -> None:
    """Set what SESSION_SETTINGS says, in one statement on each new connection.

    What `options` in DATABASE_URL sets is the operator's, and stays.
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


# The deadline first: a server may hang from the first statement on.
connection_created.connect(statements.bound, dispatch_uid="streams.base.statements")
connection_created.connect(set_session, dispatch_uid="streams.base.database")
