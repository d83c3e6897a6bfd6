"""The delivery status of a feed, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.connections.models import Connection
from streams.delivery.limits.send_policy import BlockCause

if TYPE_CHECKING:
    from datetime import datetime

    from streams.delivery.limits.send_policy import SendBlock
    from streams.delivery.models import Cursor
    from streams.observability.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """A status: `word` for lists, the rest for the top of a page."""

    tone: str  # good, busy, warn, bad or calm: the tones of static/portal/css
    word: str
    title: str
    detail: str
    action: str = ""  # the label of the link to the connection page, for editors

    @property
    def icon(self) -> str:
        """The template of the icon that matches the color."""
        names = {"good": "check", "busy": "dots", "warn": "alert", "bad": "cross"}
        return f"portal/icons/{names.get(self.tone, 'pause')}.svg"


def connection_status(
    connection: Connection | None,
    cursor: Cursor | None,
    ledger: Ledger,
    now: datetime,
    block: SendBlock | None = None,
) -> ConnectionStatus:
    """Return the status; if several apply, the most urgent one.

    `block` is why nothing is sent to the connection (delivery.limits.send_policy).
    """
    if connection is None or cursor is None:
        return _unconnected(ledger)
    if connection.status == Connection.Status.PAUSED:
        return _paused(ledger)
    if connection.status == Connection.Status.ATTENTION:
        return _attention(connection, ledger)
    if block:
        return _blocked(block, ledger)
    if cursor.failures and connection.status_reason:
        return _waiting_for_operator(connection, ledger)
    if cursor.failures:
        return _failing(cursor, ledger, now)
    return _active(connection, ledger)


def queued(count: int) -> str:
    """Say how many events are queued, and that they will be sent."""
    if not count:
        return _("New events are queued.")
    return ngettext(
        "%(total)s event is queued and will be sent.",
        "%(total)s events are queued and will be sent, oldest first.",
        count,
    ) % {"total": f"{count:,}"}


def _paragraph(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _unconnected(ledger: Ledger) -> ConnectionStatus:
    return ConnectionStatus(
        tone="warn" if ledger.held else "calm",
        word=_("Not connected"),
        title=_("Not connected to Segment"),
        detail=_paragraph(
            queued(ledger.held),
            _("To start delivery, paste the write key of a Segment source."),
        ),
        action=_("Connect Segment"),
    )


def _paused(ledger: Ledger) -> ConnectionStatus:
    return ConnectionStatus(
        tone="calm",
        word=_("Paused"),
        title=_("Delivery paused"),
        detail=_paragraph(_("No events are sent."), queued(ledger.held)),
        action=_("Resume delivery"),
    )


def _attention(connection: Connection, ledger: Ledger) -> ConnectionStatus:
    return ConnectionStatus(
        tone="bad",
        word=_("Needs attention"),
        title=_("Delivery stopped: the connection needs attention"),
        detail=_paragraph(connection.status_reason, queued(ledger.held)),
        action=_("Check connection"),
    )


def _blocked(block: SendBlock, ledger: Ledger) -> ConnectionStatus:
    if block.cause is BlockCause.HALTED:
        return ConnectionStatus(
            tone="warn",
            word=_("Paused by operator"),
            title=_("Delivery paused by the operator"),
            detail=_paragraph(block.halt_reason, queued(ledger.pending)),
        )
    if block.cause is BlockCause.SUSPENDED:
        return ConnectionStatus(
            tone="warn",
            word=_("Suspended"),
            title=_("Stream suspended"),
            detail=_paragraph(
                _("No events are sent to Segment while the stream is suspended."),
                queued(ledger.pending),
            ),
        )
    return ConnectionStatus(
        tone="warn",
        word=_("Awaiting approval"),
        title=_("Stream awaiting approval"),
        detail=_paragraph(
            _("Delivery to Segment starts when the stream is approved."),
            queued(ledger.pending),
        ),
    )


def _failing(cursor: Cursor, ledger: Ledger, now: datetime) -> ConnectionStatus:
    soon = cursor.due_at is None or cursor.due_at <= now
    return ConnectionStatus(
        tone="warn",
        word=_("Retrying"),
        title=_("Segment isn't accepting events right now"),
        detail=_paragraph(
            _("We're retrying now.") if soon else _("We'll retry soon."),
            _("We keep retrying until the retention period ends."),
            ngettext(
                "%(total)s event is queued.",
                "%(total)s events are queued.",
                ledger.pending,
            )
            % {"total": f"{ledger.pending:,}"},
        ),
    )


def _waiting_for_operator(connection: Connection, ledger: Ledger) -> ConnectionStatus:
    return ConnectionStatus(
        tone="warn",
        word=_("Waiting for operator"),
        title=_("Waiting for the operator of this portal"),
        detail=_paragraph(
            connection.status_reason,
            _("Your connection is fine, and you don't need to do anything."),
            _("Events stay queued, and delivery resumes automatically."),
            queued(ledger.pending),
        ),
    )


def _active(connection: Connection, ledger: Ledger) -> ConnectionStatus:
    if connection.known is False:
        return _unknown_key()
    if connection.seen_at is None:
        return _unverified()
    if ledger.pending:
        return _sending(ledger)
    return ConnectionStatus(
        tone="good",
        word=_("Working"),
        title=_("All events delivered"),
        detail=_("Events are sent to Segment as they arrive."),
    )


def _unknown_key() -> ConnectionStatus:
    return ConnectionStatus(
        tone="bad",
        word=_("Key not recognized"),
        title=_("Write key not recognized"),
        detail=_(
            "Segment accepts events with unknown write keys and silently discards"
            " them. Check the write key and the region."
        ),
        action=_("Check connection"),
    )


def _unverified() -> ConnectionStatus:
    return ConnectionStatus(
        tone="warn",
        word=_("Not verified"),
        title=_("Connected, but not verified"),
        detail=_(
            "Segment accepts any key, even a wrong one. Send a test event and"
            " confirm that it arrives in Segment."
        ),
        action=_("Send test event"),
    )


def _sending(ledger: Ledger) -> ConnectionStatus:
    return ConnectionStatus(
        tone="busy",
        word=_("Sending"),
        title=_("Sending events"),
        detail=ngettext(
            "%(total)s event is on the way to Segment.",
            "%(total)s events are on the way to Segment.",
            ledger.pending,
        )
        % {"total": f"{ledger.pending:,}"},
    )
