"""The meaning of a failed attempt for people, and advice."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from streams.delivery.models import Delivery
from streams.delivery.segment.responses import NOT_FROM_SEGMENT, says_key_rejected


@dataclass(frozen=True, slots=True)
class FaultMeaning:
    """One sentence each; `page` is the URL name of a page that helps, or empty."""

    meaning: str
    advice: str
    page: str = ""


def fault_meaning(outcome: str, status: int | None, error: str) -> FaultMeaning:
    """Return the meaning of a failed attempt, from its stored columns."""
    match outcome:
        case Delivery.Outcome.SPLIT:
            return FaultMeaning(
                _("Segment refused the whole request, because of one of its events."),
                _(
                    "You don't need to do anything. We split requests to find that event."
                ),
            )
        case Delivery.Outcome.REJECTED:
            return FaultMeaning(
                _("Segment refused this event."),
                _(
                    "Fix the event in the tool that sends it, or replay it after a fix in"
                    " Segment."
                ),
            )
        case Delivery.Outcome.HELD:
            return _stopped(error)
    if NOT_FROM_SEGMENT in error:
        return FaultMeaning(
            _("Something between the portal and Segment responded, such as a proxy."),
            _("Ask the operator of this portal to check its network."),
        )
    if status is None:
        meaning = _("Segment could not be reached, or it did not respond in time.")
    elif status == 429:
        meaning = _("Segment asked us to send events more slowly.")
    else:
        meaning = _("Segment had a temporary problem.")
    return FaultMeaning(
        meaning,
        _("You don't need to do anything. We retry until Segment accepts the events."),
    )


def _stopped(error: str) -> FaultMeaning:
    if says_key_rejected(error):
        return FaultMeaning(
            _("Segment refused the write key."),
            _("Replace the write key."),
            "connection-change",
        )
    return FaultMeaning(
        _("Segment refused every event, or its response was not about events."),
        _("Check the region and the write key, and resume delivery."),
        "connection",
    )
