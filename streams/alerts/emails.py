"""The email of a notice: what happened, since when, how much is queued, and one link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.alerts.email_layout import EmailContent, at, email_with
from streams.alerts.models import Alert, Notice
from streams.base.public_urls import portal_url
from streams.base.text.validation import one_line
from streams.delivery.connection.queue_facts import oldest_queued_at
from streams.delivery.models import Cursor
from streams.delivery.segment.responses import says_key_rejected

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from django_stubs_ext import StrOrPromise

Condition = Alert.Condition
_SUBJECTS: dict[str, StrOrPromise] = {
    Condition.ATTENTION: gettext_lazy("Delivery stopped: %(stream)s, %(workspace)s"),
    Condition.RETRYING: gettext_lazy(
        "Segment isn't accepting events: %(stream)s, %(workspace)s"
    ),
    Condition.LATE: gettext_lazy(
        "Events are delivered late: %(stream)s, %(workspace)s"
    ),
}
_SENTENCES: dict[str, StrOrPromise] = {
    Condition.ATTENTION: gettext_lazy(
        "Events from %(stream)s are no longer delivered to the Segment source of"
        " %(workspace)s. They stay queued until someone fixes the connection."
    ),
    Condition.RETRYING: gettext_lazy(
        "Attempts to deliver events from %(stream)s to the Segment source of"
        " %(workspace)s fail. The events stay queued, and we keep retrying. You don't"
        " need to do anything."
    ),
    Condition.LATE: gettext_lazy(
        "Events from %(stream)s wait longer than usual before they are delivered to the"
        " Segment source of %(workspace)s. You don't need to do anything."
    ),
}


def title_of(alert: Alert) -> str:
    """Return what an alert is about, as the subject of its email says it."""
    return str(_SUBJECTS[alert.condition] % _names(alert))


def page_of(alert: Alert) -> str:
    """Return the path of the page that fixes an alert, or shows that it is over.

    Empty if the alert isn't about a stream of a workspace.
    """
    return _path(alert, "overview" if alert.closed_at else _fix(alert)[1])


def email_of(notice: Notice) -> EmailMessage:
    """Return the email to an admin of the workspace, as of now."""
    alert = notice.alert
    names = _names(alert)
    is_opened = notice.transition == Notice.Transition.OPENED
    content = _opened(alert, names) if is_opened else _recovered(alert, names)
    return email_with(content, notice)


def _opened(alert: Alert, names: dict[str, str]) -> EmailContent:
    label, page = _fix(alert)
    sentences = [alert.reason, str(_SENTENCES[alert.condition] % names)]
    return EmailContent(
        title=str(_SUBJECTS[alert.condition] % names),
        sentences=[sentence for sentence in sentences if sentence],
        facts=[(_("Since"), at(alert.since)), *_queue(alert)],
        link_label=label,
        link=_link(alert, page),
        place=names["workspace"],
    )


def _recovered(alert: Alert, names: dict[str, str]) -> EmailContent:
    opened = str(_SUBJECTS[alert.condition] % names)
    over = _(
        "Events from %(stream)s are delivered to the Segment source of %(workspace)s"
        " again. Queued events are delivered first, oldest first."
    )
    until = alert.calm_since or alert.closed_at
    ended = [(_("Until"), at(until))] if until else []
    return EmailContent(
        title=_("Recovered: %(alert)s") % {"alert": opened},
        sentences=[over % names],
        facts=[(_("Since"), at(alert.since)), *ended],
        link_label=_("View status"),
        link=_link(alert, "overview"),
        place=names["workspace"],
    )


def _fix(alert: Alert) -> tuple[str, str]:
    """Return the label and the name of the page where someone can fix it."""
    if alert.condition != Condition.ATTENTION:
        return _("View status"), "connection"
    if says_key_rejected(alert.reason):
        return _("Replace write key"), "connection-change"
    return _("Fix connection"), "connection"


def _queue(alert: Alert) -> list[tuple[str, str]]:
    """Return how many events are queued now, and when the oldest would expire."""
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
