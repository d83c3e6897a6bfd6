"""Where Segment's docs say two things, and which of the two a stream goes by.

Not every place where they disagree is a choice: that the examples of the Email Spec lack
`userId` does not make such events arrive. What is a choice has a safe side, to which no
reviewer can object, and that is the default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """The other side of a disagreement, which a stream may accept."""

    id: str  # never changes: streams store it
    title: str  # what is accepted
    why: str  # what the docs say


READINGS: dict[str, Reading] = {
    reading.id: reading
    for reading in (
        Reading(
            "email-unsubscribed",
            "Email Unsubscribed beside Unsubscribed",
            "The Email Spec says Unsubscribed. Segment's own template for docs pages and"
            " its Engage source say Email Unsubscribed, as one source in five does.",
        ),
        Reading(
            "other-names",
            "Other tools' names for Spec events, such as Email Clicked",
            "The partner pages say that a stream is turned down for them, and the"
            " catalogue's pages of tools that Segment took have some.",
        ),
        Reading(
            "custom-component",
            "Custom Component Loaded beside Component Loaded",
            "The AI Copilot Spec uses both names.",
        ),
        Reading(
            "email-ip-object",
            "context.ip as an object",
            "Two tables of the Email Spec say object; all others, and the Common Spec,"
            " say text.",
        ),
        Reading(
            "email-user-agent",
            "context.user_agent beside context.userAgent",
            "The Email Spec spells it user_agent, the Common Spec userAgent, which is what"
            " destinations read.",
        ),
        Reading(
            "group-employees",
            "The group trait employees as a number",
            "The Group Spec's table says text; its example sends a number.",
        ),
        Reading(
            "video-ad-lists",
            "ad_asset_ids, ad_pod_ids and ad_types as lists",
            "The Video Spec's tables say ad_asset_id, ad_pod_id and ad_type; its example of"
            " the whole lifecycle has the plurals, as lists.",
        ),
        Reading(
            "video-quality-case",
            "startup_time and dropped_frames",
            "Video Quality Updated has startupTime and droppedFrames, while every other"
            " video property is in snake_case.",
        ),
        Reading(
            "copilot-case",
            "conversation_id and message_id in AI Copilot events",
            "Their tables have conversationId and messageId, beside message_body.",
        ),
        Reading(
            "review-rating",
            "The rating of Product Reviewed as a number",
            "The Ecommerce Spec says text.",
        ),
        Reading(
            "checkout-total",
            "total in Checkout Started, value in other order events",
            "For the same amount Checkout Started has value, while Order Updated, Completed"
            " and Cancelled have total.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Readings:
    """What a stream accepts beside the safe readings."""

    accepted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, ids: Iterable[str]) -> Readings:
        """Of ids as stored; one that is no longer a choice is left out."""
        return cls(frozenset(ids).intersection(READINGS))

    def __contains__(self, reading: str) -> bool:
        return reading in self.accepted

    def __hash__(self) -> int:
        # Asked for every event. A frozenset remembers its own.
        return hash(self.accepted)


SAFE = Readings()
