"""The HTTP session of a sign-in.

allauth asks its adapter for a session without saying which provider it is for. So the views
decide, and a request outside of them fails.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.identity.sso.http import Session

_factory: ContextVar[Callable[[], Session]] = ContextVar("provider_session")


@contextmanager
def requests_through(factory: Callable[[], Session]) -> Iterator[None]:
    """Send allauth's requests through sessions of this factory, in this thread."""
    token = _factory.set(factory)
    try:
        yield
    finally:
        _factory.reset(token)


def new_session() -> Session:
    """Return a session for the current provider. Raises LookupError outside of a sign-in."""
    return _factory.get()()
