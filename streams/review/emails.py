"""Emails about a stream's launch: requests to the reviewers, decisions to the partner.

An email is sent after the move is committed. A failure is logged as an error and undoes
nothing; the pages show the stage in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.base.email import message, send
from streams.tenancy.models import PartnerMembership, User

if TYPE_CHECKING:
    from streams.catalog.models import Stream


class ReviewRequestEmail(Enum):
    """Requests to the reviewers: a subject and a sentence."""

    SUBMITTED = (
        gettext_lazy("%(stream)s is waiting for approval"),
        gettext_lazy("%(who)s submitted the stream %(stream)s of %(partner)s."),
    )
    LIVE = (
        gettext_lazy("%(stream)s is waiting for launch"),
        gettext_lazy(
            "%(who)s requested the launch of the stream %(stream)s of %(partner)s."
        ),
    )


class DecisionEmail(Enum):
    """Decisions of the operator: a subject, and the consequence for the partner."""

    APPROVED = (
        gettext_lazy("%(stream)s is approved"),
        gettext_lazy(
            "Your stream %(stream)s is approved. You can build it now. From this stage on,"
            " its events go to your customers' own Segment sources."
        ),
    )
    SENT_BACK = (
        gettext_lazy("%(stream)s needs changes"),
        gettext_lazy(
            "Your stream %(stream)s needs changes before it can be approved. Make the"
            " changes, and submit the stream again."
        ),
    )
    LIVE = (
        gettext_lazy("%(stream)s is live"),
        gettext_lazy("Your stream %(stream)s is live."),
    )
    NOT_YET = (
        gettext_lazy("%(stream)s isn't ready to go live yet"),
        gettext_lazy(
            "Your launch request for %(stream)s was declined. When you have fixed what is"
            " missing, request the launch again."
        ),
    )
    SUSPENDED = (
        gettext_lazy("%(stream)s is suspended"),
        gettext_lazy(
            "The operator suspended your stream %(stream)s. While it is suspended, only"
            " test events are delivered. All other events are queued."
        ),
    )
    RESUMED = (
        gettext_lazy("%(stream)s is resumed"),
        gettext_lazy(
            "The operator resumed your stream %(stream)s. It is back in its previous stage."
        ),
    )


def email_reviewers(
    stream: Stream,
    origin: str,
    what: ReviewRequestEmail,
    *,
    actor: User | None,
    text: str,
) -> None:
    """Email the link to the review; nothing if `origin` or REVIEW_EMAIL is empty."""
    link = reverse("admin:streams_stream_review", args=[stream.pk])
    names = {"partner": str(stream.partner), "who": str(actor or _("The portal"))}
    if origin:
        _send_later(stream, settings.REVIEW_EMAIL, what, names, text, origin + link)


def email_partner(
    stream: Stream, origin: str, what: DecisionEmail, *, text: str = ""
) -> None:
    """Email the partner's admins the link to the launch checklist; nothing if `origin` is empty.

    `text` is the operator's comment.
    """
    if not origin:
        return
    names = (stream.partner.slug, stream.slug)
    link = origin + reverse("portal:partner-stream-launch", args=names)
    admins = User.objects.filter(
        is_active=True,
        partner_memberships__partner=stream.partner_id,
        partner_memberships__role=PartnerMembership.Role.ADMIN,
    )
    to = list(admins.order_by("pk").values_list("email", flat=True))
    comment = text.strip()
    said = (
        _("Message from the operator:\n\n%(comment)s") % {"comment": comment}
        if comment
        else ""
    )
    _send_later(stream, to, what, {}, said, link, reply_to=settings.REVIEW_EMAIL)


def _send_later(
    stream: Stream,
    to: Sequence[str],
    what: ReviewRequestEmail | DecisionEmail,
    names: dict[str, str],
    text: str,
    link: str,
    reply_to: Sequence[str] = (),
) -> None:
    values = {"stream": stream, **names}
    subject, sentence = (str(part % values) for part in what.value)
    parts = [sentence, text.strip(), link]
    body = "\n\n".join(filter(None, parts)) + "\n"
    email = message(subject, body, to, reply_to=reply_to)
    about = f"review.{what.name.lower()}"
    if to:
        transaction.on_commit(lambda: send(email, about=about))
