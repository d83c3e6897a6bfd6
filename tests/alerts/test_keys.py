"""Partners are notified of keys that expire, and of requests that are refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert, Notice
from streams.alerts.sending import send_due
from streams.alerts.webhook_sending.content import content_of
from streams.alerts.webhooks.models import WebhookMessage
from streams.base.clock import now
from streams.events.feeds import new_ingest_key
from streams.observability.issues.counter import hour_of
from streams.observability.requests.refusals import RefusedKey, RefusedTally, add
from streams.tenancy.services import revoke_token
from tests import factories

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def start():
    """A full hour, at which all conditions are due."""
    return now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def stream(settings):
    settings.PORTAL_URL = "https://portal.example"
    made = factories.stream(name="Campaigns")
    factories.partner_member(made.partner, "admin", "petra@postbox.example")
    factories.partner_member(made.partner, "developer", "dev@postbox.example")
    return made


def send(at) -> None:
    send_due(at, stop=lambda: False)


def opened(condition: str) -> list[str]:
    alerts = Alert.objects.open().filter(condition=condition).order_by("subject")
    return list(alerts.values_list("subject", flat=True))


# --- API tokens that expire -----------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "days"), [(7 * DAY, 7), (DAY + MINUTE, 7), (DAY, 1), (MINUTE, 1)]
)
def test_a_token_has_an_alert_a_week_and_a_day_before_it_expires(
    stream, start, left, days
):
    token, _ = factories.token(stream, expires_at=start + left)
    factories.token(stream)
    factories.token(stream, expires_at=start + 7 * DAY + MINUTE)
    factories.token(stream, expires_at=start - MINUTE)

    evaluate(start)

    assert opened("token_expiring") == [f"token:{token.pk}:{days}"]
    assert Alert.objects.get().since == token.expires_at - timedelta(days=days)


def test_both_alerts_before_a_token_expires_are_one_email_each(stream, smtp, start):
    token, _ = factories.token(stream, expires_at=start + 7 * DAY)
    for at in (start, start + 6 * DAY, start + 7 * DAY, start + 7 * DAY + 15 * MINUTE):
        evaluate(at)
        evaluate(at + 15 * MINUTE)
        send(at + 20 * MINUTE)

    assert [(mail["To"], mail["Subject"]) for mail in smtp.accepted] == [
        ("petra@postbox.example", "API token expires soon: Campaigns")
    ] * 2
    text = smtp.accepted[0].get_body(("plain",)).get_content()
    assert f"API tokens: Production ({token.hint}…) expires on " in text
    assert f"https://portal.example/p/{stream.partner.slug}/tokens/" in text
    assert not Alert.objects.open().exists()
    inbox = Notice.objects.filter(channel="inbox", recipient__email__startswith="dev")
    assert inbox.exclude(sent_at=None).count() == 2


def test_several_tokens_of_a_stream_are_one_email_and_one_message(stream, smtp, start):
    endpoint, _ = factories.webhook_endpoint(stream.partner)
    for name in ("Staging", "Production"):
        factories.token(stream, name=name, expires_at=start + 3 * DAY)

    evaluate(start)
    send(start + 3 * MINUTE)

    [mail] = smtp.accepted
    text = mail.get_body(("plain",)).get_content()
    message = WebhookMessage.objects.get(endpoint=endpoint)
    content = json.loads(content_of(message).as_json())["data"]
    for name in ("Staging (pt_", "Production (pt_"):
        assert name in text
        assert name in content["alert"]["reason"]
    tokens = f"https://portal.example/p/{stream.partner.slug}/tokens/"
    assert content["link"] == tokens


def test_a_token_that_is_revoked_in_time_needs_no_email(stream, smtp, start):
    token, _ = factories.token(stream, expires_at=start + 3 * DAY)
    evaluate(start)
    revoke_token(token=token, actor=None)
    evaluate(start + 15 * MINUTE)
    evaluate(start + 30 * MINUTE)

    send(start + 31 * MINUTE)

    assert smtp.accepted == []
    assert not Alert.objects.open().exists()


# --- Refused requests -----------------------------------------------------------------


def refuse(subject: str, stream, status: int, first, last, *, count: int = 5) -> None:
    """Store refused requests with a key."""
    times = {"first_at": first, "last_at": last}
    factories.refused_requests(subject, stream, status, count=count, **times)


@pytest.mark.parametrize(
    ("status", "condition"),
    [(401, "key_refused"), (413, "too_large"), (429, "queue_full")],
)
def test_requests_that_are_refused_for_five_minutes_open_an_alert(
    stream, start, status, condition
):
    token, _ = factories.token(stream)
    subject = f"token:{token.pk}"
    refuse(subject, stream, status, start, start + 4 * MINUTE, count=1_234)

    evaluate(start + 4 * MINUTE)
    assert not Alert.objects.exists()
    evaluate(start + 5 * MINUTE)
    assert opened(condition) == [subject]
    alert = Alert.objects.get()
    assert (alert.since, alert.count, alert.workspace) == (start, 1_234, None)
    assert alert.reason == (
        f"API token “Production” ({token.hint}…): 1,234 requests refused with {status}."
    )

    for minute in (14, 19):
        evaluate(start + minute * MINUTE)
    assert opened(condition) == []


def test_a_few_refused_requests_open_no_alert(stream, start):
    token, _ = factories.token(stream)
    refuse(f"token:{token.pk}", stream, 401, start, start + 5 * MINUTE, count=4)

    evaluate(start + 5 * MINUTE)

    assert not Alert.objects.exists()


@pytest.mark.parametrize(("gap", "since"), [(9, -4), (11, 9)])
def test_requests_count_from_the_last_time_without_any(stream, start, gap, since):
    token, _ = factories.token(stream)
    first, end = start - 4 * MINUTE, start - 2 * MINUTE
    later = end + gap * MINUTE
    refuse(f"token:{token.pk}", stream, 401, first, end)
    refuse(f"token:{token.pk}", stream, 401, later, start + 14 * MINUTE)

    evaluate(start + 15 * MINUTE)

    assert Alert.objects.get().since == start + since * MINUTE


def refuse_at(subject: str, stream, start, minutes) -> None:
    """Store one refused request with a key at each of these minutes, as ingest does."""
    for minute in minutes:
        at = start + minute * MINUTE
        tally = RefusedTally.from_time(at)
        tally.add(1, at)
        add({RefusedKey(hour_of(at), subject, 401, stream.pk): tally})


@pytest.mark.parametrize(
    ("minutes", "evaluated", "since"),
    [
        pytest.param((1, 58, 58, 59, 59), 59, None, id="four, and one long before"),
        pytest.param((59, 59, 59, 59, 118), 119, None, id="one, and four long before"),
        pytest.param((1, 12, 23, 34, 45, 56), 57, None, id="each alone"),
        pytest.param((1, 20, 30, 40, 50, 59), 59, 20, id="each within ten minutes"),
        pytest.param((42, 52, 61, 70, 79), 80, 42, id="from the hour before"),
        pytest.param((42, 52, 61, 75, 84), 85, None, id="a pause in the second hour"),
        pytest.param((20, 29, 20, 38, 47), 48, 20, id="out of order"),
    ],
)
def test_refused_requests_belong_together_if_none_is_ten_minutes_after_the_one_before(
    stream, start, minutes, evaluated, since
):
    token, _ = factories.token(stream)
    refuse_at(f"token:{token.pk}", stream, start, minutes)

    evaluate(start + evaluated * MINUTE)

    found = [alert.since for alert in Alert.objects.all()]
    assert found == ([] if since is None else [start + since * MINUTE])


def test_the_counts_of_a_process_that_could_not_store_them_have_the_same_runs(
    stream, start
):
    token, _ = factories.token(stream)
    subject, tally = f"token:{token.pk}", RefusedTally.from_time(start)
    for minute in (1, 2, 3, 30, 31, 32, 33, 39):
        tally.add(1, start + minute * MINUTE)
    add({RefusedKey(start, subject, 401, stream.pk): tally})
    refuse_at(subject, stream, start, [45])

    evaluate(start + 46 * MINUTE)

    alert = Alert.objects.get()
    assert (alert.since, alert.count) == (start + 30 * MINUTE, 6)


def test_counts_of_the_previous_version_are_one_run(stream, start):
    token, _ = factories.token(stream)
    refuse(f"token:{token.pk}", stream, 401, start, start + 4 * MINUTE, count=4)
    refuse_at(f"token:{token.pk}", stream, start, [6])

    evaluate(start + 7 * MINUTE)

    alert = Alert.objects.get()
    assert (alert.since, alert.count) == (start, 5)


def test_the_partner_gets_one_email_about_all_keys_of_a_stream(stream, smtp, start):
    workspace = factories.workspace(stream.partner, name="Fern & Field")
    factories.member(workspace, "admin", "anna@example.com")
    feed = factories.feed(stream, workspace)
    factories.ingest_key(feed)
    token, _ = factories.token(stream)
    for subject in (f"feed:{feed.pk}", f"token:{token.pk}"):
        refuse(subject, stream, 413, start, start + 4 * MINUTE)

    evaluate(start + 5 * MINUTE)
    send(start + 8 * MINUTE)

    [mail] = smtp.accepted
    assert mail["To"] == "petra@postbox.example"
    assert mail["Subject"] == "Requests are too large: Campaigns"
    text = mail.get_body(("plain",)).get_content()
    for part in (
        "Send fewer events in each request.",
        f"API token “Production” ({token.hint}…): 5 requests refused with 413.",
        f"Ingest key of Fern & Field ({feed.ingest_key_hint}…): 5 requests",
        f"https://portal.example/p/{stream.partner.slug}/requests/",
    ):
        assert part in text


def test_the_partner_is_notified_that_a_replaced_key_is_still_used(stream, smtp, start):
    workspace = factories.workspace(stream.partner, name="Fern & Field")
    factories.member(workspace, "admin", "anna@example.com")
    feed = factories.feed(stream, workspace)
    old = factories.ingest_key(feed)
    new_ingest_key(feed=feed, actor=None)
    refuse(f"replaced:{feed.pk}", stream, 401, start, start + 4 * MINUTE)

    evaluate(start + 5 * MINUTE)
    send(start + 8 * MINUTE)

    assert opened("key_refused") == [f"replaced:{feed.pk}"]
    [mail] = smtp.accepted
    assert mail["To"] == "petra@postbox.example"
    assert (
        f"Replaced ingest key of Fern & Field ({old.hint}…) is still used: 5 requests"
        in " ".join(mail.get_body(("plain",)).get_content().split())
    )


def test_a_full_queue_concerns_the_workspace_too(stream, smtp, start):
    workspace = factories.workspace(stream.partner, name="Fern & Field")
    factories.member(workspace, "admin", "anna@example.com")
    feed = factories.feed(stream, workspace)
    refuse(f"feed:{feed.pk}", stream, 429, start, start + 4 * MINUTE)

    evaluate(start + 5 * MINUTE)
    send(start + 8 * MINUTE)

    assert sorted(mail["To"] for mail in smtp.accepted) == [
        "anna@example.com",
        "petra@postbox.example",
    ]
    assert Alert.objects.of(workspace).get().condition == "queue_full"


def test_requests_with_the_key_of_a_test_workspace_do_not_notify_the_partner(
    stream, smtp, start
):
    feed = factories.feed(stream, factories.workspace(stream.partner, is_test=True))
    refuse(f"feed:{feed.pk}", stream, 401, start, start + 4 * MINUTE)

    evaluate(start + 5 * MINUTE)

    assert opened("key_refused") == [f"feed:{feed.pk}"]
    assert not Notice.objects.filter(audience="partner").exists()


def test_the_key_of_a_workspace_that_was_deleted_has_no_alert(stream, start):
    refuse("feed:999999", stream, 413, start, start + 4 * MINUTE)

    evaluate(start + 5 * MINUTE)

    assert not Alert.objects.exists()
