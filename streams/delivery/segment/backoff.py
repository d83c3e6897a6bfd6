from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential backoff with a ceiling and full jitter. It never gives up.

    With full jitter, any delay up to the doubled one, connections that failed together
    don't retry together.
    """

    first: timedelta = timedelta(seconds=2)
    floor: timedelta = timedelta(milliseconds=500)
    ceiling: timedelta = timedelta(hours=1)

    def wait_after(self, failures: int, *, chance: float) -> timedelta:
        """Return the delay after `failures` (1 or more) failed attempts in a row.

        `chance` is a random number from 0 to 1.
        """
        doubled = self.first * 2.0 ** min(failures - 1, 30)
        return max(self.floor, min(doubled, self.ceiling) * chance)
