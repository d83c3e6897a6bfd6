"""The facts that decide what the portal says about a feed's delivery."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Self

from streams.connections.models import Connection
from streams.delivery.segment.responses import says_key_rejected

if TYPE_CHECKING:
    from datetime import datetime

    from streams.delivery.limits.send_policy import SendBlock
    from streams.delivery.models import Cursor

ACTIVE, PAUSED, ATTENTION = Connection.Status


class Audience(Enum):
    """The reader of a page, which decides what the page may ask for."""

    EDITOR = "editor"  # may change the connection
    VIEWER = "viewer"  # a member of the workspace, without that right
    PARTNER = "partner"  # a member of the partner, looking at a customer's workspace


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """The response to the last attempt, which is being retried; `code` None: there was none."""

    code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of a feed and its connection at one moment."""

    now: datetime
    status: str | None = None  # Connection.Status; None: not connected
    status_at: datetime | None = None
    reason: str = ""  # of the status, stored in English
    known: bool | None = None  # whether Segment recognizes the key; None: unknown
    known_at: datetime | None = None
    seen_at: datetime | None = None  # when someone confirmed a test event
    delivered_at: datetime | None = None  # the last event, by this connection
    block: SendBlock | None = None
    failures: int = 0  # in a row, of the live cursor
    failed: FailedAttempt | None = None  # None with `failures`: not looked up
    next_attempt_at: datetime | None = None
    queued: int = 0
    quarantined: int = 0  # events that wait for a person's decision
    kept_until: datetime | None = None  # when the oldest queued event expires
    audience: Audience = Audience.EDITOR

    @classmethod
    def of(
        cls,
        connection: Connection | None,
        cursor: Cursor | None,
        *,
        queued: int,
        now: datetime,
        block: SendBlock | None = None,
        quarantined: int = 0,
    ) -> Self:
        """Return what rows at hand say, for an editor; it takes no query.

        `cursor` is the live one. `block` is why nothing is sent (delivery.limits.send_policy).
        """
        if connection is None or cursor is None:
            return cls(now=now, queued=queued, quarantined=quarantined)
        return cls(
            now=now,
            status=connection.status,
            status_at=connection.status_at,
            reason=connection.status_reason,
            known=connection.known,
            known_at=connection.known_at,
            seen_at=connection.seen_at,
            delivered_at=cursor.last_delivered_at,
            block=block,
            failures=cursor.failures,
            next_attempt_at=cursor.due_at,
            queued=queued,
            quarantined=quarantined,
        )

    @property
    def key_was_refused(self) -> bool:
        """Whether Segment rejected the key, even if it has recognized it since."""
        return self.status == ATTENTION and says_key_rejected(self.reason)

    @property
    def key_refused(self) -> bool:
        """Whether Segment rejected the key, and has not recognized it since."""
        recognized = self.known and _after(self.known_at, self.status_at)
        return self.key_was_refused and not recognized

    @property
    def key_unknown(self) -> bool:
        """Whether Segment doesn't recognize the key, and no later test event arrived."""
        return self.known is False and not _after(self.seen_at, self.known_at)

    @property
    def key_is_bad(self) -> bool:
        """Whether the key must be replaced before events can arrive."""
        return self.status is not None and (self.key_refused or self.key_unknown)

    @property
    def needs_test(self) -> bool:
        """Whether all is ready to verify the connection with a test event."""
        is_ready = self.sends and not self.failures and not self.key_is_bad
        return is_ready and self.seen_at is None

    @property
    def waits_for_operator(self) -> bool:
        """Whether this portal can't read the key (delivery/engine/unreadable_keys.py)."""
        return self.status == ACTIVE and self.failures > 0 and bool(self.reason)

    @property
    def sends(self) -> bool:
        """Whether nothing stops delivery; attempts may still fail."""
        return self.status == ACTIVE and not self.block and not self.waits_for_operator

    @property
    def retries(self) -> bool:
        """Whether attempts fail and are repeated."""
        return self.sends and self.failures > 0


def _after(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment > other
