"""The email of a test, which a person sends to themselves from the page Notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from streams.alerts.email_layout import EmailContent, email_with
from streams.base.public_urls import portal_url
from streams.base.text.validation import one_line

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

    from streams.alerts.models import Notice


def test_title_of(notice: Notice) -> str:
    """Return what a test says, as the subject of its email."""
    return _("Test notice: %(place)s") % {"place": _place(notice)}


def test_sentence() -> str:
    """Return the sentence that says what a test is for."""
    return _("This is a test. Notices about alerts arrive here.")


def test_page_of(notice: Notice) -> str:
    """Return the path of the page from which the test was sent."""
    if notice.partner:
        return reverse("portal:notifications-partner", args=[notice.partner.slug])
    if notice.workspace:
        place = notice.workspace.public_id
        return reverse("portal:notifications-workspace", args=[place])
    return ""


def test_email_of(notice: Notice) -> EmailMessage:
    """Return the email of a test. It has no link if this portal doesn't know its address."""
    origin, page = portal_url(), test_page_of(notice)
    content = EmailContent(
        title=test_title_of(notice),
        sentences=[test_sentence()],
        facts=[],
        link_label=_("View notifications"),
        link=origin + page if origin and page else "",
        place=_place(notice),
    )
    return email_with(content, notice)


def _place(notice: Notice) -> str:
    return one_line(str(notice.partner or notice.workspace or ""))
