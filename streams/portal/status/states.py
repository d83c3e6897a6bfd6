"""The state of a delivery in sentences, for the top of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.observability.feed_state.states import FeedState
from streams.portal.status.sentences import next_attempt, only_queued, queued

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.observability.feed_state.snapshot import FailedAttempt, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class StateText:
    """`title` and `sentences` are for the top of a page."""

    title: str
    sentences: tuple[str, ...] = ()
    queue_note: str  # why events are queued, below their number


def text_of(state: FeedState, snapshot: Snapshot) -> StateText:
    """Return the text of a snapshot, which is in that state."""
    if state is FeedState.ATTENTION and snapshot.key_refused:
        return _refused(snapshot)
    return _TEXTS[state](snapshot)


def _unconnected(snapshot: Snapshot) -> StateText:
    return StateText(
        title=_("Not connected to Segment"),
        sentences=(queued(snapshot),),
        queue_note=_("not connected"),
    )


def _paused(snapshot: Snapshot) -> StateText:
    also = _("After you resume, events stay queued for another reason: %(reason)s")
    reason = snapshot.block.message if snapshot.block else ""
    by_operator = _("The operator's reason: “%(reason)s”.") % {
        "reason": snapshot.reason.rstrip(".")
    }
    return StateText(
        title=_("Delivery paused by the operator")
        if snapshot.reason
        else _("Delivery paused"),
        sentences=(
            by_operator if snapshot.reason else "",
            _("No events are sent until delivery is resumed."),
            queued(snapshot),
            also % {"reason": reason} if reason else "",
            _key_note(snapshot),
        ),
        queue_note=_("paused"),
    )


def _refused(snapshot: Snapshot) -> StateText:
    return StateText(
        title=_("Delivery stopped: the write key doesn't work"),
        sentences=(snapshot.reason, queued(snapshot)),
        queue_note=_("needs attention"),
    )


def _attention(snapshot: Snapshot) -> StateText:
    return StateText(
        title=_("Delivery stopped: the connection needs attention"),
        sentences=(
            _cause_of_attention(snapshot),
            queued(snapshot),
            _key_note(snapshot),
        ),
        queue_note=_("needs attention"),
    )


def _cause_of_attention(snapshot: Snapshot) -> str:
    if snapshot.key_was_refused:
        return _("Segment rejected the write key earlier, and recognizes it now.")
    return snapshot.reason


def _halted(snapshot: Snapshot) -> StateText:
    reason = snapshot.block.halt_reason if snapshot.block else ""
    return StateText(
        title=_("Delivery halted by the operator"),
        sentences=(reason, queued(snapshot), _key_note(snapshot)),
        queue_note=_("halted by the operator"),
    )


def _suspended(snapshot: Snapshot) -> StateText:
    nothing = _("No events are sent to Segment while the stream is suspended.")
    return StateText(
        title=_("Stream suspended"),
        sentences=(nothing, queued(snapshot), _key_note(snapshot)),
        queue_note=_("stream suspended"),
    )


def _awaiting_approval(snapshot: Snapshot) -> StateText:
    starts = _("Delivery to Segment starts when the stream is approved.")
    return StateText(
        title=_("Stream awaiting approval"),
        sentences=(starts, queued(snapshot), _key_note(snapshot)),
        queue_note=_("awaiting approval"),
    )


def _waiting_for_operator(snapshot: Snapshot) -> StateText:
    return StateText(
        title=_("Waiting for the operator of this portal"),
        sentences=(
            snapshot.reason,
            _("When the operator has fixed this, delivery resumes automatically."),
            queued(snapshot),
            _key_note(snapshot),
        ),
        queue_note=_("waiting for the operator"),
    )


def _key_note(snapshot: Snapshot) -> str:
    if not snapshot.key_unknown:
        return ""
    return _(
        "Segment doesn't recognize the write key, and silently discards events with it."
    )


def _unknown_key(snapshot: Snapshot) -> StateText:
    retries = snapshot.failures > 0
    return StateText(
        title=_("Write key not recognized"),
        sentences=(
            _("Segment responds to unknown write keys with success, and silently"
              " discards the events."),
            _("Delivery attempts also fail.") if retries else "",
            next_attempt(snapshot) if retries else "",
            only_queued(snapshot),
        ),
        queue_note=_("retrying") if retries else _("being sent"),
    )  # fmt: skip


def _retrying(snapshot: Snapshot) -> StateText:
    return StateText(
        title=_what_failed(snapshot.failed),
        sentences=(
            next_attempt(snapshot),
            _("We keep retrying until the retention period ends."),
            only_queued(snapshot),
        ),
        queue_note=_("retrying"),
    )


def _what_failed(failed: FailedAttempt | None) -> str:
    if failed is None:
        return _("Segment isn't accepting events right now")
    if failed.code is None:
        return _("Segment doesn't respond")
    if failed.code == 429:
        return _("Segment asked us to slow down (429)")
    return _("Segment isn't accepting events right now (%(code)s)") % {
        "code": failed.code
    }


def _unverified(snapshot: Snapshot) -> StateText:
    delivers = snapshot.delivered_at is not None
    return StateText(
        title=(
            _("Sending events, not verified yet")
            if delivers
            else _("Connected, but not verified")
        ),
        sentences=(
            _(
                "“Delivered” means that Segment responded with success, which it does even"
                " if the write key is wrong."
            )
            if delivers
            else _("Segment responds with success even if the write key is wrong."),
            _on_the_way(snapshot.queued),
        ),
        queue_note=_("on the way to Segment"),
    )


def _sending(snapshot: Snapshot) -> StateText:
    return StateText(
        title=_("Sending events"),
        sentences=(_on_the_way(snapshot.queued),),
        queue_note=_("on the way to Segment"),
    )


def _on_the_way(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(total)s event is on the way to Segment.",
        "%(total)s events are on the way to Segment.",
        count,
    ) % {"total": f"{count:,}"}


def _working(_snapshot: Snapshot) -> StateText:
    return StateText(
        title=_("Up to date"),
        sentences=(
            _("No events are queued. New events are sent to Segment as they arrive."),
        ),
        queue_note="",
    )


_TEXTS: Mapping[FeedState, Callable[[Snapshot], StateText]] = {
    FeedState.UNCONNECTED: _unconnected,
    FeedState.PAUSED: _paused,
    FeedState.ATTENTION: _attention,
    FeedState.HALTED: _halted,
    FeedState.SUSPENDED: _suspended,
    FeedState.AWAITING_APPROVAL: _awaiting_approval,
    FeedState.OPERATOR: _waiting_for_operator,
    FeedState.UNKNOWN_KEY: _unknown_key,
    FeedState.RETRYING: _retrying,
    FeedState.UNVERIFIED: _unverified,
    FeedState.SENDING: _sending,
    FeedState.WORKING: _working,
}
