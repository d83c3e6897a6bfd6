"""Whether the way to PostgreSQL keeps one server session for each connection of ours.

Prepared statements, settings of the session and advisory locks depend on it.
"""

from __future__ import annotations

from contextlib import closing

from django.db import connection

ROUNDS = 5  # under load a pooler may hand out different servers by chance


def shares_sessions() -> bool:
    """True where a pooler lends one server session to several connections in turn.

    Two connections are open at once here. A server process that is seen by both, or a
    connection that sees two of them, proves it; without a pooler neither can happen.
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
