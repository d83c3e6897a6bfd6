"""Add, change, test and delete webhook endpoints. The activity log gets no secret."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.alerts.webhooks.outbox import TRIED_FOR
from streams.alerts.webhooks.sealing import (
    Target,
    new_signing_secret,
    open_target,
    seal_target,
)
from streams.audit.services import record
from streams.base.clock import now
from streams.base.customer_urls.urls import CustomerUrl
from streams.delivery.wake import wake_webhooks_after_commit
from streams.tenancy.models import Partner

if TYPE_CHECKING:
    from streams.tenancy.models import User, Workspace

MAX_ENDPOINTS = 5  # of a workspace or a partner
OVERLAP = timedelta(days=1)  # in which messages have the signatures of both secrets
TEST_EXPIRES = timedelta(minutes=10)
SHOWN_CHARACTERS = 4  # of the part that is a secret

Kind = WebhookEndpoint.Kind


class NotSentAgain(Exception):
    """The message isn't sent again. The text says why."""


class TooManyEndpoints(Exception):
    """The workspace or partner has MAX_ENDPOINTS already."""


@sensitive_variables("url", "target")
@transaction.atomic
def add_endpoint(
    *,
    owner: Workspace | Partner,
    kind: Kind,
    url: str,
    description: str,
    actor: User,
    conditions: list[str] | None = None,
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint; return it with its signing secret, which is shown only once.

    Without `conditions`, it gets messages about alerts of all kinds. The secret is empty for Slack. Raises TooManyEndpoints, and base.customer_urls.UrlRefused.
    """
    parsed = read_url(url)
    # Locked, so that two requests don't both add the last one.
    type(owner)._default_manager.select_for_update().get(pk=owner.pk)
    if WebhookEndpoint.objects.of(owner).count() >= MAX_ENDPOINTS:
        text = ngettext(
            "You have %(count)s endpoint already. Delete one to add another.",
            "You have %(count)s endpoints already. Delete one to add another.",
            MAX_ENDPOINTS,
        )
        raise TooManyEndpoints(text % {"count": MAX_ENDPOINTS})
    endpoint = WebhookEndpoint(
        partner=owner if isinstance(owner, Partner) else None,
        workspace=None if isinstance(owner, Partner) else owner,
        kind=kind,
        description=description,
        conditions=conditions or None,
        shown_url=shown(parsed, kind),
    )
    secret = "" if kind == Kind.SLACK else new_signing_secret()
    _seal(endpoint, Target(parsed.text, secret))
    endpoint.save()
    _note("webhook.added", endpoint, actor, kind=kind)
    return endpoint, secret


@sensitive_variables("url", "target")
@transaction.atomic
def change_endpoint(
    *,
    endpoint: WebhookEndpoint,
    url: str,
    description: str,
    actor: User,
    conditions: list[str] | None = None,
) -> None:
    """Change the description, the kinds of alerts and, unless `url` is empty, the URL.

    A disabled endpoint with a new URL is enabled. Raises UrlRefused.
    """
    endpoint = _locked(endpoint)
    if url:
        parsed, target = read_url(url), open_target(endpoint)
        _seal(endpoint, Target(parsed.text, target.secret, target.previous_secret))
        endpoint.shown_url = shown(parsed, endpoint.kind)
        endpoint.failing_since = endpoint.gone_at = None
    endpoint.description = description
    endpoint.conditions = conditions or None
    endpoint.save()
    _note("webhook.changed", endpoint, actor)


@sensitive_variables("target", "secret")
@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, actor: User) -> str:
    """Replace the signing secret; return the new one, which is shown only once.

    For OVERLAP, messages are signed with both, so that the receiver can be changed later.
    """
    endpoint = _locked(endpoint)
    target, secret = open_target(endpoint), new_signing_secret()
    _seal(endpoint, Target(target.url, secret, target.secret))
    endpoint.previous_secret_until = now() + OVERLAP
    endpoint.save()
    _note("webhook.secret_rotated", endpoint, actor)
    return secret


@transaction.atomic
def delete_endpoint(*, endpoint: WebhookEndpoint, actor: User) -> None:
    """Delete an endpoint with its messages."""
    _note("webhook.deleted", endpoint, actor)
    endpoint.delete()


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint, actor: User) -> None:
    """Send a test message soon.

    Does nothing while another one is queued, and for a disabled endpoint.
    """
    endpoint = _locked(endpoint)
    if endpoint.gone_at or endpoint.messages.unfinished().filter(alert=None).exists():
        return
    at = now()
    WebhookMessage.objects.create(
        endpoint=endpoint,
        transition=WebhookMessage.Transition.TEST,
        due_at=at,
        expires_at=at + TEST_EXPIRES,
    )
    _note("webhook.tested", endpoint, actor)
    wake_webhooks_after_commit()


@transaction.atomic
def send_again(*, message: WebhookMessage, actor: User) -> None:
    """Send a message whose last attempt failed again soon, and retry it as from the start.

    It keeps its ID and its body, so the receiver recognizes it. Raises NotSentAgain, also if
    the endpoint is disabled.
    """
    _locked(message.endpoint)
    message = WebhookMessage.objects.select_related("endpoint", "alert").get(
        pk=message.pk
    )
    if not can_send_again(message):
        raise NotSentAgain(_why_not(message))
    at, is_test = now(), message.alert_id is None
    WebhookMessage.objects.filter(pk=message.pk).update(
        due_at=at,
        expires_at=at + (TEST_EXPIRES if is_test else TRIED_FOR),
        attempts=0,
        given_up_at=None,
    )
    _note("webhook.sent_again", message.endpoint, actor, message=str(message))
    wake_webhooks_after_commit()


def can_send_again(message: WebhookMessage) -> bool:
    """Whether `send_again` works for a message, as the row at hand says."""
    ended = message.delivered_at or message.dropped_at or message.endpoint.gone_at
    return message.failed and not ended


def _why_not(message: WebhookMessage) -> str:
    """Return why a message can't be sent again."""
    if message.delivered_at:
        return _("This message was delivered already.")
    if message.endpoint.gone_at:
        return _("The endpoint is disabled, because its receiver responded 410 Gone.")
    if message.dropped_at:
        return _why_dropped(message)
    return _("This message is queued already.")


def _why_dropped(message: WebhookMessage) -> str:
    """Return why a message was dropped: its alert was over, or its endpoint disabled."""
    is_start = message.transition == WebhookMessage.Transition.OPENED
    ended_at = message.alert.closed_at if message.alert else None
    if is_start and ended_at and message.dropped_at and ended_at <= message.dropped_at:
        return _("The alert ended before this message was sent.")
    return _(
        "This message was dropped when the endpoint was disabled, because its receiver"
        " responded 410 Gone. Since it was enabled again, the endpoint gets messages about"
        " new alerts."
    )


def read_url(text: str) -> CustomerUrl:
    """Return a URL that messages may be sent to. Raises base.customer_urls.UrlRefused."""
    return CustomerUrl.parse(text.strip(), to_loopback=settings.LOCAL_WEBHOOKS)


def shown(url: CustomerUrl, kind: str) -> str:
    """Return the part of a URL that pages show. A query, and Slack's path, are secrets."""
    path, _, query = url.target.partition("?")
    if kind != Kind.SLACK and len(path) <= 200:
        return f"{url.origin}{path}{'?…' if query else ''}"
    return f"{url.origin}/…{url.target[-SHOWN_CHARACTERS:]}"


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    locked = WebhookEndpoint.objects.select_for_update(of=("self",))
    return locked.select_related("partner", "workspace__partner").get(pk=endpoint.pk)


def _seal(endpoint: WebhookEndpoint, target: Target) -> None:
    sealed = seal_target(target, public_id=endpoint.public_id)
    endpoint.sealed, endpoint.key_ring_id = sealed.ciphertext, sealed.key_id


def _note(action: str, endpoint: WebhookEndpoint, actor: User, **detail: str) -> None:
    record(
        action,
        actor=actor,
        partner=endpoint.partner,
        workspace=endpoint.workspace,
        url=endpoint.shown_url,
        **detail,
    )
