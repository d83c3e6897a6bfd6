"""The email of a notice: what happened, since when, how much is queued, and one link."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.translation import gettext as _

from streams.alerts.email_layout import EmailContent, at, email_with
from streams.alerts.models import Alert, Notice
from streams.alerts.queries import NEWS
from streams.alerts.texts import (
    COUNTS,
    DELIVERED_AGAIN,
    FOR_VIEWERS,
    PAGES,
    RECOVERED,
    SENTENCES,
    STATUS_PAGE,
    subject_of,
)
from streams.base.public_urls import portal_url
from streams.base.text.validation import one_line
from streams.delivery.connection.queue_facts import oldest_queued_at
from streams.delivery.models import Cursor
from streams.delivery.segment.responses import says_key_rejected

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

Condition = Alert.Condition


def title_of(alert: Alert) -> str:
    """Return what an alert is about, as the subject of its email says it."""
    return subject_of(alert, _names(alert))


def sentence_of(alert: Alert) -> str:
    """Return what an alert of a workspace means, and whether someone must act."""
    return str(SENTENCES[alert.condition] % _names(alert))


def page_of(alert: Alert, *, can_edit: bool = True) -> str:
    """Return the path of the page that fixes an alert, or shows that it is over.

    Empty if the alert isn't about a stream of a workspace.
    """
    return _path(alert, page_name(alert, can_edit=can_edit))


def page_name(alert: Alert, *, can_edit: bool) -> str:
    """Return the name of that page. Without `can_edit`, it is one that viewers may see."""
    if alert.closed_at and alert.condition not in NEWS:
        return "overview"
    page = _fix(alert)[1]
    return page if can_edit else FOR_VIEWERS.get(page, page)


def email_of(notice: Notice) -> EmailMessage:
    """Return the email to an admin of the workspace, as of now."""
    alert = notice.about
    names = _names(alert)
    if notice.transition == Notice.Transition.CLOSED:
        return email_with(_recovered(alert, names), notice)
    content = _opened(alert, names)
    if notice.transition == Notice.Transition.REMIND:
        content = replace(content, title=reminder_of(alert))
    return email_with(content, notice)


def reminder_of(alert: Alert) -> str:
    """Return what a reminder of an open alert says."""
    return _("Still open: %(alert)s") % {"alert": title_of(alert)}


def _opened(alert: Alert, names: dict[str, str]) -> EmailContent:
    label, page = _fix(alert)
    sentences = [alert.reason, sentence_of(alert)]
    return EmailContent(
        title=subject_of(alert, names),
        sentences=[sentence for sentence in sentences if sentence],
        facts=[(_("Since"), at(alert.since)), *_queue(alert)],
        link_label=label,
        link=_link(alert, page),
        place=names["workspace"],
    )


def _recovered(alert: Alert, names: dict[str, str]) -> EmailContent:
    over = str(RECOVERED.get(alert.condition, DELIVERED_AGAIN))
    until = alert.calm_since or alert.closed_at
    ended = [(_("Until"), at(until))] if until else []
    return EmailContent(
        title=_("Recovered: %(alert)s") % {"alert": subject_of(alert, names)},
        sentences=[over % names],
        facts=[(_("Since"), at(alert.since)), *ended],
        link_label=_("View status"),
        link=_link(alert, "overview"),
        place=names["workspace"],
    )


def _fix(alert: Alert) -> tuple[str, str]:
    """Return the label and the name of the page where someone can fix it."""
    if alert.condition != Condition.ATTENTION:
        label, page = PAGES.get(alert.condition, STATUS_PAGE)
        return str(label), page
    if says_key_rejected(alert.reason):
        return _("Replace write key"), "connection-change"
    return _("Fix connection"), "connection"


def _queue(alert: Alert) -> list[tuple[str, str]]:
    """Return how many events it is about, or are queued now; and when the oldest expires."""
    if alert.condition in COUNTS:
        count = alert.count or 0
        return [(str(COUNTS[alert.condition]), str(intcomma(count)))]
    live = Cursor.objects.filter(connection=alert.connection_id, kind=Cursor.Kind.LIVE)
    cursor = live.select_related("feed__stream").first()
    if cursor is None or cursor.feed.head_seq <= cursor.position:
        return [(_("Queued events"), "0")]
    count = cursor.feed.head_seq - cursor.position
    facts = [(_("Queued events"), str(intcomma(count)))]
    if oldest := oldest_queued_at(cursor):
        until = cursor.feed.stream.retention.kept_until(oldest)
        facts.append((_("The oldest expires"), at(until)))
    return facts


def _names(alert: Alert) -> dict[str, str]:
    return {
        "stream": one_line(alert.stream.name if alert.stream else ""),
        "workspace": one_line(alert.workspace.name if alert.workspace else ""),
    }


def _link(alert: Alert, page: str) -> str:
    origin, path = portal_url(), _path(alert, page)
    return origin + path if origin and path else ""


def _path(alert: Alert, page: str) -> str:
    if alert.workspace is None or alert.stream is None:
        return ""
    path = reverse(f"portal:{page}", args=[alert.workspace.public_id])
    return f"{path}?stream={alert.stream.slug}"
