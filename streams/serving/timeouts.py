"""Timeouts and limits of a connection."""

from __future__ import annotations

FIRST_BYTE_TIMEOUT_S = 10.0  # of a connection, including the TLS handshake
HEAD_TIMEOUT_S = 10.0
IDLE_TIMEOUT_S = 75.0  # longer than proxies keep a connection, so that they close first
TAKE_TIMEOUT_S = 30.0  # for the client to read TAKEN_BYTES more of its responses
TAKEN_BYTES = 16 * 1024
LINGER_S = 5.0  # for the client to read the last response and close

# For a request to arrive while the server stops: on a new connection, which a proxy opens
# in order to send, and on an idle one, which usually has no further request.
FIRST_CALL_S, LAST_CALL_S = 5.0, 1.0

CHECKED_BODY = 64 * 1024  # bytes; for a larger body, the head is checked first
# How long a connection must be idle to be closed for another one, and to be closed together
# with others.
FRESH_S, OLD_S = 0.1, 2.0

PIPELINED = 16  # requests without a response, after which reading pauses
MAX_PIPELINED = 256  # requests without a response, after which the connection closes


def idleness(
    rank: int, ends_at: float, now: float, body_timeout_s: float
) -> tuple[int, float, bool] | None:
    """Return a sort key for closing idle connections, or None for a new connection.

    The key is the rank (0: no request yet; 1: between requests; 2: within a request), the
    monotonic time at which the connection times out, and whether it is older than OLD_S.
    """
    patience_s = (FIRST_BYTE_TIMEOUT_S, IDLE_TIMEOUT_S, body_timeout_s)[rank]
    age_s = patience_s - (ends_at - now)
    return (rank, ends_at, age_s > OLD_S) if age_s > FRESH_S else None
