"""Cache the rendered public pages of streams, once per version."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from streams.catalog.pages.models import StreamProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from streams.catalog.models import Stream

MAX_BYTES = 32 * 1024 * 1024  # of all cached pages of a process


def dependencies(stream: Stream, *, version: int, plan: int | None) -> object:
    """Return the inputs of a page: while they are equal, the page is unchanged.

    `version` and `plan` are the IDs of the published versions. The stream must have its
    partner and profile selected, so that this runs no query.
    """
    profile = getattr(stream, "profile", None)
    return [
        version,
        plan,
        stream.partner.name,
        *(getattr(stream, one.attname) for one in stream._meta.concrete_fields),
        *(getattr(profile, one.attname, "") for one in StreamProfile._meta.concrete_fields),
    ]  # fmt: skip


class PageCache:
    """A least-recently-used cache of rendered pages with bounded memory."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pages: OrderedDict[Hashable, tuple[object, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, key: Hashable, of: object, render: Callable[[], bytes]) -> bytes:
        """Return the cached page for `key` if its inputs are equal to `of`, else render it."""
        with self._lock:
            cached = self._pages.get(key)
            if cached and cached[0] == of:
                self._pages.move_to_end(key)
                return cached[1]
        # Outside the lock, so that a slow page doesn't block others.
        content = render()
        with self._lock:
            self._forget(key)
            self._pages[key] = (of, content)
            self._bytes += len(content)
            while self._bytes > self._max_bytes:
                self._forget(next(iter(self._pages)))
        return content

    def _forget(self, key: Hashable) -> None:
        if cached := self._pages.pop(key, None):
            self._bytes -= len(cached[1])
