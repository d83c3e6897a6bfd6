"""Promises: responses that an application may complete later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Promise[T]:
    """A value that is set once, now or later. Only the event loop's thread sets and reads it.

    Unlike asyncio.Future, it calls back at once, so that one turn of the loop sends the
    responses of a whole group.
    """

    __slots__ = ("_callback", "cancel", "is_abandoned", "value")

    def __init__(self) -> None:
        self.value: T | None = None
        self.is_abandoned = False  # no one waits for it; threads may read this
        self.cancel: Callable[[], None] | None = None  # drops work that has not started
        self._callback: Callable[[T], None] | None = None

    @classmethod
    def of(cls, value: T) -> Promise[T]:
        """Return a promise whose value is there already."""
        promise = cls()
        promise.value = value
        return promise

    def resolve(self, value: T) -> None:
        """Set the value, unless there already is one."""
        if self.value is not None:
            return
        self.value = value
        if self._callback is not None:
            self._callback(value)

    def when_resolved(self, callback: Callable[[T], None]) -> None:
        """Call `callback` with the value; immediately if there already is one."""
        self._callback = callback
        if self.value is not None:
            callback(self.value)

    def give_up(self, value: T) -> None:
        """Set this value in place of the application's, and cancel its work if possible."""
        self.is_abandoned = True
        if self.cancel is not None:
            self.cancel()
        self.resolve(value)
