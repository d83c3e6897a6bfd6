"""The words of notices without an alert: tests, and endpoints that were disabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from streams.alerts.email_layout import EmailContent, email_with
from streams.alerts.models import Notice
from streams.base.public_urls import portal_url
from streams.base.text.validation import one_line

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

GONE = Notice.Transition.GONE


def other_title_of(notice: Notice) -> str:
    """Return what a notice says, as the subject of its email."""
    place = {"place": _place(notice)}
    if notice.transition == GONE:
        return _("Webhook endpoint disabled: %(place)s") % place
    return _("Test notice: %(place)s") % place


def other_sentence_of(notice: Notice) -> str:
    """Return what happened, or what a test is for."""
    if notice.transition == GONE:
        endpoint = {"url": one_line(str(notice.endpoint or ""))}
        return _("%(url)s responded 410 Gone, so it gets no more messages.") % endpoint
    return _("This is a test. Notices about alerts arrive here.")


def other_page_of(notice: Notice) -> str:
    """Return the path of the page of the endpoint, or from which the test was sent."""
    if notice.transition == GONE:
        return _endpoint_page(notice)
    if notice.audience == Notice.Audience.OPERATOR:
        return reverse("admin:notifications")
    if notice.partner:
        return reverse("portal:notifications-partner", args=[notice.partner.slug])
    if notice.workspace:
        place = notice.workspace.public_id
        return reverse("portal:notifications-workspace", args=[place])
    return ""


def other_email_of(notice: Notice) -> EmailMessage:
    """Return the email. It has no link if this portal doesn't know its address."""
    origin, page = portal_url(), other_page_of(notice)
    sentences, label = [other_sentence_of(notice)], _("View notifications")
    if notice.transition == GONE:
        sentences.append(_("If that is wrong, enable it again on its page."))
        label = _("View endpoint")
    content = EmailContent(
        title=other_title_of(notice),
        sentences=sentences,
        facts=[],
        link_label=label,
        link=origin + page if origin and page else "",
        place=_place(notice),
    )
    return email_with(content, notice)


def _endpoint_page(notice: Notice) -> str:
    if notice.endpoint is None:
        return ""
    one = notice.endpoint.public_id
    if notice.partner:
        return reverse("portal:partner-webhook", args=[notice.partner.slug, one])
    if notice.workspace:
        return reverse("portal:webhook", args=[notice.workspace.public_id, one])
    return ""


def _place(notice: Notice) -> str:
    if notice.audience == Notice.Audience.OPERATOR:
        return _("the portal")
    return one_line(str(notice.partner or notice.workspace or ""))
