"""The states of a feed's delivery, their words, and the decision which one applies."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from streams.delivery.limits.send_policy import BlockCause
from streams.observability.feed_state.snapshot import ATTENTION, PAUSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

    from streams.observability.feed_state.snapshot import Snapshot


class FeedState(IntEnum):
    """The state of a feed's delivery, those in trouble first.

    `state_of` decides by the facts at hand, `query.py` and `customer_list.py` in the
    database; tests compare them.
    """

    ATTENTION = 1
    UNKNOWN_KEY = 2
    RETRYING = 3
    OPERATOR = 4  # waits for the operator of the portal
    HALTED = 5
    SUSPENDED = 6
    UNVERIFIED = 7
    UNCONNECTED = 8
    PAUSED = 9
    AWAITING_APPROVAL = 10
    SENDING = 11
    WORKING = 12
    NO_STREAM = 13  # of a workspace without a feed

    @property
    def word(self) -> str:
        """The word for lists and badges."""
        return str(_WORDS[self])


_WORDS: Mapping[FeedState, StrOrPromise] = {
    FeedState.ATTENTION: _("Needs attention"),
    FeedState.UNKNOWN_KEY: _("Write key not recognized"),
    FeedState.RETRYING: _("Retrying"),
    FeedState.OPERATOR: _("Waiting for operator"),
    FeedState.HALTED: _("Halted by operator"),
    FeedState.SUSPENDED: _("Suspended"),
    FeedState.UNVERIFIED: _("Not verified"),
    FeedState.UNCONNECTED: _("Not connected"),
    FeedState.PAUSED: _("Paused"),
    FeedState.AWAITING_APPROVAL: _("Awaiting approval"),
    FeedState.SENDING: _("Sending"),
    FeedState.WORKING: _("Working"),
    FeedState.NO_STREAM: _("No stream"),
}
# Delivery doesn't work, and no one chose that.
TROUBLE = frozenset(state for state in FeedState if state <= FeedState.SUSPENDED)
_BLOCKED = {
    BlockCause.HALTED: FeedState.HALTED,
    BlockCause.SUSPENDED: FeedState.SUSPENDED,
    BlockCause.AWAITING_APPROVAL: FeedState.AWAITING_APPROVAL,
}
_TONES = {
    FeedState.ATTENTION: "bad",
    FeedState.UNKNOWN_KEY: "bad",
    FeedState.PAUSED: "calm",
    FeedState.UNCONNECTED: "calm",
    FeedState.SENDING: "busy",
    FeedState.WORKING: "good",
}


def state_of(snapshot: Snapshot) -> FeedState:
    """Return the state; if several apply, the most urgent one."""
    if snapshot.status is None:
        return FeedState.UNCONNECTED
    if snapshot.status == PAUSED:
        return FeedState.PAUSED
    if snapshot.status == ATTENTION:
        return FeedState.ATTENTION
    if snapshot.block:
        return _BLOCKED[snapshot.block.cause]
    return _state_while_sending(snapshot)


def _state_while_sending(snapshot: Snapshot) -> FeedState:
    if snapshot.waits_for_operator:
        return FeedState.OPERATOR
    if snapshot.key_unknown:
        return FeedState.UNKNOWN_KEY
    if snapshot.failures:
        return FeedState.RETRYING
    if snapshot.seen_at is None:
        return FeedState.UNVERIFIED
    return FeedState.SENDING if snapshot.queued else FeedState.WORKING


def tone_of(state: FeedState, snapshot: Snapshot) -> str:
    """Return good, busy, warn, bad or calm: the tones of static/portal/css."""
    if state is FeedState.UNCONNECTED and snapshot.queued:
        return "warn"
    if state is FeedState.PAUSED and snapshot.key_unknown:
        return "bad"
    return _TONES.get(state, "warn")
