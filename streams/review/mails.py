"""Who hears of a stream's moves by mail: staff of what waits for them, admins of the answer.

A mail goes out once the move is written down. One that fails undoes nothing: it is logged
as an error, and the pages say how the stream stands in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from streams.base.mail import message, send
from streams.tenancy.models import PartnerMembership, User

if TYPE_CHECKING:
    from streams.catalog.models import Stream


class Waits(Enum):
    """What waits for staff: a subject, and a sentence."""

    SUBMITTED = "{stream} waits for approval", "{who} submitted {stream} of {partner}."
    LIVE = "{stream} asks to go live", "{who} asks that {stream} of {partner} go live."


class Moved(Enum):
    """What staff did: a subject, and what follows from it for the partner."""

    APPROVED = (
        "{stream} is approved",
        (
            "Our staff approved {stream}. Build it now: from here on its events go to your"
            " customers’ own Segment sources."
        ),
    )
    SENT_BACK = (
        "{stream} is sent back",
        (
            "Our staff want something changed before they approve {stream}. Change it, and"
            " submit it again."
        ),
    )
    LIVE = "{stream} is live", "Our staff set {stream} live."
    NOT_YET = (
        "{stream} does not go live yet",
        (
            "Our staff want something more before {stream} goes live. Ask again once it is"
            " there."
        ),
    )
    SUSPENDED = (
        "{stream} is suspended",
        (
            "Our staff suspended {stream}. Its events are kept, and none but those of tests"
            " are sent, until our staff resume it."
        ),
    )
    RESUMED = (
        "{stream} is resumed",
        ("Our staff resumed {stream}. It is as it was before."),
    )


def tell_staff(
    stream: Stream, origin: str, what: Waits, *, actor: User | None, text: str
) -> None:
    """Send them the link to the review. `origin` is empty, or nobody is named: to nobody."""
    link = reverse("admin:streams_stream_review", args=[stream.pk])
    names = {"partner": str(stream.partner), "who": str(actor or "The portal itself")}
    if origin:
        _send_later(stream, settings.REVIEW_EMAIL, what, names, text, origin + link)


def tell_partner(stream: Stream, origin: str, what: Moved, *, text: str = "") -> None:
    """Send the partner's admins the link to the way to live; `text` is what staff wrote.

    `origin` is empty: to nobody.
    """
    if not origin:
        return
    names = (stream.partner.slug, stream.slug)
    link = origin + reverse("portal:partner-stream-way", args=names)
    admins = User.objects.filter(
        is_active=True,
        partner_memberships__partner=stream.partner_id,
        partner_memberships__role=PartnerMembership.Role.ADMIN,
    )
    to = list(admins.order_by("pk").values_list("email", flat=True))
    said = f"They write:\n\n{text.strip()}" if text.strip() else ""
    answers = settings.REVIEW_EMAIL
    _send_later(stream, to, what, {}, said, link, reply_to=answers)


def _send_later(
    stream: Stream,
    to: Sequence[str],
    what: Waits | Moved,
    names: dict[str, str],
    text: str,
    link: str,
    reply_to: Sequence[str] = (),
) -> None:
    subject, sentence = (part.format(stream=stream, **names) for part in what.value)
    parts = [sentence, text.strip(), link]
    body = "\n\n".join(filter(None, parts)) + "\n"
    mail = message(subject, body, to, reply_to=reply_to)
    about = f"review.{what.name.lower()}"
    if to:
        transaction.on_commit(lambda: send(mail, about=about))
