"""Decides what a page says about a delivery, and the one primary action that it offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.observability.feed_state.snapshot import (
    ACTIVE,
    ATTENTION,
    PAUSED,
    Audience,
)
from streams.observability.feed_state.states import state_of, tone_of
from streams.portal.status.actions import Action
from streams.portal.status.sentences import quarantined, what_to_do
from streams.portal.status.states import text_of
from streams.portal.status.steps import Step, steps_of

if TYPE_CHECKING:
    from datetime import datetime

    from streams.observability.feed_state.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """The status for pages: no sentence of it denies another."""

    tone: str  # good, busy, warn, bad or calm: the tones of static/portal/css
    word: str  # for lists
    title: str
    detail: str
    queued: int
    queue_note: str  # why events are queued; empty: none are
    sends: bool  # whether nothing stops delivery; attempts may still fail
    is_flowing: bool  # whether attempts succeed, so that a rate is known
    next_attempt_at: datetime | None  # of failed attempts; never in the past
    primary: Action | None  # None: nothing to do, or not for this reader
    secondary: tuple[Action, ...]
    steps: tuple[Step, ...]  # empty: not connected
    can_test: bool  # whether a test event makes sense now
    can_confirm: bool  # whether a test event that was delivered may be confirmed

    @property
    def icon(self) -> str:
        """The template of the icon that matches the tone."""
        names = {"good": "check", "busy": "dots", "warn": "alert", "bad": "cross"}
        return f"portal/icons/{names.get(self.tone, 'pause')}.svg"

    @property
    def is_verifying(self) -> bool:
        """Whether the test event is the primary action of the connection page."""
        return self.primary is Action.VERIFY


def decide(snapshot: Snapshot) -> ConnectionStatus:
    """Return what to say about a snapshot to its audience."""
    state, needed = state_of(snapshot), _needed(snapshot)
    text = text_of(state, snapshot)
    may_edit = snapshot.audience is Audience.EDITOR
    sentences = (
        *text.sentences,
        quarantined(snapshot),
        what_to_do(needed, snapshot.audience),
    )
    due = snapshot.next_attempt_at if snapshot.retries else None
    return ConnectionStatus(
        tone=tone_of(state, snapshot),
        word=state.word,
        title=text.title,
        detail=" ".join(sentence for sentence in sentences if sentence),
        queued=snapshot.queued,
        queue_note=text.queue_note if snapshot.queued else "",
        sends=snapshot.sends,
        is_flowing=snapshot.sends and not snapshot.failures,
        next_attempt_at=due if due and due > snapshot.now else None,
        primary=needed if may_edit else None,
        secondary=_others(snapshot, needed) if may_edit else (),
        steps=steps_of(snapshot) if snapshot.status else (),
        can_test=may_edit and snapshot.sends,
        can_confirm=not snapshot.key_refused,
    )


def _needed(snapshot: Snapshot) -> Action | None:
    """Return the one action that the delivery needs from someone."""
    if snapshot.status is None:
        return Action.CONNECT
    if snapshot.key_is_bad:
        return Action.REPLACE_KEY
    if snapshot.status in (PAUSED, ATTENTION):
        return Action.RESUME
    if snapshot.needs_test:
        return Action.VERIFY
    return None


def _others(snapshot: Snapshot, primary: Action | None) -> tuple[Action, ...]:
    offered = {
        Action.RESUME: snapshot.status == PAUSED,
        Action.PAUSE: snapshot.status == ACTIVE,
        Action.RETRY: snapshot.retries,
        Action.CHANGE: snapshot.status is not None and not snapshot.key_is_bad,
    }
    return tuple(
        one for one, is_offered in offered.items() if is_offered and one is not primary
    )
