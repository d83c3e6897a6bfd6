"""Detection of connection poolers that share PostgreSQL sessions.

Prepared statements, session settings, and advisory locks need one session per connection.
"""

from __future__ import annotations

from contextlib import closing

from django.db import connection

ROUNDS = 5  # under load, a pooler may assign different servers by chance


def shares_sessions() -> bool:
    """Whether a pooler shares a server session among several connections.

    The test opens two connections. If both reach the same server process, or one reaches
    several processes, there is a pooler; without one, neither can happen.
    Raises django.db.DatabaseError.
    """
    if connection.vendor != "postgresql":
        return False
    with closing(connection.copy()) as first, closing(connection.copy()) as second:
        seen = [(_process(first), _process(second)) for _ in range(ROUNDS)]
    ours, theirs = ({pair[side] for pair in seen} for side in (0, 1))
    return len(ours) > 1 or len(theirs) > 1 or ours == theirs


def _process(of: object) -> tuple[object, ...]:
    with of.cursor() as cursor:  # type: ignore[attr-defined] # Django has no types here
        cursor.execute(
            "SELECT pg_backend_pid(), inet_server_addr()::text, inet_server_port()"
        )
        row: tuple[object, ...] = cursor.fetchone()
        return row
