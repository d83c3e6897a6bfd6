"""Lookups of inbound addresses, cached for a few seconds."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from streams.base.caching.ttl_cache import TtlCache
from streams.base.clock import now
from streams.base.keyring import CannotDecrypt
from streams.base.request_errors import RequestRefused
from streams.identity.inbound.secrets import valid_secrets
from streams.identity.inbound.tool_names import ToolNames, tool_names
from streams.identity.inbound_address import InboundAddress
from streams.serving.http_format import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

FRESH_S = 3.0  # how long an address is kept, and an old secret works after its end
ABSENT_S = 1.0  # how long an unknown address is kept
MOST_ENTRIES = 10_000
RETRY_AFTER_S = 60  # until an operator has added a missing key

_PUBLIC_ID = re.compile(r"[a-z0-9]{12}")


@dataclass(frozen=True, slots=True)
class InboundAccess:
    """An address, the secrets that work for it, and its tool's names in events."""

    address_id: int
    feed_id: int
    names: ToolNames
    secrets: tuple[str, ...] = field(repr=False)


class InboundAccesses:
    """The cache of one process. It is thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries: TtlCache[str, InboundAccess | Literal[False]] = TtlCache(
            MOST_ENTRIES, clock
        )

    def find(self, public_id: str) -> InboundAccess:
        """Return the access of an address; may query the database. Raises RequestRefused."""
        if _PUBLIC_ID.fullmatch(public_id) is None:
            raise unknown_address()
        access = self._entries.get(public_id)
        if access is None:
            access = _look_up(public_id) or False
            seconds = FRESH_S if access else ABSENT_S
            self._entries.put(public_id, access, seconds=seconds)
        if not access:
            raise unknown_address()
        return access


def _look_up(public_id: str) -> InboundAccess | None:
    rows = InboundAddress.objects.select_related("feed__stream")
    address = rows.filter(public_id=public_id).first()
    if address is None:
        return None
    try:
        secrets = valid_secrets(address, now())
    except CannotDecrypt:
        raise unreadable() from None
    names = tool_names(address.feed.stream.slug)
    return InboundAccess(address.pk, address.feed_id, names, secrets)


def unknown_address() -> RequestRefused:
    return RequestRefused(
        404,
        "INBOUND-PATH-001",
        "This inbound address does not exist.",
        "Copy the address from the page “Receive from Segment” of the workspace.",
    )


def unreadable() -> RequestRefused:
    """Refuse a request for now: an operator must add the key that this address needs."""
    return unavailable(
        "INBOUND-SECRET-004",
        "The portal cannot read the secret of this address (operator).",
        retry_after_s=RETRY_AFTER_S,
    )
