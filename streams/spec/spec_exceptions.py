"""Spec exceptions: alternatives that a stream can accept where Segment's docs disagree.

Not every contradiction is a choice: the examples of the Email Spec lack `userId`, but
Segment still drops such events. Each choice has a safe reading that no reviewer can object
to. It is the default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streams.spec.gettext import gettext_noop


@dataclass(frozen=True, slots=True)
class SpecException:
    """A Spec exception: the alternative to the safe reading."""

    id: str  # never changes, because streams store it
    title: str  # the alternative that is accepted
    why: str  # the contradiction in Segment's docs


READINGS: dict[str, SpecException] = {
    reading.id: reading
    for reading in (
        SpecException(
            "email-unsubscribed",
            gettext_noop("Email Unsubscribed as well as Unsubscribed"),
            gettext_noop(
                "The Email Spec says Unsubscribed. Segment's own docs template,"
                " its Engage source, and some other sources say Email"
                " Unsubscribed."
            ),
        ),
        SpecException(
            "other-names",
            gettext_noop("Other tools' names for Spec events, such as Email Clicked"),
            gettext_noop(
                "The partner docs say that a stream with such names is rejected,"
                " but the catalog pages of some accepted tools use them."
            ),
        ),
        SpecException(
            "custom-component",
            gettext_noop("Custom Component Loaded as well as Component Loaded"),
            gettext_noop("The AI Copilot Spec uses both names."),
        ),
        SpecException(
            "email-ip-object",
            gettext_noop("context.ip as an object"),
            gettext_noop(
                "Two tables of the Email Spec say object. All others, and the"
                " Common Spec, say string."
            ),
        ),
        SpecException(
            "email-user-agent",
            gettext_noop("context.user_agent as well as context.userAgent"),
            gettext_noop(
                "The Email Spec says user_agent. The Common Spec says"
                " userAgent, which is what destinations read."
            ),
        ),
        SpecException(
            "group-employees",
            gettext_noop("The group trait employees as a number"),
            gettext_noop(
                "The table in the Group Spec says string, but its example sends"
                " a number."
            ),
        ),
        SpecException(
            "video-ad-lists",
            gettext_noop("ad_asset_ids, ad_pod_ids, and ad_types as arrays"),
            gettext_noop(
                "The tables of the Video Spec say ad_asset_id, ad_pod_id, and"
                " ad_type. Its lifecycle example uses the plural names, with"
                " arrays."
            ),
        ),
        SpecException(
            "video-quality-case",
            gettext_noop("startup_time and dropped_frames"),
            gettext_noop(
                "Video Quality Updated has startupTime and droppedFrames, but"
                " every other video property is in snake_case."
            ),
        ),
        SpecException(
            "copilot-case",
            gettext_noop("conversation_id and message_id in AI Copilot events"),
            gettext_noop(
                "The tables say conversationId and messageId, next to message_body."
            ),
        ),
        SpecException(
            "review-rating",
            gettext_noop("The rating of Product Reviewed as a number"),
            gettext_noop("The Ecommerce Spec says string."),
        ),
        SpecException(
            "checkout-total",
            gettext_noop("total in Checkout Started, value in other order events"),
            gettext_noop(
                "For the same amount, Checkout Started has value, but Order"
                " Updated, Order Completed, and Order Cancelled have total."
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class SpecExceptions:
    """The Spec exceptions that a stream accepts."""

    accepted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, ids: Iterable[str]) -> SpecExceptions:
        """Build from stored IDs; exceptions that no longer exist are ignored."""
        return cls(frozenset(ids).intersection(READINGS))

    def __contains__(self, reading: str) -> bool:
        return reading in self.accepted

    def __hash__(self) -> int:
        # Called for every event. A frozenset caches its own hash.
        return hash(self.accepted)


SAFE = SpecExceptions()
