"""Where a change comes from: the address and the device of the request that makes it.

The middleware `web/activity_log.py` sets it, so services don't pass it on. Tasks and commands
have no origin.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.audit.device import device_of
from streams.base.client_address import client_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Origin:
    """The address and the device of a client. Empty texts: there was no request."""

    address: str = ""  # as `client_address` returns it: at most 43 characters
    device: str = ""  # as `device_of` returns it: at most 60 characters


NOWHERE = Origin()
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def within_request(request: HttpRequest) -> Iterator[None]:
    """Make `request` the origin of every entry that is recorded meanwhile."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def current_origin() -> Origin:
    """Return the origin of the request in progress, or NOWHERE."""
    request = _request.get()
    if request is None:
        return NOWHERE
    agent = request.headers.get("User-Agent", "")
    return Origin(client_address(request), device_of(agent))
