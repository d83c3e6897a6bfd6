"""Conditions that hold for alerts and their notices at the end of a soak."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from streams.alerts.models import Alert, Notice
from streams.alerts.roll_up import AT_MOST_EVERY
from streams.alerts.sending import CLAIM
from streams.alerts.webhooks.models import WebhookMessage
from streams.alerts.webhooks.sealing import open_target
from streams.base.clock import now
from tests.faults.lasting_faults import admin_of
from tests.portal_processes import until

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from tests.faults.experiment import Strike
    from tests.faults.lasting_faults import Expected, LastingFaults
    from tests.faults.notice_receivers import Arrival

Condition = Alert.Condition
CLOSED_WITHIN_S = 600.0
# A random fault may cause an alert about a part of the portal.
OF_PORTAL = {Condition.NOT_READY, Condition.NO_BEAT}
AROUND_S = 15.0  # a result may be stored this much after its notice has arrived


def await_quiet() -> None:
    """Wait until all alerts have closed, and all notices are finished."""
    until(lambda: not Alert.objects.problems().exists(), within_s=CLOSED_WITHIN_S)
    # The claims of senders that were killed run out.
    within_s = CLAIM.total_seconds() + 120
    until(lambda: not _waits(Notice.objects.unfinished()), within_s=within_s)
    until(lambda: not _waits(WebhookMessage.objects.unfinished()), within_s=within_s)


def _waits(rows: QuerySet) -> bool:
    """Whether some are due soon, or are sent again. The next one to a partner is due in an hour."""
    soon = Q(due_at__lte=now() + AT_MOST_EVERY / 2) | Q(attempts__gt=0)
    return rows.filter(soon).exists()


def broken_alerts(lasting: LastingFaults, strikes: Sequence[Strike]) -> Iterator[str]:
    """Return the violations, once `await_quiet` has returned."""
    yield from (f"open at the end: {alert}" for alert in Alert.objects.problems())
    yield from _unexpected(lasting.expected)
    for one in lasting.expected:
        yield from _broken(one, lasting)
    yield from _broken_roll_up(lasting)
    lossy = [strike for strike in strikes if strike.fault.losses]
    yield from _broken_totals(lasting, len(lossy))
    for copies in repeated(lasting):
        if not any(_may_repeat(copies[0], strike) for strike in lossy):
            yield f"sent {len(copies)} times without a reason: {copies}"


def _broken(one: Expected, lasting: LastingFaults) -> Iterator[str]:
    during = [
        alert
        for alert in Alert.objects.filter(condition=one.condition, subject=one.subject)
        if alert.opened_at <= one.ended
        and (alert.closed_at is None or alert.closed_at >= one.began)
    ]
    if len(during) != 1:
        yield f"{one}: {len(during)} alerts"
        return
    [alert] = during
    if alert.closed_at is None or alert.closed_at < one.ended:
        yield f"{one}: closed at {alert.closed_at}"
    if not alert.recovered:
        yield f"{one}: it has not recovered"
    if one.to and one.condition == Condition.ATTENTION:
        yield from _broken_notices(one, lasting)


def _broken_notices(one: Expected, lasting: LastingFaults) -> Iterator[str]:
    """Check that the workspace's admin and endpoint got the start and the end of each alert."""
    alerts = sum(
        other.subject == one.subject and other.condition == one.condition
        for other in lasting.expected
    )
    channels = {
        admin_of(one.to): lasting.receivers.emails,
        f"/{one.to}": lasting.receivers.webhooks,
    }
    for to, arrivals in channels.items():
        own = {(arrival.id, arrival.is_end) for arrival in arrivals if arrival.to == to}
        got = Counter(is_end for _, is_end in own)
        if got != {False: alerts, True: alerts}:
            yield f"{to}: {got[False]} starts and {got[True]} ends of {alerts} alerts"


def _broken_roll_up(lasting: LastingFaults) -> Iterator[str]:
    """Check that many refused keys are one notice to the partner and one to operators."""
    if not any(one.condition == Condition.MANY_STOPPED for one in lasting.expected):
        return
    emails, webhooks = lasting.receivers.emails, lasting.receivers.webhooks
    channels = {
        "partner's email": [one for one in emails if one.to == admin_of("partner-many")],
        "partner's webhook": [one for one in webhooks if one.to == "/partner-many"],
        "partner's Slack": [one for one in webhooks if one.to == "/slack/many"],
        "operator's email": [one for one in emails if "Many connections" in one.text],
    }  # fmt: skip
    for channel, arrivals in channels.items():
        starts = {one.id or one.text for one in arrivals if not one.is_end}
        ends = {one.id or one.text for one in arrivals if one.is_end}
        if (len(starts), len(ends)) != (1, 1):
            yield f"{channel}: {len(starts)} starts and {len(ends)} ends"


def _unexpected(expected: Iterable[Expected]) -> Iterator[str]:
    """Yield the alerts that no lasting fault explains."""
    lasted = defaultdict(list)
    for one in expected:
        lasted[one.condition, one.subject].append(one)
    for alert in Alert.objects.exclude(condition__in=OF_PORTAL):
        key = (alert.condition, alert.subject)
        if not any(one.began <= alert.opened_at <= one.ended for one in lasted[key]):
            yield f"false alarm: {alert}, {alert.subject}, opened {alert.opened_at}"


def repeated(lasting: LastingFaults) -> list[list[Arrival]]:
    """Return the copies of each notice that arrived more than once, the first one first."""
    by_id = defaultdict(list)
    for one in [*lasting.receivers.emails, *lasting.receivers.webhooks]:
        if one.id:
            by_id[one.to, one.id].append(one)
    return [copies for copies in by_id.values() if len(copies) > 1]


def _may_repeat(first: Arrival, strike: Strike) -> bool:
    """Whether the result of sending it may have been lost."""
    return strike.began_s - AROUND_S <= first.at_s <= strike.recovered_s + AROUND_S


def _broken_totals(lasting: LastingFaults, losses: int) -> Iterator[str]:
    """Compare the notices that were sent with those that arrived."""
    emails, webhooks = lasting.receivers.emails, lasting.receivers.webhooks
    notices = Notice.objects.filter(channel=Notice.Channel.EMAIL).order_by()
    sent = notices.exclude(sent_at=None).values_list("recipient__email")
    yield from _differences("emails", dict(sent.annotate(Count("pk"))), emails, losses)
    messages = WebhookMessage.objects.exclude(delivered_at=None)
    delivered = Counter(
        open_target(message.endpoint).url.removeprefix(lasting.receivers.url(""))
        for message in messages.select_related("endpoint")
    )
    yield from _differences("webhooks", delivered, webhooks, losses)
    given_up = Notice.objects.exclude(given_up_at=None).count()
    given_up += WebhookMessage.objects.exclude(given_up_at=None).count()
    if given_up:
        yield f"{given_up} notices were given up"


def _differences(
    channel: str, sent: dict[str, int], arrivals: list[Arrival], losses: int
) -> Iterator[str]:
    for to in sent.keys() | {one.to for one in arrivals}:
        own = [one for one in arrivals if one.to == to]
        count = sent.get(to, 0)
        # Messages to Slack have no ID, so each copy counts.
        arrived = len({one.id or one for one in own})
        most = count if all(one.id for one in own) else count + losses
        if not count <= arrived <= most:
            yield f"{channel} to {to}: {count} were sent, {arrived} arrived"


def report_of_alerts(lasting: LastingFaults) -> str:
    """Return what happened to alerts and notices, as Markdown."""
    receivers = lasting.receivers
    summary = (
        f"{len(lasting.expected)} alerts expected of lasting faults,"
        f" {Alert.objects.count()} alerts, {len(receivers.emails)} emails and"
        f" {len(receivers.webhooks)} webhook messages arrived, {len(repeated(lasting))}"
        f" of them more than once; {lasting.of_receivers} faults of their receivers."
    )
    lines = [
        summary,
        "",
        "| alert | expected | opened | closed |",
        "|---|---|---|---|",
    ]
    expected = Counter(one.condition for one in lasting.expected)
    rows = Alert.objects.order_by("condition").values_list("condition")
    for condition, opened, closed in rows.annotate(Count("pk"), Count("closed_at")):
        label = Condition(condition).label
        lines.append(f"| {label} | {expected[condition]} | {opened} | {closed} |")
    return "\n".join(lines)
