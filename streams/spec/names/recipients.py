"""Events that happen to everyone whom a message is sent to, by their names.

No one has to do anything for such an event. So it can be the only event of a person in a month,
and Segment bills each person who has one.
"""

from __future__ import annotations

from streams.spec.names.words import stem, words

_MESSAGES = {
    "email", "sms", "mms", "push", "whatsapp", "newsletter", "letter", "survey", "invite",
    "invitation",
}  # fmt: skip
_FATES = {
    "sent", "delivered", "bounced", "failed", "dropped", "deferred", "processed", "queued",
    "scheduled",
}  # fmt: skip
_MESSAGE_STEMS = frozenset(map(stem, _MESSAGES))
_FATE_STEMS = frozenset(map(stem, _FATES))


def is_sent_to_people(name: str) -> bool:
    """Whether a track event with this name happens to people whom a message is sent to."""
    stems = {stem(word) for word in words(name)}
    if {"push", stem("received")} <= stems:  # by the device
        return True
    return bool(stems & _MESSAGE_STEMS and stems & _FATE_STEMS)
