from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits that double up to a ceiling, with full jitter. It never gives up.

    Full jitter (any wait up to the doubled one) keeps many connections that failed
    together from coming back together.
    """

    first: timedelta = timedelta(seconds=2)
    floor: timedelta = timedelta(milliseconds=500)
    ceiling: timedelta = timedelta(hours=1)

    def wait_after(self, failures: int, *, chance: float) -> timedelta:
        """The wait once `failures` (1 or more) tries in a row have failed.

        `chance` is a random number from 0 to 1.
        """
        doubled = self.first * 2.0 ** min(failures - 1, 30)
        return max(self.floor, min(doubled, self.ceiling) * chance)
