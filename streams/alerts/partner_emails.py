"""The email to a partner about all open alerts of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.alerts.email_layout import EmailContent, at, email_with
from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import unacknowledged
from streams.alerts.roll_up import covered
from streams.alerts.texts import (
    CUSTOMERS_PAGE,
    NO_WORKSPACE,
    PARTNER_PAGES,
    PARTNER_REASONS,
    PARTNER_RECOVERED,
    PARTNER_SENTENCES,
    PARTNER_STREAM_PAGES,
    partner_subject_of,
)
from streams.base.public_urls import portal_url
from streams.base.text.validation import one_line

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from django_stubs_ext import StrOrPromise

Condition = Alert.Condition
NAMED = 20  # workspaces


def title_for_partner(notice: Notice) -> str:
    """Return what a notice to a partner said when it was sent, as the subject of its email."""
    alert = notice.about
    stream = _names(alert)[1]
    if notice.transition == Notice.Transition.CLOSED:
        return _recovered_title(alert, stream)
    title = _title(alert, notice.alerts, stream)
    if notice.transition == Notice.Transition.REMIND:
        return _("Still open: %(alert)s") % {"alert": title}
    return title


def partner_email_of(notice: Notice) -> EmailMessage:
    """Return the email to an admin of the partner, with the alerts that are open now."""
    if notice.transition == Notice.Transition.CLOSED:
        return _recovered(notice)
    alert = notice.about
    partner = _names(alert)[0]
    alerts = covered(notice)
    if notice.transition == Notice.Transition.REMIND:
        alerts = unacknowledged(alerts, notice.audience)
    notice.alerts = count = alerts.count()
    oldest = list(alerts[:NAMED])
    facts = [(_("Since"), at(oldest[0].since if oldest else alert.since))]
    if reason := reason_for_partner(notice):
        label = str(PARTNER_REASONS.get(alert.condition, _("Reason")))
        facts.insert(0, (label, one_line(reason)))
    if names := [one_line(one.workspace.name) for one in oldest if one.workspace]:
        label = _("First of them") if count > NAMED else _("Names")
        facts.append((_("Workspaces"), str(intcomma(count))))
        facts.append((label, ", ".join(names)))
    return email_with(
        EmailContent(
            title=title_for_partner(notice),
            sentences=[str(PARTNER_SENTENCES[alert.condition])],
            facts=facts,
            link_label=_link_label(alert),
            link=_link(alert),
            place=partner,
        ),
        notice,
    )


def _recovered(notice: Notice) -> EmailMessage:
    alert = notice.about
    partner, stream = _names(alert)
    names = {"stream": stream}
    over = PARTNER_RECOVERED.get(alert.condition, NO_WORKSPACE)
    since = (_("Since"), at(alert.since))
    ended = [(_("Until"), at(notice.due_at))]
    return email_with(
        EmailContent(
            title=_recovered_title(alert, stream),
            sentences=[str(over % names)],
            facts=[since, *ended],
            link_label=_link_label(alert),
            link=_link(alert),
            place=partner,
        ),
        notice,
    )


def reason_for_partner(notice: Notice) -> str:
    """Return the reason, unless each workspace has its own.

    It is the operator's, or the sentences about up to NAMED tokens.
    """
    alert = notice.about
    if alert.condition in PARTNER_REASONS:
        return " ".join(one.reason for one in covered(notice)[:NAMED])
    return alert.reason if alert.condition == Condition.HALTED else ""


def partner_page(alert: Alert) -> str:
    """Return the path of the page that shows the alert's subjects; empty without a partner."""
    if alert.partner is None:
        return ""
    page, args = partner_page_name(alert), [alert.partner.slug]
    if alert.condition in PARTNER_STREAM_PAGES and alert.stream:
        args.append(alert.stream.slug)
    return reverse(f"portal:{page}", args=args)


def partner_page_of_one(alert: Alert) -> str:
    """Return the path of the page about one alert: a customer's is about its workspace."""
    if alert.partner is None:
        return ""
    if alert.workspace is None or partner_page_name(alert) != CUSTOMERS_PAGE[1]:
        return partner_page(alert)
    args = [alert.partner.slug, alert.workspace.public_id]
    return reverse("portal:partner-workspace", args=args)


def partner_page_name(alert: Alert) -> str:
    """Return the name of the page that shows the alert's subjects."""
    return _page(alert)[1]


def _page(alert: Alert) -> tuple[StrOrPromise, str]:
    """Return the label and the name of the page."""
    if alert.condition in PARTNER_STREAM_PAGES and alert.stream:
        return PARTNER_STREAM_PAGES[alert.condition]
    return PARTNER_PAGES.get(alert.condition, CUSTOMERS_PAGE)


def _link_label(alert: Alert) -> str:
    return str(_page(alert)[0])


def _link(alert: Alert) -> str:
    origin, page = portal_url(), partner_page(alert)
    return origin + page if origin and page else ""


def _names(alert: Alert) -> tuple[str, str]:
    """Return the names of its partner and its stream."""
    partner, stream = alert.partner, alert.stream
    return one_line(partner.name if partner else ""), one_line(
        stream.name if stream else ""
    )


def _recovered_title(alert: Alert, stream: str) -> str:
    opened = partner_subject_of(alert, stream)
    return _("Recovered: %(alert)s") % {"alert": opened}


def _title(alert: Alert, count: int, stream: str) -> str:
    if alert.condition == Condition.ATTENTION:
        text = ngettext(
            "Delivery stopped for %(count)s workspace: %(stream)s",
            "Delivery stopped for %(count)s workspaces: %(stream)s",
            count,
        )
    elif alert.condition == Condition.RETRYING:
        text = ngettext(
            "Segment isn't accepting events of %(count)s workspace: %(stream)s",
            "Segment isn't accepting events of %(count)s workspaces: %(stream)s",
            count,
        )
    elif alert.condition == Condition.LATE:
        text = ngettext(
            "Events of %(count)s workspace are delivered late: %(stream)s",
            "Events of %(count)s workspaces are delivered late: %(stream)s",
            count,
        )
    else:
        return partner_subject_of(alert, stream)
    return text % {"count": intcomma(count), "stream": stream}
