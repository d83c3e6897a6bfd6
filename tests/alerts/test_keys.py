"""Partners are notified of keys that expire."""

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
