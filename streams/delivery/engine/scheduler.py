"""Decides which cursors of a stream send a request now, and when to look for more."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from streams.delivery.engine.fair_queue import FairQueue
from streams.delivery.engine.rate_limit import SlidingWindowLimiter
from streams.delivery.engine.region_state import RegionState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from streams.delivery.engine.fair_queue import DueCursor
    from streams.delivery.models import Cursor
    from streams.delivery.segment.responses import SegmentResponse

# How soon a cursor that became due is seen: with nothing to do, and with much.
IDLE_POLL_S = 0.005
BUSY_POLL_S = 0.02
# With nothing due for a while, the wait is this share of the while, up to a maximum.
IDLE_SHARE = 0.2
MAX_IDLE_POLL_S = 0.03
# How long a cursor waits whose rows another session has locked.
LOCKED_S = 5.0


class Scheduler:
    """Combines the fair queue, the rate limit and the circuit breakers of one stream.

    It reads no clock and no database: callers pass `at`, in seconds of a monotonic clock.
    """

    def __init__(
        self, *, requests_per_second: int, not_before: float, at: float
    ) -> None:
        self._limiter = SlidingWindowLimiter(requests_per_second, not_before=not_before)
        self._queue = FairQueue()
        self._regions = RegionState()
        # Cursors without a request in flight, by ID.
        self._due: dict[int, DueCursor] = {}
        self._locked: dict[int, float] = {}  # when to try a cursor again, by ID
        self._polled_at = float("-inf")
        self._busy_at = at  # when something was last due

    @property
    def open_turns(self) -> int:
        """The number of cursors whose turn has not ended."""
        return len(self._queue.sending)

    def change_limit(self, requests_per_second: int) -> None:
        """Apply another rate limit from the next request on."""
        self._limiter.limit = requests_per_second

    def must_poll(self, at: float) -> bool:
        """Whether it is time to read the due cursors from the database."""
        interval_s = BUSY_POLL_S if self._due else self._idle_poll_s(at)
        return at - self._polled_at >= interval_s

    def regions_down(self, at: float) -> set[str]:
        """Regions whose circuit breaker is open."""
        return self._regions.down(at)

    def offer(self, found: Iterable[DueCursor], at: float) -> None:
        """Replace the due cursors by those that were just found."""
        self._locked = {pk: until for pk, until in self._locked.items() if until > at}
        sending = self._queue.sending
        self._due = {
            due.cursor_id: due
            for due in found
            if due.cursor_id not in sending and due.cursor_id not in self._locked
        }
        self._queue.offer(self._due.values())
        self._polled_at = at
        if self._due:
            self._busy_at = at

    def choose(self, at: float, *, idle_threads: int) -> list[DueCursor]:
        """Take the turns that may begin now, within the rate limit and `idle_threads`.

        Each turn ends with `end_turn`.
        """
        count = min(self._limiter.room(at), idle_threads)
        chosen: list[DueCursor] = []
        planned: Counter[str] = Counter()

        def may_send(due: DueCursor) -> bool:
            return self._regions.may_send(due.region, planned[due.region], at)

        while len(chosen) < count and (due := self._queue.take(self._due, may_send)):
            del self._due[due.cursor_id]
            planned[due.region] += 1
            chosen.append(due)
        return chosen

    def sent(self, region: str, at: float) -> None:
        """Count a request that starts now; it ends with `settle`."""
        self._regions.sent(region)
        self._limiter.take(at)

    def settle(
        self,
        cursor: Cursor,
        response: SegmentResponse | None,
        *,
        ended_at: float,
        at: float,
    ) -> None:
        """Count the end of a request; `response` None: it was not sent."""
        self._limiter.settle(ended_at)
        self._regions.settle(cursor, response, at)
        self._busy_at = at

    def postpone(self, cursor_id: int, at: float) -> None:
        """Leave a cursor out for LOCKED_S: another session holds one of its rows."""
        self._locked[cursor_id] = at + LOCKED_S

    def end_turn(self, cursor_id: int) -> None:
        """End the turn; the next one begins once the cursor is found due again."""
        self._queue.end_turn(cursor_id)

    def end_turns(self, cursor_ids: Iterable[int], *, due: Collection[int]) -> None:
        """End turns; the cursors in `due` have more to send at once."""
        ended = [self._queue.end_turn(cursor_id) for cursor_id in cursor_ids]
        self._due |= {d.cursor_id: d for d in ended if d.cursor_id in due}

    def wait_s(self, at: float) -> float:
        """How long to wait for responses before the next round."""
        if not self._due:
            return self._idle_poll_s(at)
        return min(IDLE_POLL_S, self._limiter.wait_s(at) or IDLE_POLL_S)

    def is_limit_free(self, at: float) -> bool:
        """Whether no request counts any more: the next owner starts with a full limit."""
        return self._limiter.free_in_s(at) <= 0

    def idle_s(self, at: float) -> float:
        """For how long nothing has been due."""
        return at - self._busy_at

    def _idle_poll_s(self, at: float) -> float:
        return min(max(self.idle_s(at) * IDLE_SHARE, IDLE_POLL_S), MAX_IDLE_POLL_S)
