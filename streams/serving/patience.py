"""How long a connection may take for each step, and how much it may send."""

from __future__ import annotations

FIRST_BYTE_TIMEOUT_S = 10.0  # of a connection, TLS handshake included
HEAD_TIMEOUT_S = 10.0
IDLE_TIMEOUT_S = 75.0  # longer than proxies keep a connection: they close first
TAKE_TIMEOUT_S = 30.0  # for the other side to take TAKEN_BYTES more of its responses
TAKEN_BYTES = 16 * 1024
LINGER_S = 5.0  # for the other side to take the last answer and close

# For a request to arrive as the server stops. A new connection has one under way: a proxy
# connects in order to send. An idle one was left open in case its client has another.
FIRST_CALL_S, LAST_CALL_S = 5.0, 1.0

CHECKED_BODY = 64 * 1024  # bytes; of a larger one the head is asked about first
# How long a connection must be idle to be dropped for another one, and together with more.
FRESH_S, OLD_S = 0.1, 2.0

PIPELINED = 16  # requests without an answer, after which no more are read
MAX_PIPELINED = 256  # that one read may bring even so; then the connection ends


def idleness(
    rank: int, ends_at: float, now: float, body_timeout_s: float
) -> tuple[int, float, bool] | None:
    """The order in which idle connections are dropped for others: rank (0: no request
    yet; 1: between two; 2: within one), the monotonic time at which it ends anyway,
    whether older than OLD_S. None: it is new.
    """
    patience_s = (FIRST_BYTE_TIMEOUT_S, IDLE_TIMEOUT_S, body_timeout_s)[rank]
    age_s = patience_s - (ends_at - now)
    return (rank, ends_at, age_s > OLD_S) if age_s > FRESH_S else None
