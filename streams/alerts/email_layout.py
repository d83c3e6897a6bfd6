"""The layout of all emails about alerts, and the headers that keep them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats
from django.utils.translation import gettext as _

from streams.alerts.models import Notice
from streams.base.email import message

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


def email_with(content: EmailContent, notice: Notice) -> EmailMessage:
    """Return the email of a notice. Its ID is the same in every attempt."""
    context = {"content": content}
    return message(
        content.title,
        render_to_string("alerts/notice.txt", context),
        [notice.recipient.email],
        html=render_to_string("alerts/notice.html", context),
        headers=_headers(notice),
    )


def at(moment: datetime) -> str:
    """Format a time. The recipient's time zone isn't known."""
    return _("%(time)s UTC") % {"time": formats.date_format(moment, "j F Y, H:i")}


def _headers(notice: Notice) -> dict[str, str]:
    first = _message_id(notice, Notice.Transition.OPENED)
    headers = {
        "Message-ID": _message_id(notice, notice.transition),
        "Auto-Submitted": "auto-generated",
    }
    if notice.transition == Notice.Transition.CLOSED:
        headers |= {"In-Reply-To": first, "References": first}
    return headers


def _message_id(notice: Notice, transition: str) -> str:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    name = f"{notice.audience}.{notice.alert_id}.{notice.recipient_id}.{transition}"
    return f"<alert.{name}@{domain}>"
