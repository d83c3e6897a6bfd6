"""The email of a digest: all alerts of its period, in all places of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.alerts.email_layout import DigestContent, DigestEntry, at, digest_with
from streams.alerts.emails import page_of, title_of
from streams.alerts.models import Notice
from streams.alerts.operators import operator_page
from streams.alerts.partner_emails import (
    partner_page,
    reason_for_partner,
    title_for_partner,
)
from streams.alerts.queries import NEWS
from streams.alerts.roll_up import covered
from streams.base.public_urls import portal_url
from streams.base.text.validation import one_line

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

PARTNER = Notice.Audience.PARTNER


def digest_email_of(notices: list[Notice]) -> EmailMessage:
    """Return the email about notices to one person whose digests end at the same time."""
    # The start and the end of an alert are one entry.
    by_alert = {(one.audience, one.alert_id): one for one in reversed(notices)}
    entries = [_entry(one) for one in reversed(by_alert.values())]
    count = sum(one.alerts for one in by_alert.values())
    title = ngettext(
        "Alert digest: %(count)s alert", "Alert digest: %(count)s alerts", count
    )
    content = DigestContent(title=title % {"count": count}, entries=entries)
    return digest_with(content, notices[0])


def _entry(notice: Notice) -> DigestEntry:
    alert = notice.about
    if notice.audience == Notice.Audience.OPERATOR:
        return _operator_entry(notice)
    is_of_partner = notice.audience == PARTNER
    place = alert.partner if is_of_partner else alert.workspace
    origin = portal_url()
    page = partner_page(alert) if is_of_partner else page_of(alert)
    return DigestEntry(
        place=one_line(str(place or "")),
        title=title_for_partner(notice) if is_of_partner else title_of(alert),
        reason=reason_for_partner(notice) if is_of_partner else alert.reason,
        times=_times_of_partner(notice) if is_of_partner else _times(notice),
        link=origin + page if origin and page else "",
    )


def _operator_entry(notice: Notice) -> DigestEntry:
    alert, origin = notice.about, portal_url()
    page = operator_page(alert)
    return DigestEntry(
        place=_("The portal"),
        title=str(alert.get_condition_display()),
        reason=alert.reason,
        times=_times(notice),
        link=origin + page if origin else "",
    )


def _times(notice: Notice) -> str:
    alert = notice.about
    if alert.condition in NEWS:
        return at(alert.since)
    until = alert.calm_since or alert.closed_at
    if alert.closed_at is None or until is None:
        return _("Open since %(since)s") % {"since": at(alert.since)}
    times = {"since": at(alert.since), "until": at(until)}
    if alert.recovered:
        return _("From %(since)s to %(until)s, recovered") % times
    return _("From %(since)s to %(until)s") % times


def _times_of_partner(notice: Notice) -> str:
    if notice.transition == Notice.Transition.CLOSED:
        return _("Until %(until)s") % {
            "until": at(notice.about.closed_at or notice.due_at)
        }
    still_open = covered(notice).open().count()
    text = ngettext(
        "Since %(since)s, %(count)s of them is still open",
        "Since %(since)s, %(count)s of them are still open",
        still_open,
    )
    return text % {"since": at(notice.about.since), "count": still_open}
