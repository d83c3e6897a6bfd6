from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Turns:
    """Whose turn it is: each cursor gets its share of requests, whatever its backlog.

    A cursor that has just become due goes before those that have been served, so a
    small customer is served at once beside a huge one. One that was served waits in
    the rotation, even if nothing is left to send: it cannot come back as new until its
    turn has passed. (After RFC 8290, flow queueing, with requests in place of bytes.)
    """

    def __init__(self) -> None:
        self._new: deque[int] = deque()
        self._old: deque[int] = deque()
        self._waiting: set[int] = set()  # in either
        self._sending: set[int] = set()

    def offer(self, cursor_ids: Iterable[int]) -> None:
        """These are due; those not yet known are new."""
        for cursor_id in cursor_ids:
            if cursor_id not in self._waiting and cursor_id not in self._sending:
                self._waiting.add(cursor_id)
                self._new.append(cursor_id)

    def take(self, due: Collection[int]) -> int | None:
        """The next of those due; it has no further turn until it was `served`."""
        for queue in (self._new, self._old):
            while queue:
                cursor_id = queue.popleft()
                self._waiting.discard(cursor_id)
                if cursor_id in due:
                    self._sending.add(cursor_id)
                    return cursor_id
        return None

    def served(self, cursor_id: int) -> None:
        """Its request is done: it goes to the end of the rotation."""
        self._sending.discard(cursor_id)
        if cursor_id not in self._waiting:
            self._waiting.add(cursor_id)
            self._old.append(cursor_id)

    @property
    def sending(self) -> Collection[int]:
        """Those with a request under way."""
        return self._sending
