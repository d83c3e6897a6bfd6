"""A fair queue that decides which cursor sends the next request."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

# Replays get the turns that live cursors don't need, and at least one in this many.
# Otherwise a replay on a stream that is always busy would never complete.
REPLAY_EVERY = 10


@dataclass(frozen=True, slots=True)
class DueCursor:
    """A cursor with events to send, and the properties that decide its turn."""

    cursor_id: int
    region: str
    weight: int = 1  # turns in one round
    is_replay: bool = False


class FairQueue:
    """Live cursors first, then replays, each in a rotation.

    A cursor gets no second turn before its first one has ended.
    """

    def __init__(self) -> None:
        self._live, self._replays = RoundRobin(), RoundRobin()
        self._sending: dict[int, DueCursor] = {}
        self._live_in_row = 0

    def offer(self, dues: Iterable[DueCursor]) -> None:
        """Add due cursors that are not queued yet."""
        for due in dues:
            if due.cursor_id not in self._sending:
                self._rotation(due).offer(due.cursor_id)

    def take(
        self,
        due: Mapping[int, DueCursor],
        may: Callable[[DueCursor], bool] = lambda _: True,
    ) -> DueCursor | None:
        """Return the next due cursor. A cursor that may not send now keeps its place."""

        def may_now(cursor_id: int) -> bool:
            return may(due[cursor_id])

        order = [self._live, self._replays]
        if self._live_in_row >= REPLAY_EVERY - 1:
            order.reverse()
        for rotation in order:
            if (cursor_id := rotation.take(due, may_now)) is not None:
                live = rotation is self._live
                self._live_in_row = self._live_in_row + 1 if live else 0
                self._sending[cursor_id] = due[cursor_id]
                return due[cursor_id]
        return None

    def end_turn(self, cursor_id: int) -> DueCursor:
        """End the turn of a cursor."""
        due = self._sending.pop(cursor_id)
        self._rotation(due).end_turn(cursor_id, weight=due.weight)
        return due

    def _rotation(self, due: DueCursor) -> RoundRobin:
        return self._replays if due.is_replay else self._live

    @property
    def sending(self) -> Mapping[int, DueCursor]:
        """The cursors with a running request."""
        return self._sending


class RoundRobin:
    """Gives each cursor its share of requests, whatever its backlog.

    A newly due cursor goes before those that have been served, so a small customer is
    served immediately next to a huge one. A served cursor stays in the rotation, even if
    it has nothing left to send, so it can't come back as new before its turn has passed.
    (Based on RFC 8290, flow queueing, with requests instead of bytes.)
    """

    def __init__(self) -> None:
        self._new: deque[int] = deque()
        self._old: deque[int] = deque()
        self._queued: set[int] = set()  # in either queue
        # Turns used in this round, of cursors with turns left.
        self._used: dict[int, int] = {}

    def offer(self, cursor_id: int) -> None:
        if cursor_id not in self._queued:
            self._queued.add(cursor_id)
            self._new.append(cursor_id)

    def take(self, due: Container[int], may_now: Callable[[int], bool]) -> int | None:
        """Return the first due cursor that may send; drop those before it that aren't due."""
        for queue in (self._new, self._old):
            skipped: list[int] = []
            cursor_id = self._next(queue, due, may_now, skipped)
            queue.extendleft(reversed(skipped))
            if cursor_id is not None:
                return cursor_id
        return None

    def _next(
        self,
        queue: deque[int],
        due: Container[int],
        may_now: Callable[[int], bool],
        skipped: list[int],
    ) -> int | None:
        while queue:
            cursor_id = queue.popleft()
            if cursor_id in due and not may_now(cursor_id):
                skipped.append(cursor_id)
                continue
            self._queued.discard(cursor_id)
            if cursor_id in due:
                return cursor_id
            self._used.pop(cursor_id, None)
        return None

    def end_turn(self, cursor_id: int, *, weight: int) -> None:
        """End a turn. With turns left in this round, the cursor is next; otherwise last."""
        used = self._used.pop(cursor_id, 0) + 1
        self._queued.add(cursor_id)
        if used < weight:
            self._used[cursor_id] = used
            self._old.appendleft(cursor_id)
        else:
            self._old.append(cursor_id)
