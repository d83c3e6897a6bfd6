"""Notices to operators about alerts of the portal, as each of them chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.alerts.email_layout import EmailContent, at, email_with
from streams.alerts.models import Alert, Notice
from streams.alerts.people.outbox import notice_to, write
from streams.alerts.people.recipients import PORTAL, Route, people_of
from streams.base.public_urls import portal_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from django.core.mail import EmailMessage
    from django_stubs_ext import StrOrPromise

    from streams.alerts.queries import AlertQuerySet

Condition = Alert.Condition
OPENED, CLOSED = Notice.Transition.OPENED, Notice.Transition.CLOSED
REMIND = Notice.Transition.REMIND
OPERATOR = Notice.Audience.OPERATOR
SENTENCES: dict[str, StrOrPromise] = {
    Condition.NOT_READY: gettext_lazy(
        "The health check of this part has failed. The page /readyz says why."
    ),
    Condition.NO_BEAT: gettext_lazy(
        "Beat has started no task for three minutes. Check that it runs, and that workers are"
        " not overloaded. Until then, expired data isn't deleted, and streams wait for their"
        " worker."
    ),
    Condition.MANY_STOPPED: gettext_lazy(
        "Segment refuses the write keys of many connections. Their events stay queued."
    ),
    Condition.RECONCILE: gettext_lazy(
        "The command reconcile found feeds whose ledger doesn't match their rows. Run it again"
        " to see them, and with the problem solved to close this alert."
    ),
}


def write_opened_to_operators(
    alerts: AlertQuerySet, condition: Alert.Condition, now: datetime
) -> None:
    """Write the notices about new alerts of the portal, in their transaction."""
    people = people_of([PORTAL])
    write(
        notice_to(OPENED, alert, PORTAL, route, now)
        for alert in alerts.values_list("pk", flat=True)
        for route in people.routes(PORTAL, condition)
    )


def write_recovered_to_operators(alert_ids: Collection[int], now: datetime) -> None:
    """Write the notices to everyone who got, or will get, one about the start."""
    opened = Notice.objects.filter(
        alert__in=alert_ids, transition=OPENED, audience=OPERATOR, given_up_at=None
    )
    rows = opened.filter(dropped_at=None).values_list(
        "alert", "recipient", "channel", "cadence"
    )
    write(
        notice_to(CLOSED, alert, PORTAL, Route(user, channel, cadence), now)
        for alert, user, channel, cadence in rows
    )


def operator_reminders(alerts: Iterable[Alert], now: datetime) -> Iterator[Notice]:
    """Yield the reminders about alerts of the portal, to be written."""
    found = list(alerts)
    people = people_of([PORTAL] if found else [])
    for alert in found:
        for route in people.routes(PORTAL, alert.condition):
            notice = notice_to(REMIND, alert.pk, PORTAL, route, now)
            notice.alert = alert
            yield notice


def operator_title_of(notice: Notice) -> str:
    """Return what a notice to an operator says, as the subject of its email."""
    title = {"alert": notice.about.get_condition_display()}
    if notice.transition == CLOSED:
        return _("Recovered: %(alert)s") % title
    if notice.transition == REMIND:
        return _("Still open: %(alert)s") % title
    return str(title["alert"])


def operator_email_of(notice: Notice) -> EmailMessage:
    """Return the email to an operator about the start or the end of an alert."""
    alert, origin = notice.about, portal_url()
    is_closed = notice.transition == Notice.Transition.CLOSED
    if is_closed:
        sentences = [_("The portal no longer has this problem.")]
    else:
        sentences = [str(SENTENCES[alert.condition])]
    facts = [(_("Since"), at(alert.since))]
    if alert.reason:
        facts.insert(0, (_("Details"), alert.reason))
    if is_closed and alert.closed_at:
        facts.append((_("Until"), at(alert.calm_since or alert.closed_at)))
    page = operator_page(alert)
    content = EmailContent(
        title=operator_title_of(notice),
        sentences=sentences,
        facts=facts,
        link_label=_("View alert"),
        link=origin + page if origin else "",
        place=_("the portal"),
    )
    return email_with(content, notice)


def operator_page(alert: Alert) -> str:
    """Return the path of the alert in the admin."""
    return reverse("admin:streams_alert_change", args=[alert.pk])
