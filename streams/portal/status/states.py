"""The state of a delivery in words. If several apply, the most urgent one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.delivery.limits.send_policy import BlockCause
from streams.portal.status.sentences import next_attempt, only_queued, queued
from streams.portal.status.snapshot import ATTENTION, PAUSED, FailedAttempt, Snapshot

if TYPE_CHECKING:
    from streams.delivery.limits.send_policy import SendBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`word` is for lists, `title` and `sentences` for the top of a page."""

    tone: str  # good, busy, warn, bad or calm: the tones of static/portal/css
    word: str
    title: str
    sentences: tuple[str, ...] = ()
    queue_note: str  # why events are queued, below their number


def state_of(snapshot: Snapshot) -> State:
    """Return the most urgent state."""
    if snapshot.status is None:
        return _unconnected(snapshot)
    if snapshot.status == PAUSED:
        return _paused(snapshot)
    if snapshot.status == ATTENTION:
        return _refused(snapshot) if snapshot.key_refused else _attention(snapshot)
    if snapshot.block:
        return _blocked(snapshot.block, snapshot)
    if snapshot.waits_for_operator:
        return _waiting_for_operator(snapshot)
    if snapshot.key_unknown:
        return _unknown_key(snapshot)
    if snapshot.failures:
        return _retrying(snapshot)
    if snapshot.seen_at is None:
        return _unverified(snapshot)
    return _sending(snapshot) if snapshot.queued else _working()


def _unconnected(snapshot: Snapshot) -> State:
    return State(
        tone="warn" if snapshot.queued else "calm",
        word=_("Not connected"),
        title=_("Not connected to Segment"),
        sentences=(queued(snapshot),),
        queue_note=_("not connected"),
    )


def _paused(snapshot: Snapshot) -> State:
    also = _("After you resume, events stay queued for another reason: %(reason)s")
    reason = snapshot.block.message if snapshot.block else ""
    return State(
        tone="bad" if snapshot.key_unknown else "calm",
        word=_("Paused"),
        title=_("Delivery paused"),
        sentences=(
            _("No events are sent until delivery is resumed."),
            queued(snapshot),
            also % {"reason": reason} if reason else "",
            _key_unknown() if snapshot.key_unknown else "",
        ),
        queue_note=_("paused"),
    )


def _refused(snapshot: Snapshot) -> State:
    return State(
        tone="bad",
        word=_("Needs attention"),
        title=_("Delivery stopped: the write key doesn't work"),
        sentences=(snapshot.reason, queued(snapshot)),
        queue_note=_("needs attention"),
    )


def _attention(snapshot: Snapshot) -> State:
    return State(
        tone="bad",
        word=_("Needs attention"),
        title=_("Delivery stopped: the connection needs attention"),
        sentences=(
            _cause_of_attention(snapshot),
            queued(snapshot),
            _key_unknown() if snapshot.key_unknown else "",
        ),
        queue_note=_("needs attention"),
    )


def _cause_of_attention(snapshot: Snapshot) -> str:
    if snapshot.key_was_refused:
        return _("Segment rejected the write key earlier, and recognizes it now.")
    return snapshot.reason


def _blocked(block: SendBlock, snapshot: Snapshot) -> State:
    key = _key_unknown() if snapshot.key_unknown else ""
    if block.cause is BlockCause.HALTED:
        return State(
            tone="warn",
            word=_("Paused by operator"),
            title=_("Delivery paused by the operator"),
            sentences=(block.halt_reason, queued(snapshot), key),
            queue_note=_("paused by the operator"),
        )
    if block.cause is BlockCause.SUSPENDED:
        nothing = _("No events are sent to Segment while the stream is suspended.")
        return State(
            tone="warn",
            word=_("Suspended"),
            title=_("Stream suspended"),
            sentences=(nothing, queued(snapshot), key),
            queue_note=_("stream suspended"),
        )
    starts = _("Delivery to Segment starts when the stream is approved.")
    return State(
        tone="warn",
        word=_("Awaiting approval"),
        title=_("Stream awaiting approval"),
        sentences=(starts, queued(snapshot), key),
        queue_note=_("awaiting approval"),
    )


def _waiting_for_operator(snapshot: Snapshot) -> State:
    return State(
        tone="warn",
        word=_("Waiting for operator"),
        title=_("Waiting for the operator of this portal"),
        sentences=(
            snapshot.reason,
            _("When the operator has fixed this, delivery resumes automatically."),
            queued(snapshot),
            _key_unknown() if snapshot.key_unknown else "",
        ),
        queue_note=_("waiting for the operator"),
    )


def _key_unknown() -> str:
    return _(
        "Segment doesn't recognize the write key, and silently discards events with it."
    )


def _unknown_key(snapshot: Snapshot) -> State:
    retries = snapshot.failures > 0
    return State(
        tone="bad",
        word=_("Key not recognized"),
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


def _retrying(snapshot: Snapshot) -> State:
    return State(
        tone="warn",
        word=_("Retrying"),
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


def _unverified(snapshot: Snapshot) -> State:
    delivers = snapshot.delivered_at is not None
    return State(
        tone="warn",
        word=_("Not verified"),
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


def _sending(snapshot: Snapshot) -> State:
    return State(
        tone="busy",
        word=_("Sending"),
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


def _working() -> State:
    return State(
        tone="good",
        word=_("Working"),
        title=_("Up to date"),
        sentences=(
            _("No events are queued. New events are sent to Segment as they arrive."),
        ),
        queue_note="",
    )
