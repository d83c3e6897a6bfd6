"""Which requests Segment sends again, and when. Pure: the caller passes times and chance."""

from __future__ import annotations

FOR_S = 4 * 3600.0
FIRST_S, LONGEST_S = 15.0, 3600.0
RETRIED = {408, 423, 429}


def is_retried(status: int | None) -> bool:
    """Whether Segment retries after this status; None: there was no response."""
    if status is None:
        return True
    return status in RETRIED or (status >= 500 and status != 501)


def wait_s(attempts: int, chance: float) -> float:
    """Return the wait after this number of attempts. `chance` is from 0 to 1."""
    usual = min(FIRST_S * 2.0 ** (attempts - 1), LONGEST_S)
    return usual * (0.5 + chance)
