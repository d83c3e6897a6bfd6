"""The content of a message, as of its first attempt: JSON, or text for Slack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.emails import page_of, title_of
from streams.alerts.models import Alert
from streams.alerts.partner_emails import partner_page
from streams.alerts.texts import COUNTS, PARTNER_REASONS
from streams.alerts.webhooks.models import WebhookMessage
from streams.base.ids import id_named
from streams.base.public_urls import portal_url
from streams.delivery.connection.queue_facts import oldest_queued_at
from streams.delivery.models import Cursor

if TYPE_CHECKING:
    from datetime import datetime

    from streams.alerts.queries import AlertQuerySet
    from streams.catalog.models import Stream
    from streams.connections.models import Connection
    from streams.tenancy.models import Workspace

NAMED = 20  # workspaces
type _Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Content:
    """The content in parts. `data` is for programs; the rest is for people."""

    type: str  # "alert.opened"
    timestamp: datetime
    title: str
    lines: list[str]
    link: str  # empty: this portal doesn't know its own address
    data: _Fields

    def as_json(self) -> str:
        """Return the body of a signed webhook."""
        fields = {
            "type": self.type,
            "timestamp": _iso(self.timestamp),
            "data": self.data,
        }
        return json.dumps(fields, ensure_ascii=False)

    def as_slack(self) -> str:
        """Return the body for Slack. Names can't mention people or contain links."""
        link = f"<{self.link}|{_escaped(_('Open in the portal'))}>"
        lines = [f"*{_escaped(self.title)}*", *map(_escaped, self.lines)]
        text = "\n".join([*lines, link] if self.link else lines)
        return json.dumps({"text": text}, ensure_ascii=False)


def content_of(message: WebhookMessage) -> Content | None:
    """Return the content of a message as of now; None: the message has no reason anymore."""
    alert = message.alert
    if alert is None:
        return _test(message)
    is_opened = message.transition == WebhookMessage.Transition.OPENED
    of_stream = alert.workspace is not None and alert.stream is not None
    if message.endpoint.partner_id is None or not of_stream:
        return _of_one(alert, is_opened=is_opened)
    return _opened_to_partner(alert) if is_opened else _closed_to_partner(alert)


def _test(message: WebhookMessage) -> Content:
    text = _("This is a test. Messages about alerts will arrive here.")
    return Content(
        "webhook.test", message.created_at, _("Test"), [text], portal_url(),
        {"message": text},
    )  # fmt: skip


def _of_one(alert: Alert, *, is_opened: bool) -> Content:
    title, link = _title(alert), _link(alert)
    queue = _queue(alert.connection) if alert.connection else None
    return Content(
        type="alert.opened" if is_opened else "alert.closed",
        timestamp=alert.opened_at if is_opened else alert.closed_at or alert.opened_at,
        title=title if is_opened else _ended(alert, title),
        lines=_lines(alert, queue, is_opened=is_opened),
        link=link,
        data={
            "alert": _alert(alert, is_open=is_opened),
            "workspace": _workspace(alert.workspace) if alert.workspace else None,
            "stream": _stream(alert.stream) if alert.stream else None,
            "queued_events": queue.count if queue else None,
            "oldest_event_expires_at": _iso(queue.expires_at) if queue else None,
            "link": link or None,
        },
    )


def _title(alert: Alert) -> str:
    if alert.workspace and alert.stream:
        return title_of(alert)
    place = alert.stream or alert.workspace or alert.partner
    return f"{alert.get_condition_display()}: {place.name if place else ''}"


def _lines(alert: Alert, queue: _Queue | None, *, is_opened: bool) -> list[str]:
    """Return the reason, and the number of events that it is about, or are queued."""
    lines = [reason] if is_opened and (reason := _reason(alert)) else []
    label, count = _("Queued events"), queue.count if queue else None
    if alert.condition in COUNTS:
        label, count = str(COUNTS[alert.condition]), alert.count
    if count is not None:
        number = {"label": label, "count": intcomma(count)}
        lines.append(_("%(label)s: %(count)s") % number)
    return lines


def _opened_to_partner(alert: Alert) -> Content | None:
    alerts = _open_alerts(alert)
    count = alerts.count()
    oldest = list(alerts[:NAMED])
    if count < (BY_CONDITION[Alert.Condition(alert.condition)].partner_from or 1):
        return None
    named = [one.workspace for one in oldest if one.workspace]
    names = ", ".join(one.name for one in named)
    lines = [
        ngettext("%(count)s workspace", "%(count)s workspaces", count)
        % {"count": intcomma(count)},
        names if count <= NAMED else f"{names} …",
    ]
    return _to_partner(
        alert,
        is_open=True,
        timestamp=alert.opened_at,
        lines=lines,
        workspaces={"count": count, "first": [_workspace(one) for one in named]},
    )


def _closed_to_partner(alert: Alert) -> Content:
    return _to_partner(
        alert,
        is_open=False,
        timestamp=alert.closed_at or alert.opened_at,
        lines=[_("No workspace has this problem anymore.")],
        workspaces={"count": 0, "first": []},
    )


def _to_partner(
    alert: Alert,
    *,
    is_open: bool,
    timestamp: datetime,
    lines: list[str],
    workspaces: _Fields,
) -> Content:
    stream = alert.stream
    title = f"{alert.get_condition_display()}: {stream.name if stream else ''}"
    link = _url("partner", stream.partner.slug) if stream else ""
    fields = {
        "condition": alert.condition,
        "title": str(alert.get_condition_display()),
        "since": _iso(alert.since) if is_open else None,
    }
    return Content(
        type="alert.opened" if is_open else "alert.closed",
        timestamp=timestamp,
        title=title if is_open else _("Recovered: %(alert)s") % {"alert": title},
        lines=lines,
        link=link,
        data={
            "alert": fields,
            "stream": _stream(stream) if stream else None,
            "workspaces": workspaces,
            "link": link or None,
        },
    )


def _open_alerts(alert: Alert) -> AlertQuerySet:
    """Return the open alerts of a stream since this one opened, the oldest first."""
    same = (
        Alert.objects.open()
        .of_customers()
        .filter(
            condition=alert.condition,
            stream=alert.stream_id,
            opened_at__gte=alert.opened_at,
        )
    )
    return same.select_related("workspace").order_by("since", "pk")


def _alert(alert: Alert, *, is_open: bool) -> _Fields:
    return {
        "id": id_named(f"alert:{alert.pk}"),
        "condition": alert.condition,
        "title": str(alert.get_condition_display()),
        "reason": _reason(alert) if is_open else alert.reason,
        "since": _iso(alert.since),
        "until": None if is_open else _iso(alert.calm_since or alert.closed_at),
        "recovered": not is_open and alert.recovered,
        "count": alert.count,
    }


def _reason(alert: Alert) -> str:
    """Return the alert's reason, or those of all open alerts of which a partner is notified."""
    if alert.condition in PARTNER_REASONS and alert.workspace is None:
        return " ".join(one.reason for one in _open_alerts(alert)[:NAMED])
    return alert.reason


def _workspace(workspace: Workspace) -> _Fields:
    return {
        "id": workspace.public_id,
        "external_id": workspace.external_id,
        "name": workspace.name,
    }


def _stream(stream: Stream) -> _Fields:
    return {"id": stream.slug, "name": stream.name}


def _ended(alert: Alert, title: str) -> str:
    text = _("Recovered: %(alert)s") if alert.recovered else _("Ended: %(alert)s")
    return text % {"alert": title}


@dataclass(frozen=True, slots=True)
class _Queue:
    """How many events are queued now, and when the oldest would expire."""

    count: int
    expires_at: datetime | None


def _queue(connection: Connection) -> _Queue:
    live = Cursor.objects.filter(connection=connection, kind=Cursor.Kind.LIVE)
    cursor = live.select_related("feed__stream").first()
    count = cursor.feed.head_seq - cursor.position if cursor else 0
    oldest = oldest_queued_at(cursor) if cursor and count else None
    if cursor is None or oldest is None:
        return _Queue(count, None)
    return _Queue(count, cursor.feed.stream.retention.kept_until(oldest))


def _link(alert: Alert) -> str:
    """Return the URL of the page where someone can fix it, or see that it is over."""
    origin, path = portal_url(), page_of(alert)
    if origin and path:
        return origin + path
    return origin + partner_page(alert) if origin else ""


def _url(page: str, place: str) -> str:
    origin = portal_url()
    return origin + reverse(f"portal:{page}", args=[place]) if origin else ""


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat('T', 'seconds')}Z"


def _escaped(text: str) -> str:
    """Escape the characters that control Slack's text."""
    text = " ".join(text.split())
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
