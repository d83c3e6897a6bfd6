"""End the sessions of our own processes that froze in the middle of a transaction.

A frozen process (SIGSTOP, a paused container, a host that swaps) keeps its locks.
`idle_in_transaction_session_timeout` doesn't end every such session: PostgreSQL counts it as
active between the statements of a pipeline, and in a COPY.
"""

from __future__ import annotations

import structlog
from django.conf import settings
from django.db import connection

log = structlog.get_logger()

COPY_TERMS = 6  # our COPYs are small, but may be slow


def end_frozen_sessions() -> int:
    """End sessions that waited longer than a lease for their process; return the number.

    Only sessions with our application name are ended.
    """
    if connection.vendor != "postgresql":
        return 0
    statement = (
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = current_user"
        " AND application_name = %s AND pid <> pg_backend_pid()"
        " AND xact_start < clock_timestamp() - %s * interval '1 second'"
        " AND (state LIKE 'idle in transaction%%'"
        "   OR state = 'active' AND wait_event = 'ClientRead')"
        " AND state_change < clock_timestamp() - %s * interval '1 second'"
        "   * CASE WHEN query ILIKE 'COPY %%' THEN %s ELSE 1 END"
    )
    term = settings.LEASE_S
    name = settings.SESSION_SETTINGS["application_name"]
    with connection.cursor() as cursor:
        cursor.execute(statement, [name, term, term, COPY_TERMS])
        ended: int = cursor.fetchone()[0]
    if ended:
        log.warning("database.frozen_sessions_ended", sessions=ended)
    return ended
