"""Whose turn it is to send one request."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

# Replays have the turns that nobody else wants, and beside these one in so many: with
# less, a stream that is always busy would never end one.
REPLAY_EVERY = 10


@dataclass(frozen=True, slots=True)
class Due:
    """A cursor that has something to send, and what its turn depends on."""

    cursor_id: int
    region: str
    weight: int = 1  # turns in one round
    is_replay: bool = False


class Turns:
    """Live cursors before replays, and among each kind a rotation. No cursor has a
    second turn until its first was `served`."""

    def __init__(self) -> None:
        self._live, self._replays = Rotation(), Rotation()
        self._sending: dict[int, Due] = {}
        self._live_in_row = 0

    def offer(self, dues: Iterable[Due]) -> None:
        """These are due; those not yet known are new."""
        for due in dues:
            if due.cursor_id not in self._sending:
                self._rotation(due).offer(due.cursor_id)

    def take(
        self,
        due: Mapping[int, Due],
        may: Callable[[Due], bool] = lambda _: True,
    ) -> Due | None:
        """The next of those due. Whoever may not send now keeps the place it has."""

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

    def served(self, cursor_id: int) -> Due:
        """Its request is done."""
        due = self._sending.pop(cursor_id)
        self._rotation(due).served(cursor_id, weight=due.weight)
        return due

    def _rotation(self, due: Due) -> Rotation:
        return self._replays if due.is_replay else self._live

    @property
    def sending(self) -> Mapping[int, Due]:
        """Those with a request under way."""
        return self._sending


class Rotation:
    """Each cursor gets its share of requests, whatever its backlog.

    A cursor that has just become due goes before those that have been served, so a
    small customer is served at once beside a huge one. One that was served waits in
    the rotation, even if nothing is left to send: it cannot come back as new until its
    turn has passed. (After RFC 8290, flow queueing, with requests in place of bytes.)
    """

    def __init__(self) -> None:
        self._new: deque[int] = deque()
        self._old: deque[int] = deque()
        self._waiting: set[int] = set()  # in either
        self._used: dict[int, int] = {}  # turns in this round, of those with more left

    def offer(self, cursor_id: int) -> None:
        if cursor_id not in self._waiting:
            self._waiting.add(cursor_id)
            self._new.append(cursor_id)

    def take(self, due: Container[int], may_now: Callable[[int], bool]) -> int | None:
        """The first of those due that may; those before it that are not due are
        forgotten."""
        for queue in (self._new, self._old):
            passed: list[int] = []
            taken = self._take(queue, due, may_now, passed)
            queue.extendleft(reversed(passed))
            if taken is not None:
                return taken
        return None

    def _take(
        self,
        queue: deque[int],
        due: Container[int],
        may_now: Callable[[int], bool],
        passed: list[int],
    ) -> int | None:
        while queue:
            cursor_id = queue.popleft()
            if cursor_id in due and not may_now(cursor_id):
                passed.append(cursor_id)
                continue
            self._waiting.discard(cursor_id)
            if cursor_id in due:
                return cursor_id
            self._used.pop(cursor_id, None)
        return None

    def served(self, cursor_id: int, *, weight: int) -> None:
        """Its turn is over. While it has more in this round it is next, else last."""
        used = self._used.pop(cursor_id, 0) + 1
        self._waiting.add(cursor_id)
        if used < weight:
            self._used[cursor_id] = used
            self._old.appendleft(cursor_id)
        else:
            self._old.append(cursor_id)
