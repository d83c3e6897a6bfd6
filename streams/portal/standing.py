"""How a feed stands, in the words of a person who has a job to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.delivery.approval import reason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.delivery.models import Cursor, Halt
    from streams.observability.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What to show at the top of a page, and in one word in a list."""

    tone: str  # good, busy, warn, bad or calm: the colours of portal.css
    word: str
    title: str
    detail: str
    action: str = ""  # what an editor may do about it on the connection page

    @property
    def icon(self) -> str:
        """The mark that says the same as the colour."""
        names = {"good": "check", "busy": "dots", "warn": "alert", "bad": "cross"}
        return f"portal/icons/{names.get(self.tone, 'pause')}.svg"


def standing(
    connection: Connection | None,
    cursor: Cursor | None,
    ledger: Ledger,
    now: datetime,
    halts: Iterable[Halt] = (),
    kept: Stage | None = None,
) -> Standing:
    """Say how it stands, the most pressing thing first.

    `halts` may be anybody's; `kept` is the stage that keeps it (delivery.approval).
    """
    if connection is None or cursor is None:
        return _unconnected(ledger)
    if connection.status == Connection.Status.PAUSED:
        return Standing(
            tone="calm",
            word="Paused",
            title="Paused",
            detail=f"Nothing is sent. {_kept(ledger.held)}",
            action="Resume",
        )
    if connection.status == Connection.Status.ATTENTION:
        return Standing(
            tone="bad",
            word="Needs attention",
            title="Segment refuses the events",
            detail=f"{connection.status_reason} {_kept(ledger.held)}".strip(),
            action="Check the connection",
        )
    if kept:
        return _kept_by_stage(kept, ledger)
    for halt in halts:
        if halt.keeps(cursor.stream_id, connection.region):
            return _halted(halt, ledger)
    if cursor.failures and connection.status_reason:
        return _waiting_for_operator(connection, ledger)
    if cursor.failures:
        return _failing(cursor, ledger, now)
    return _active(connection, ledger)


def events(count: int) -> str:
    """The count and its noun."""
    return "1 event" if count == 1 else f"{count:,} events"


def _kept(count: int) -> str:
    if not count:
        return "Events that come in now are kept for later."
    verb = "waits" if count == 1 else "wait"
    return f"{events(count)} {verb} and will be sent, oldest first."


def _sentence(text: str) -> str:
    """What an operator wrote, so that another sentence can follow."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…", ":")) else f"{text}."


def _unconnected(ledger: Ledger) -> Standing:
    return Standing(
        tone="warn" if ledger.held else "calm",
        word="Not connected",
        title="Not connected to Segment yet",
        detail=f"{_kept(ledger.held)} Paste the write key of a Segment source to begin.",
        action="Connect Segment",
    )


def _halted(halt: Halt, ledger: Ledger) -> Standing:
    return Standing(
        tone="warn",
        word="Stopped",
        title="We have stopped sending for now",
        detail=f"{_sentence(halt.reason)} {_kept(ledger.pending)}",
    )


def _kept_by_stage(stage: Stage, ledger: Ledger) -> Standing:
    return Standing(
        tone="warn",
        word="Suspended" if stage == Stage.SUSPENDED else "Waits for approval",
        title=reason(stage).removesuffix("."),
        detail=f"Nothing is sent to Segment until that is over. {_kept(ledger.pending)}",
    )


def _failing(cursor: Cursor, ledger: Ledger, now: datetime) -> Standing:
    waiting = events(ledger.pending)
    soon = cursor.due_at is None or cursor.due_at <= now
    return Standing(
        tone="warn",
        word="Trying again",
        title="Segment does not answer",
        detail=f"We try again {'now' if soon else 'soon'}, and go on for days if need be."
        f" Nothing is lost: {waiting} {'waits' if ledger.pending == 1 else 'wait'}.",
    )


def _waiting_for_operator(connection: Connection, ledger: Ledger) -> Standing:
    return Standing(
        tone="warn",
        word="Retrying",
        title="Waiting for the operator of this portal",
        detail=f"{connection.status_reason} Your connection is fine, and you don't need"
        " to do anything. Events stay queued, and delivery resumes automatically."
        f" {_kept(ledger.pending)}",
    )


def _active(connection: Connection, ledger: Ledger) -> Standing:
    if connection.known is False:
        return Standing(
            tone="bad",
            word="Key not known",
            title="Segment does not know this write key",
            detail="Segment takes events for unknown keys and throws them away without"
            " a word. Look up the key again, and check the region.",
            action="Check the connection",
        )
    if connection.seen_at is None:
        return Standing(
            tone="warn",
            word="Not confirmed",
            title="Connected, but not confirmed",
            detail="Segment says yes to any key, right or wrong. Send a test event and"
            " look for it in Segment to be sure.",
            action="Send a test event",
        )
    if ledger.pending:
        return Standing(
            tone="busy",
            word="Sending",
            title="Sending",
            detail=f"{events(ledger.pending)} on the way to Segment.",
        )
    return Standing(
        tone="good",
        word="Working",
        title="Everything is delivered",
        detail="Events go to Segment as they come in.",
    )
