"""The layout of all emails about alerts, and the headers that keep them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from streams.alerts.models import Notice
from streams.alerts.people.recipients import PORTAL, partner, workspace
from streams.alerts.people.unsubscribing import DIGESTS, scope_of, unsubscribe_token
from streams.base.email import message
from streams.base.public_urls import portal_url

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.mail import EmailMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailContent:
    """The content of both versions of the email."""

    title: str
    sentences: list[str]
    facts: list[tuple[str, str]]  # a label and a value
    link_label: str
    link: str  # empty: this portal doesn't know its own address
    place: str  # whose admin the recipient is


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEntry:
    """An alert in a digest."""

    place: str  # the workspace or the partner
    title: str
    reason: str
    times: str
    link: str  # empty: this portal doesn't know its own address


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestContent:
    """The content of both versions of a digest."""

    title: str
    entries: list[DigestEntry]


def digest_with(content: DigestContent, notice: Notice) -> EmailMessage:
    """Return the email of a digest, of which a notice is part. Its ID is always the same."""
    assert notice.digest_end is not None  # noqa: S101 - the caller has checked it
    links = _links(notice, DIGESTS)
    context = {"content": content, "links": links}
    name = f"digest.{notice.recipient_id}.{int(notice.digest_end.timestamp())}"
    return message(
        content.title,
        render_to_string("alerts/digest.txt", context),
        [notice.recipient.email],
        html=render_to_string("alerts/digest.html", context),
        headers={"Message-ID": f"<alert.{name}@{_domain()}>", **_common(links)},
    )


def email_with(content: EmailContent, notice: Notice) -> EmailMessage:
    """Return the email of a notice. Its ID is the same in every attempt."""
    links = _links(notice, _scope(notice))
    context = {"content": content, "links": links}
    return message(
        content.title,
        render_to_string("alerts/notice.txt", context),
        [notice.recipient.email],
        html=render_to_string("alerts/notice.html", context),
        headers=_headers(notice) | _common(links),
    )


def at(moment: datetime) -> str:
    """Format a time in the recipient's time zone, which sending.py activates."""
    local = timezone.localtime(moment)
    return _("%(time)s %(zone)s") % {
        "time": formats.date_format(local, "j F Y, H:i"),
        "zone": f"{local:%Z}",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where the recipient changes what they get. Empty without an own address."""

    choices: str
    unsubscribe: str


NO_LINKS = Links(choices="", unsubscribe="")


def _links(notice: Notice, scope: str) -> Links:
    origin = portal_url()
    if not origin:
        return NO_LINKS
    token = unsubscribe_token(notice.recipient, scope)
    is_operator = notice.audience == Notice.Audience.OPERATOR
    page = "admin:notifications" if is_operator else "portal:notifications"
    return Links(
        choices=origin + reverse(page),
        unsubscribe=origin + reverse("portal:unsubscribe", args=[token]),
    )


def _scope(notice: Notice) -> str:
    if notice.audience == Notice.Audience.OPERATOR:
        return scope_of(PORTAL)
    of_partner = notice.audience == Notice.Audience.PARTNER
    # The previous version writes no place.
    pk = notice.partner_id if of_partner else notice.workspace_id
    if pk is None:
        alert = notice.about
        pk = alert.partner_id if of_partner else alert.workspace_id
    return scope_of(partner(pk or 0) if of_partner else workspace(pk or 0))


def _common(links: Links) -> dict[str, str]:
    """Return the headers of every email. One-click unsubscription requires HTTPS (RFC 8058)."""
    headers = {"Auto-Submitted": "auto-generated"}
    if links.unsubscribe:
        headers["List-Unsubscribe"] = f"<{links.unsubscribe}>"
    if links.unsubscribe.startswith("https:"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _headers(notice: Notice) -> dict[str, str]:
    if notice.alert_id is None:
        name = f"{notice.transition}.{notice.pk}"
        return {"Message-ID": f"<alert.{name}@{_domain()}>"}
    first = _message_id(notice, Notice.Transition.OPENED)
    headers = {"Message-ID": _message_id(notice, notice.transition)}
    if notice.transition != Notice.Transition.OPENED:
        headers |= {"In-Reply-To": first, "References": first}
    return headers


def _message_id(notice: Notice, transition: str) -> str:
    name = f"{notice.audience}.{notice.alert_id}.{notice.recipient_id}.{transition}"
    if transition == Notice.Transition.REMIND:
        name += str(notice.number)
    return f"<alert.{name}@{_domain()}>"


def _domain() -> str:
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].rstrip("> ")
