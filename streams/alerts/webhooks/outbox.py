"""Write the messages to endpoints, in the transaction that opens or closes their alerts.

A workspace's endpoints get one message for each alert, and a partner's one for each alert
about the partner, such as its tokens. A partner's endpoints also get one about all alerts of a stream that open around the same time: until it is sent, later alerts need
no other one, and the next is sent an hour later at the earliest. Alerts that continue a
burst need none. They get another one when the stream's last alert has closed.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, Max, OuterRef, Q

from streams.alerts.models import Alert
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.catalog.models import Stream

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from streams.alerts.queries import AlertQuerySet

TRIED_FOR = timedelta(days=1)
AT_MOST_EVERY = timedelta(hours=1)
TOGETHER = timedelta(minutes=2)  # at most, between two alerts of a burst
_STREAM = "alert__stream"

OPENED = WebhookMessage.Transition.OPENED
CLOSED = WebhookMessage.Transition.CLOSED
# Messages about one alert each; those of partners are usually about a stream's.
_ALONE = Q(endpoint__partner=None) | Q(alert__stream=None)
# The stream, the partner, and an ID of one of its alerts.
type _Streams = dict[tuple[int, int], int]


def add_opened(
    condition: str,
    opened: AlertQuerySet,
    now: datetime,
    *,
    waits: timedelta,
    partner_waits: timedelta | None,
) -> None:
    """Write the messages about new alerts of a condition, which wait that long.

    `partner_waits` is None if alerts of streams are only for the admins of workspaces.
    """
    due = now + waits
    of_partners = opened.filter(workspace=None, stream=None)
    for owner, alerts in (("workspace", opened), ("partner", of_partners)):
        rows = list(alerts.order_by("pk").values_list("pk", owner))
        endpoints = _by_owner(owner, {place for _, place in rows if place}, condition)
        _write(
            OPENED,
            [(pk, to, due) for pk, place in rows for to in endpoints.get(place, ())],
        )
    if partner_waits is not None:
        _write(OPENED, _to_partners(condition, opened, now, partner_waits))


def drop_waiting(alert_ids: Collection[int], now: datetime) -> None:
    """Drop messages about alerts that ended before they were due."""
    waiting = WebhookMessage.objects.unfinished().filter(
        alert__in=alert_ids, transition=OPENED, attempts=0, due_at__gt=now
    )
    waiting.filter(_ALONE).update(dropped_at=now)


def add_closed(
    condition: str, closed: AlertQuerySet, now: datetime, *, is_news: bool
) -> None:
    """Write the messages about the end of alerts, to all who get one about their start.

    If the end isn't news, only to programs, which may keep a list of open alerts.
    """
    opened = WebhookMessage.objects.filter(
        _ALONE,
        _listeners(is_news=is_news),
        alert__in=closed,
        transition=OPENED,
        dropped_at=None,
        endpoint__gone_at=None,
    )
    rows = opened.order_by("pk").values_list("alert", "endpoint")
    _write(CLOSED, [(alert, endpoint, now) for alert, endpoint in rows])
    streams = _streams(closed.order_by("pk"))  # with the last alert of each
    if not _used("partner", {partner for _, partner in streams}):
        return
    _lock(streams)
    still = (
        Alert.objects.open()
        .of_customers()
        .filter(
            condition=condition,
            stream__in=[stream for stream, _ in streams],
        )
    )
    failing = set(still.order_by().values_list("stream", flat=True))
    over = {stream: alert for (stream, _), alert in streams.items()}
    for stream in over.keys() - failing:
        ended = _told(condition, stream, _listeners(is_news=is_news))
        _write(CLOSED, [(over[stream], endpoint, now) for endpoint in ended])


def _streams(alerts: AlertQuerySet) -> _Streams:
    own = alerts.of_customers().exclude(stream=None)
    rows = own.values_list("stream", "stream__partner", "pk")
    return {(stream, partner): pk for stream, partner, pk in rows}


def _lock(streams: _Streams) -> None:
    """Let no other process write messages about these streams, nor close their alerts."""
    rows = Stream.objects.select_for_update(no_key=True).order_by("pk")
    list(rows.filter(pk__in=[stream for stream, _ in streams]).values_list("pk"))


def _to_partners(
    condition: str, opened: AlertQuerySet, now: datetime, waits: timedelta
) -> list[tuple[int, int, datetime]]:
    streams = _streams(opened.order_by("-pk"))  # with the first alert of each
    endpoints = _by_owner("partner", {partner for _, partner in streams}, condition)
    if not endpoints:
        return []
    _lock(streams)
    earlier = WebhookMessage.objects.filter(
        transition=OPENED,
        alert__condition=condition,
        endpoint__partner__isnull=False,
        **{f"{_STREAM}__in": [stream for stream, _ in streams]},
    )
    key = ("endpoint", _STREAM)
    pending = set(earlier.unfinished().values_list(*key))
    recent = earlier.filter(delivered_at__gt=now - AT_MOST_EVERY).order_by()
    delivered = {
        (endpoint, stream): at + AT_MOST_EVERY
        for endpoint, stream, at in recent.values_list(*key).annotate(
            Max("delivered_at")
        )
    }
    burst = _bursting(condition, opened, {stream for _, stream in delivered}, now)
    return [
        (alert, to, max(now + waits, delivered.get((to, stream), now)))
        for (stream, partner), alert in streams.items()
        for to in endpoints[partner]
        if (to, stream) not in pending and stream not in burst
    ]


def _bursting(
    condition: str, opened: AlertQuerySet, streams: set[int], now: datetime
) -> set[int]:
    """Return the streams of which another alert opened a moment ago, as in roll_up.py."""
    before = Alert.objects.of_customers().filter(
        condition=condition, opened_at__gte=now - TOGETHER, stream__in=streams
    )
    before = before.exclude(pk__in=opened.values("pk"))
    return set(before.order_by().values_list("stream", flat=True))


def _listeners(*, is_news: bool) -> Q:
    return Q() if is_news else Q(endpoint__kind=WebhookEndpoint.Kind.WEBHOOK)


def _told(condition: str, stream: int, listeners: Q) -> list[int]:
    """Return a partner's endpoints that know that alerts of the stream are open."""
    about = WebhookMessage.objects.filter(
        alert__condition=condition,
        dropped_at=None,
        endpoint__partner__isnull=False,
        endpoint__gone_at=None,
        **{_STREAM: stream},
    )
    begun = Q(delivered_at__isnull=False) | Q(attempts__gt=0)
    later = about.filter(
        transition=CLOSED, endpoint=OuterRef("endpoint"), pk__gt=OuterRef("pk")
    )
    opened = about.filter(begun, listeners, ~Exists(later), transition=OPENED)
    return sorted(set(opened.values_list("endpoint", flat=True)))


def _by_owner(owner: str, ids: Collection[int], condition: str) -> dict[int, list[int]]:
    """Return the IDs of the endpoints that get messages about a condition, by their owner."""
    found: dict[int, list[int]] = defaultdict(list)
    for endpoint in _used(owner, ids):
        if endpoint.gets(condition):
            found[getattr(endpoint, f"{owner}_id")].append(endpoint.pk)
    return found


def _used(owner: str, ids: Collection[int]) -> list[WebhookEndpoint]:
    own = WebhookEndpoint.objects.filter(gone_at=None, **{f"{owner}__in": ids})
    return list(own.order_by("pk").defer("sealed"))


def _write(transition: str, rows: list[tuple[int, int, datetime]]) -> None:
    """Write messages: each row has an alert, an endpoint and the time when it is due."""
    WebhookMessage.objects.bulk_create(
        [
            WebhookMessage(
                alert_id=alert,
                endpoint_id=endpoint,
                transition=transition,
                due_at=due,
                expires_at=due + TRIED_FOR,
            )
            for alert, endpoint, due in rows
        ],
        ignore_conflicts=True,
    )
