"""The HTTP sessions of a step of a sign-in, which share one deadline.

allauth asks its adapter for a session without saying which provider it is for. So the views
decide, and a request outside of them fails.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from streams.base.http_deadlines import Deadline
from streams.sign_in.sso.http import STEP_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.sign_in.sso.http import Session

_factory: ContextVar[Callable[[], Session]] = ContextVar("provider_session")


@contextmanager
def requests_through(factory: Callable[[Deadline], Session]) -> Iterator[None]:
    """Send allauth's requests through sessions of this factory, in this thread.

    All of them together may take `STEP_S` from now.
    """
    step = Deadline(STEP_S)
    token = _factory.set(lambda: factory(step))
    try:
        yield
    finally:
        _factory.reset(token)


def new_session() -> Session:
    """Return a session for the current provider. Raises LookupError outside of a sign-in."""
    return _factory.get()()
